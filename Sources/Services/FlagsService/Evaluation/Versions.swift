import JSONBytes
import StatusModel

/// A version as Semantic Versioning 2.0.0 orders it; missing numbers count as 0, a leading `v` is passed over.
struct SemanticVersion: Sendable, Comparable {
  private let numbers: (UInt64, UInt64, UInt64)
  private let preRelease: [Substring]

  /// Nil for what is none.
  init?(_ text: String) {
    let bare = text.utf8.dropFirst(text.utf8.first == UInt8(ascii: "v") ? 1 : 0).prefix { $0 != UInt8(ascii: "+") }
    let digits = bare.prefix { $0 != UInt8(ascii: "-") }.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard digits.count <= 3, digits.allSatisfy({ $0.allSatisfy { $0 &- 0x30 < 10 } }) else { return nil }
    let read = digits.compactMap { UInt64(Substring($0)) }
    guard read.count == digits.count else { return nil }
    numbers = (read[0], read.count > 1 ? read[1] : 0, read.count > 2 ? read[2] : 0)
    let tail = bare.firstIndex(of: UInt8(ascii: "-")).map { bare[$0...].dropFirst() }
    preRelease = tail?.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Substring.init) ?? []
    guard preRelease.allSatisfy({ !$0.isEmpty }) else { return nil }
  }

  static func == (a: SemanticVersion, b: SemanticVersion) -> Bool { !(a < b) && !(b < a) }

  static func < (a: SemanticVersion, b: SemanticVersion) -> Bool {
    if a.numbers != b.numbers { return a.numbers < b.numbers }
    if a.preRelease.isEmpty || b.preRelease.isEmpty { return !a.preRelease.isEmpty && b.preRelease.isEmpty }
    for (left, right) in zip(a.preRelease, b.preRelease) where left != right {
      switch (UInt64(left), UInt64(right)) {
      case (let left?, let right?): return left < right
      case (.some, nil): return true
      case (nil, .some): return false
      case (nil, nil): return left.utf8.lexicographicallyPrecedes(right.utf8)
      }
    }
    return a.preRelease.count < b.preRelease.count
  }
}

/// A point in time as seconds since the epoch.
enum Instant {
  /// Of a number, or of a text that `seconds(_: String)` reads.
  static func seconds(_ value: JSONValue) -> Double? { value.number ?? value.string.flatMap(seconds) }

  /// Of ISO 8601 text (a date, or date and time with `Z` or an offset; without one it is UTC) or of a number written as text.
  static func seconds(_ text: String) -> Double? {
    if let number = Double(text), number.isFinite { return number }
    if text.utf8.count == 10 { return utc("\(text)T00:00:00") }
    if text.hasSuffix("Z") { return utc(text.dropLast()) }
    guard let sign = text.utf8.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }),
      text.utf8.distance(from: text.startIndex, to: sign) > 10
    else { return utc(text) }
    let digits = text[sign...].dropFirst().filter { $0 != ":" }
    guard digits.utf8.count == 4, let offset = Int(digits), offset / 100 < 24, offset % 100 < 60, let there = utc(text[..<sign]) else {
      return nil
    }
    let seconds = Double(offset / 100 * 3600 + offset % 100 * 60)
    return text.utf8[sign] == UInt8(ascii: "-") ? there + seconds : there - seconds
  }

  /// Of a date and a time, whose seconds may be left out.
  private static func utc(_ text: some StringProtocol) -> Double? {
    let whole = text.utf8.count == 16 ? "\(text):00Z" : "\(text)Z"
    return ISO8601.milliseconds(whole).map { Double($0) / 1000 }
  }
}
