import JSONBytes

/// A version as Semantic Versioning 2.0.0 orders it; missing numbers count as 0, a leading `v` is passed over.
struct SemanticVersion: Sendable, Comparable {
  private let numbers: [UInt64]
  private let preRelease: [Substring]

  /// Nil for what is none.
  init?(_ text: String) {
    let bare = text.hasPrefix("v") ? text.dropFirst() : Substring(text)
    let withoutBuild = bare.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let parts = withoutBuild.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard digits.count <= 3, digits.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 &- 0x30 < 10 } }) else { return nil }
    let read = digits.compactMap { UInt64($0) }
    guard read.count == digits.count else { return nil }
    numbers = read + Array(repeating: 0, count: 3 - read.count)
    preRelease = parts.count > 1 ? parts[1].split(separator: ".", omittingEmptySubsequences: false) : []
    guard preRelease.allSatisfy({ !$0.isEmpty }) else { return nil }
  }

  static func == (a: SemanticVersion, b: SemanticVersion) -> Bool { !(a < b) && !(b < a) }

  static func < (a: SemanticVersion, b: SemanticVersion) -> Bool {
    for (left, right) in zip(a.numbers, b.numbers) where left != right { return left < right }
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
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), let year = number(bytes[0..<4]),
      let month = number(bytes[5..<7]), let day = number(bytes[8..<10]), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let date = Double(days(year, month, day) * 86_400)
    guard bytes.count > 10 else { return date }
    guard bytes.count >= 16, bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == 0x20, bytes[13] == UInt8(ascii: ":"),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), hour < 25, minute < 60
    else { return nil }
    var rest = bytes[16...]
    var seconds = 0.0
    if rest.first == UInt8(ascii: ":") {
      let digits = rest.dropFirst().prefix { $0 &- 0x30 < 10 || $0 == UInt8(ascii: ".") }
      guard digits.count >= 2, let read = Double(String(decoding: digits, as: UTF8.self)), read < 61 else { return nil }
      seconds = read
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = offset(rest) else { return nil }
    return date + Double(hour * 3600 + minute * 60 - offset) + seconds
  }

  /// Seconds east of UTC.
  private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
    if bytes.isEmpty || bytes.elementsEqual("Z".utf8) || bytes.elementsEqual("z".utf8) { return 0 }
    let digits = bytes.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count == 4,
      let hours = number(digits[0..<2]), let minutes = number(digits[2..<4])
    else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  private static func number(_ digits: some Collection<UInt8>) -> Int? {
    var number = 0
    for digit in digits {
      guard digit &- 0x30 < 10 else { return nil }
      number = number * 10 + Int(digit - 0x30)
    }
    return number
  }

  /// Days since 1970-01-01 in the Gregorian calendar; years begin in March inside, so that the leap day is their last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let era = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
