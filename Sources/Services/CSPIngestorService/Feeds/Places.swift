/// Which names of components and groups are places, and as which region they count.
enum Places {
  /// A region id, or the slug of a part of the world; nil when `name` is no place.
  static func region(_ name: String) -> String? {
    let name = name.trimmingBlanks
    let lower = name.lowercased()
    if isDigitalOceanRegion(Array(name.utf8)) { return lower }
    return isRegionID(lower) || parts.contains(lower) ? PlainText.slug(lower) : nil
  }

  /// Such as AMS3.
  private static func isDigitalOceanRegion(_ name: [UInt8]) -> Bool {
    name.count == 4 && name[..<3].allSatisfy { 0x41...0x5A ~= $0 } && PlainText.isDigit(name[3])
  }

  /// An id as AWS (`eu-west-1`, `us-gov-east-1`) or Google (`europe-west12`) write them; in lower case.
  static func isRegionID(_ name: String) -> Bool {
    guard name.utf8.count <= 32, name.utf8.last.map(PlainText.isDigit) == true else { return false }
    let words = name.split(separator: "-", omittingEmptySubsequences: false)
    guard words.count >= 2, areas.contains(String(words[0])) else { return false }
    if words.count == 2 { return directions.contains(words[1].trimmingDigits) && words[1].last?.isNumber == true }
    guard words.count == 3 || (words.count == 4 && (words[1] == "gov" || words[1].hasPrefix("iso"))) else { return false }
    return directions.contains(String(words[words.count - 2])) && words[words.count - 1].allSatisfy(\.isNumber)
  }

  /// The region of an AWS service id such as `ec2-us-west-2`; nil for a global one.
  static func suffix(ofService service: String) -> String? {
    let words = service.lowercased().split(separator: "-").map(String.init)
    if words.suffix(2) == ["us", "standard"] { return "us-east-1" }
    for length in [4, 3] where words.count > length {
      let tail = words.suffix(length).joined(separator: "-")
      if isRegionID(tail) { return tail }
    }
    return nil
  }

  private static let areas: Set<String> = [
    "us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx", "cn", "europe", "asia", "australia", "northamerica", "southamerica", "africa",
  ]
  private static let directions: Set<String> = [
    "north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest",
  ]
  private static let parts: Set<String> = [
    "global", "africa", "asia", "asia pacific", "europe", "middle east", "oceania", "north america", "south america", "latin america",
    "latin america & the caribbean", "us", "eu", "uk", "au", "na", "emea", "apac",
  ]
}

extension StringProtocol {
  /// Without blanks and line ends around it.
  var trimmingBlanks: String {
    let first = drop(while: \.isWhitespace)
    guard let last = first.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(first[...last])
  }
  fileprivate var trimmingDigits: String { String(prefix { !$0.isNumber }) }
}
