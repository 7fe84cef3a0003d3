/// UTC times as text, such as `2026-03-01T09:30:00.250Z`.
public enum ISO8601 {
  /// `milliseconds` since the epoch, from the year 1 to 9999. By hand: a formatter takes ten times as long, and every answer of `/health`
  /// and every mutation asks.
  public static func text(milliseconds: Int64) -> String {
    let seconds = Int(milliseconds.floored(by: 1000))
    let days = seconds.floored(by: 86_400)
    let time = seconds - days * 86_400
    let (year, month, day) = civil(days: days)
    var digits: [UInt8] = []
    digits.reserveCapacity(24)
    func put(_ number: Int, _ width: Int, _ after: Unicode.Scalar) {
      var divisor = 1
      for _ in 1..<width { divisor *= 10 }
      while divisor > 0 {
        digits.append(0x30 + UInt8(number / divisor % 10))
        divisor /= 10
      }
      digits.append(UInt8(ascii: after))
    }
    put(year, 4, "-")
    put(month, 2, "-")
    put(day, 2, "T")
    put(time / 3600, 2, ":")
    put(time / 60 % 60, 2, ":")
    put(time % 60, 2, ".")
    put(Int(milliseconds) - seconds * 1000, 3, "Z")
    return String(decoding: digits, as: UTF8.self)
  }

  /// Milliseconds since the epoch of `YYYY-MM-DDTHH:MM:SS[.fraction]Z`; nil for another text, or when there is no such day or time.
  public static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    let pattern = Array("0000-00-00T00:00:00".utf8)
    guard bytes.count > pattern.count, bytes.last == UInt8(ascii: "Z") else { return nil }
    guard zip(bytes, pattern).allSatisfy({ $1 == UInt8(ascii: "0") ? $0 &- 0x30 < 10 : $0 == $1 }) else { return nil }
    let fraction = bytes[pattern.count...].dropLast()
    if let point = fraction.first {
      guard point == UInt8(ascii: "."), fraction.count > 1, fraction.dropFirst().allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    }
    func number(_ places: Range<Int>) -> Int { places.reduce(0) { $0 * 10 + Int(bytes[$1] - 0x30) } }
    let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
    let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
    let days = days(year: year, month: month, day: day)
    guard hour < 24, minute < 60, second < 60, (1...12).contains(month), civil(days: days) == (year, month, day) else { return nil }
    let thousandths = (Array(fraction.dropFirst().prefix(3)) + [0x30, 0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return Int64((days * 86_400 + hour * 3600 + minute * 60 + second) * 1000 + thousandths)
  }

  /// The inverse of `civil`, for a day that exists.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let era = shifted.floored(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The day of the Gregorian calendar, `days` after 1970-01-01; years begin in March inside, so that the leap day is their last.
  public static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted.floored(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    return (yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }
}

extension FixedWidthInteger {
  fileprivate func floored(by divisor: Self) -> Self {
    let quotient = self / divisor
    return quotient * divisor > self ? quotient - 1 : quotient
  }
}
