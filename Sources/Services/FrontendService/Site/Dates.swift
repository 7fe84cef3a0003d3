import StatusModel

/// A day of the Gregorian calendar.
struct Day: Sendable, Hashable {
  let year: Int
  let month: Int
  let day: Int

  /// The day on which epoch seconds fall.
  init(of seconds: Int, in zone: PageZone = .utc) { self.init(number: zone.day(at: seconds)) }

  /// So many days after 1970-01-01.
  private init(number: Int) { (year, month, day) = ISO8601.civil(days: number) }

  /// From `2026-03-01`; nil when it is none.
  init?(_ text: String) {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3, (1...12).contains(parts[1]), (1...31).contains(parts[2]) else { return nil }
    (year, month, day) = (parts[0], parts[1], parts[2])
  }

  /// So many days earlier.
  func before(_ days: Int) -> Day { Day(number: number - days) }

  /// Days after 1970-01-01.
  private var number: Int {
    let years = month > 2 ? year : year - 1
    let months = month > 2 ? month - 3 : month + 9
    return years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1 - 719_468
  }

  /// `22 November 2026`
  func text(_ language: Language) -> String {
    let strings = language.strings
    return strings("date", ["day": dayText(language), "month": strings("month_\(month)"), "year": "\(year)"])
  }

  /// `22 Nov`
  func shortText(_ language: Language) -> String {
    let strings = language.strings
    return strings("short_date", ["day": dayText(language), "month": strings("short_month_\(month)")])
  }

  /// `November 2026`
  func monthText(_ language: Language) -> String {
    let strings = language.strings
    return strings("month_of_year", ["month": strings("month_\(month)").capitalizedFirst, "year": "\(year)"])
  }

  private func dayText(_ language: Language) -> String { language == .fr && day == 1 ? "1er" : "\(day)" }
}

/// A time as a page shows it.
struct Moment: Sendable, Equatable {
  let iso: String
  /// For whom the clocks of the page are not theirs.
  let utc: String
  let text: String

  /// `seconds` since the epoch.
  init(_ seconds: Int, _ language: Language, in zone: PageZone = .utc) {
    let day = Day(of: seconds, in: zone)
    let minutes = (seconds + zone.offset(at: seconds) - zone.day(at: seconds) * 86_400) / 60
    let clock = "\((minutes / 60).twoDigits):\((minutes % 60).twoDigits)"
    let strings = language.strings
    iso = String(ISO8601.text(milliseconds: Int64(seconds) * 1000).prefix(19)) + "Z"
    utc = "\(iso.prefix(10)) \(iso.dropFirst(11).prefix(5)) UTC"
    text = strings(
      "moment",
      [
        "day": "\(day.day)", "month": strings("short_month_\(day.month)"), "year": "\(day.year)", "time": clock,
        "zone": zone.offsetText(at: seconds),
      ])
  }
}

/// How long something took, in its two largest units.
func durationText(_ seconds: Int, _ language: Language) -> String {
  let strings = language.strings
  let minutes = max(1, (seconds + 30) / 60)
  if minutes < 60 { return strings("minutes", ["n": "\(minutes)"]) }
  let hours = minutes / 60
  if hours < 48 {
    return minutes % 60 == 0 ? strings("hours", ["n": "\(hours)"]) : strings("hours_minutes", ["h": "\(hours)", "m": "\(minutes % 60)"])
  }
  return hours % 24 == 0 ? strings("days", ["n": "\(hours / 24)"]) : strings("days_hours", ["d": "\(hours / 24)", "h": "\(hours % 24)"])
}

/// `99.95 %`; never 100 while anything was lost.
func percentText(_ share: Double, _ language: Language) -> String {
  let hundredths = share >= 100 ? 10_000 : min(9_999, Int((share * 100).rounded()))
  let point = language == .fr ? "," : "."
  let decimals = hundredths % 100
  let number = decimals == 0 ? "\(hundredths / 100)" : "\(hundredths / 100)\(point)\(decimals.twoDigits)"
  return language == .fr ? "\(number)\u{202F}%" : "\(number)%"
}

extension Int {
  fileprivate var twoDigits: String { self < 10 ? "0\(self)" : "\(self)" }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
