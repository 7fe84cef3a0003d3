import JSONBytes

/// A moment as feeds write it: RFC 3339 and its relatives, RFC 5322, words in English order, or a number of (milli)seconds.
enum FeedTime {
  /// Epoch seconds, rounded down; nil when it is no time, or none after 1970.
  static func read(_ value: JSONValue?) -> Int? {
    switch value {
    case .integer(let number): read(Double(number))
    case .number(let number): read(number)
    case .string(let text): read(text)
    default: nil
    }
  }

  static func read(_ text: String) -> Int? {
    guard text.utf8.count <= longest else { return nil }
    if let number = Double(text.trimmingBlanks), number >= firstNumber, text.utf8.allSatisfy({ !PlainText.isLetter($0) }) {
      return read(number)
    }
    var moment = WrittenMoment(text)
    moment.hour = moment.hour ?? 0
    return moment.year.flatMap { moment.seconds(year: $0) }
  }

  /// Milliseconds when it could not be seconds.
  private static func read(_ number: Double) -> Int? {
    guard number > 0, number < 1e15 else { return nil }
    return Int(number > 1e11 ? number / 1_000 : number)
  }

  /// A text of digits below is no number of seconds but perhaps a date: 20260304. 1973.
  private static let firstNumber = 1e8
  /// Of a written moment, in bytes.
  private static let longest = 80
}

/// What a text says of a moment; a year may be lacking.
struct WrittenMoment: Equatable {
  var year: Int?
  /// 1 to 12.
  var month: Int?
  var day: Int?
  var hour: Int?
  var minute = 0
  var second = 0
  /// East of UTC; nil when none was written: UTC then.
  var offset: Int?

  /// Takes numbers and words in whatever order they come; what it does not know it leaves.
  init(_ text: String) {
    var scanner = MomentScanner(text)
    self = scanner.moment()
  }

  fileprivate init() {}

  /// Epoch seconds with this year; nil when a part is lacking or there is no such day.
  func seconds(year: Int) -> Int? {
    guard let month, let day, let hour, 1970...9999 ~= year, 1...12 ~= month, 1...Self.days(of: month, in: year) ~= day, hour < 24,
      minute < 60,
      second <= 60
    else { return nil }
    let seconds = Self.daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - (offset ?? 0)
    return seconds > 0 ? seconds : nil
  }

  private static func days(of month: Int, in year: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  /// In the Gregorian calendar.
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }
}

private struct MomentScanner {
  private let bytes: [UInt8]
  private var index = 0
  private var found = WrittenMoment()

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func moment() -> WrittenMoment {
    while index < bytes.count {
      let byte = bytes[index]
      if PlainText.isDigit(byte) {
        number()
      } else if PlainText.isLetter(byte) {
        word()
      } else if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), found.hour != nil, found.offset ?? 0 == 0, isDigit(at: index + 1) {
        offset()
      } else {
        index += 1
      }
    }
    return found
  }

  private func isDigit(at index: Int) -> Bool { index < bytes.count && PlainText.isDigit(bytes[index]) }

  /// The digits from here on, at most 9 of them counted.
  private mutating func digits() -> (value: Int, count: Int) {
    let start = index
    var value = 0
    while isDigit(at: index) {
      if index - start < 9 { value = value * 10 + Int(bytes[index] - 0x30) }
      index += 1
    }
    return (value, index - start)
  }

  private mutating func number() {
    let (value, count) = digits()
    let next = index < bytes.count ? bytes[index] : 0
    if next == UInt8(ascii: ":"), found.hour == nil, isDigit(at: index + 1) {
      clock(hour: value)
    } else if count == 4, found.year == nil {
      found.year = value
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "/"), found.month == nil { monthAndDay(separator: next) }
    } else if count == 8, found.year == nil, found.month == nil {
      found.year = value / 10_000
      found.month = value / 100 % 100
      found.day = value % 100
      if next | 0x20 == UInt8(ascii: "t"), isDigit(at: index + 1) { basicClock() }
    } else if count <= 2 {
      if found.day == nil {
        found.day = value
      } else if found.year == nil, found.month != nil {
        found.year = value + (value < 70 ? 2000 : 1900)
      }
    }
  }

  /// After `2026-`.
  private mutating func monthAndDay(separator: UInt8) {
    guard isDigit(at: index + 1) else { return }
    index += 1
    found.month = digits().value
    guard index < bytes.count, bytes[index] == separator, isDigit(at: index + 1) else { return }
    index += 1
    found.day = digits().value
  }

  private mutating func clock(hour: Int) {
    found.hour = hour
    index += 1
    found.minute = digits().value
    guard index < bytes.count, bytes[index] == UInt8(ascii: ":"), isDigit(at: index + 1) else { return }
    index += 1
    found.second = digits().value
    guard index < bytes.count, bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ","), isDigit(at: index + 1) else {
      return
    }
    index += 1
    _ = digits()
  }

  /// `T160000` of ISO 8601's basic form.
  private mutating func basicClock() {
    index += 1
    let (value, count) = digits()
    guard count == 6 || count == 4 else { return }
    let clock = count == 6 ? value : value * 100
    found.hour = clock / 10_000
    found.minute = clock / 100 % 100
    found.second = clock % 100
  }

  /// `+05:30`, `+0530`, `+05`; also after `UTC`.
  private mutating func offset() {
    let sign = bytes[index] == UInt8(ascii: "-") ? -1 : 1
    index += 1
    let (value, count) = digits()
    var minutes = count > 2 ? value / 100 * 60 + value % 100 : value * 60
    if count <= 2, index < bytes.count, bytes[index] == UInt8(ascii: ":"), isDigit(at: index + 1) {
      index += 1
      minutes += digits().value
    }
    if count <= 4, minutes < 24 * 60 { found.offset = sign * minutes * 60 }
  }

  private mutating func word() {
    let start = index
    while index < bytes.count, PlainText.isLetter(bytes[index]) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
    if let hour = found.hour, word == "am" || word == "pm", 1...12 ~= hour {
      found.hour = hour % 12 + (word == "pm" ? 12 : 0)
    } else if let hours = Self.zones[word], found.hour != nil {
      found.offset = Int(hours * 3_600)
    } else if found.month == nil, word.utf8.count >= 3, let month = Self.months.firstIndex(where: { word.hasPrefix($0) }) {
      found.month = month + 1
    }
  }

  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  /// Hours east of UTC.
  private static let zones: [String: Double] = [
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "ist": 5.5,
    "sgt": 8, "hkt": 8, "awst": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3, "ast": -4, "adt": -3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
  ]
}
