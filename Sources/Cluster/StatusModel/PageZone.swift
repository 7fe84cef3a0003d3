import Foundation

/// The time zone that the public page counts and shows times in, also where clocks change: PAGE_TIME_ZONE.
public struct PageZone: Sendable {
  /// As it is called in the time zone database, such as Europe/Paris.
  public let name: String
  private let zone: TimeZone

  /// A name that is none stands for UTC.
  public init(_ name: String) {
    zone = TimeZone(identifier: name) ?? .gmt
    self.name = zone == .gmt ? "UTC" : name
  }

  public static let utc = PageZone("UTC")

  /// Seconds by which clocks are ahead of UTC at `time` (epoch seconds); negative in the west.
  public func offset(at time: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))) }

  /// How clocks differ from UTC at `time`: `UTC`, `UTC+1`, `UTC-3:30`.
  public func offsetText(at time: Int) -> String {
    let minutes = offset(at: time) / 60
    guard minutes != 0 else { return "UTC" }
    let (hours, rest) = abs(minutes).quotientAndRemainder(dividingBy: 60)
    return "UTC\(minutes < 0 ? "-" : "+")\(hours)\(rest == 0 ? "" : rest < 10 ? ":0\(rest)" : ":\(rest)")"
  }

  /// Days since 1970-01-01 at `time` (epoch seconds).
  public func day(at time: Int) -> Int {
    let local = time + offset(at: time)
    return (local - (local % 86_400 + 86_400) % 86_400) / 86_400
  }

  /// The first second of a day. Where clocks are put forward at midnight that is not 00:00.
  public func start(of day: Int) -> Int {
    let guess = day * 86_400 - offset(at: day * 86_400)
    if self.day(at: guess) == day, self.day(at: guess - 1) == day - 1 { return guess }
    var (low, high) = (day * 86_400 - 15 * 3600, day * 86_400 + 15 * 3600)
    while low < high {
      let middle = (low + high) / 2
      if self.day(at: middle) >= day { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The last `count` days up to the one of `time`: their dates, and their first seconds with the end of the last.
  public func last(_ count: Int, at time: Int) -> (dates: [String], starts: [Int]) {
    let today = day(at: time)
    let days = (today - count + 1)...today
    return (days.map(Self.date), (days.lowerBound...today + 1).map(start))
  }

  /// Such as 2026-03-01, of the `day`-th after 1970-01-01.
  public static func date(_ day: Int) -> String {
    String(ISO8601.text(milliseconds: Int64(day) * 86_400_000).prefix(10))
  }
}
