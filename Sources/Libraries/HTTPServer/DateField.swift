import Glibc

/// The `Date` field, formatted once a second (RFC 9110 section 5.6.7).
struct DateField {
  private var second: Int = -1
  private var line: [UInt8] = []

  mutating func bytes() -> [UInt8] {
    let now = time(nil)
    if now != second {
      second = now
      line = Array("Date: \(Self.text(now))\r\n".utf8)
    }
    return line
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`; the civil calendar from days since 1970.
  static func text(_ seconds: Int) -> String {
    let days = seconds / 86_400
    let time = seconds % 86_400
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(weekdays[days % 7]), \(two(day)) \(months[month]) \(year) \(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }
}
