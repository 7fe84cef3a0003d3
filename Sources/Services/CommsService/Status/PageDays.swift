import Foundation
import StatusModel

/// Days as the public page counts them: of the time zone PAGE_TIME_ZONE, also where clocks change.
struct PageDays: Sendable {
  /// As it is called in the time zone database, such as Europe/Paris.
  let name: String
  private let zone: TimeZone

  /// A name that is none stands for UTC.
  init(_ name: String) {
    zone = TimeZone(identifier: name) ?? .gmt
    self.name = zone == .gmt ? "UTC" : name
  }

  /// Days since 1970-01-01 at `time` (epoch seconds).
  func number(at time: Int) -> Int {
    let local = time + zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time)))
    return (local - (local % 86_400 + 86_400) % 86_400) / 86_400
  }

  /// The first second of a day. Where clocks are put forward at midnight that is not 00:00.
  func start(of day: Int) -> Int {
    let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(day * 86_400)))
    let guess = day * 86_400 - offset
    if number(at: guess) == day, number(at: guess - 1) == day - 1 { return guess }
    var (low, high) = (day * 86_400 - 15 * 3600, day * 86_400 + 15 * 3600)
    while low < high {
      let middle = (low + high) / 2
      if number(at: middle) >= day { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The last `count` days up to the one of `time`: their dates, and their first seconds with the end of the last.
  func last(_ count: Int, at time: Int) -> (dates: [String], starts: [Int]) {
    let today = number(at: time)
    let days = (today - count + 1)...today
    return (days.map(Self.date), (days.lowerBound...today + 1).map(start))
  }

  /// Such as 2026-03-01, of the `day`-th after 1970-01-01.
  static func date(_ day: Int) -> String {
    String(ISO8601.text(milliseconds: Int64(day) * 86_400_000).prefix(10))
  }
}
