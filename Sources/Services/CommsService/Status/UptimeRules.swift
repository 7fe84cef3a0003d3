import JSONBytes

/// One change of a component's status, as it was noted.
struct StatusChange: Sendable, Equatable {
  /// Epoch seconds.
  let at: Int
  let component: String
  let from: ComponentStatus
  let to: ComponentStatus

  /// `<seconds> <number> <component> <from> <to>`; nil when it is none.
  init?(_ member: String) {
    let words = member.split(separator: " ")
    guard words.count == 5, let at = Int(words[0]), let from = ComponentStatus(rawValue: String(words[3])),
      let to = ComponentStatus(rawValue: String(words[4]))
    else { return nil }
    self.init(at: at, component: String(words[2]), from: from, to: to)
  }

  init(at: Int, component: String, from: ComponentStatus, to: ComponentStatus) {
    self.at = at
    self.component = component
    self.from = from
    self.to = to
  }
}

/// The seconds of one day that a component spent in each status.
struct UptimeDay: Sendable, Equatable {
  /// Such as 2026-03-01, in the page's time zone.
  let date: String
  /// Its length: 86,400 but where clocks change.
  let length: Int
  var seconds: [ComponentStatus: Int] = [:]
  /// Before the component was there, and the part that is still to come.
  var unknown: Int { length - seconds.values.reduce(0, +) }

  /// Major outages count whole, partial ones three tenths; degraded performance counts none.
  var downtime: Double { Double(seconds[.majorOutage] ?? 0) + 0.3 * Double(seconds[.partialOutage] ?? 0) }
  /// What the percentage is of: without maintenance and the unknown.
  var counted: Int { length - unknown - (seconds[.underMaintenance] ?? 0) }

  var worst: ComponentStatus? { seconds.filter { $0.value > 0 }.keys.max() }
}

enum UptimeRules {
  /// In percent, rounded down to three decimals so that 100 is never said of less; nil when nothing counts.
  static func percentage(downtime: Double, counted: Int) -> Double? {
    guard counted > 0 else { return nil }
    return (max(0, 1 - downtime / Double(counted)) * 100_000).rounded(.down) / 1000
  }

  /// The days, oldest first. `starts` are the beginnings of days and, last, the end of the last one. `changes` are the component's own,
  /// oldest first; before the first it was in that one's `from`, without any in `current`. It is known from `createdAt` to `now`.
  static func days(
    _ dates: [String], starts: [Int], changes: [StatusChange], current: ComponentStatus, createdAt: Int, now: Int
  ) -> [UptimeDay] {
    let known = changes.filter { $0.at >= createdAt && $0.at < now }
    var spans: [(from: Int, to: Int, status: ComponentStatus)] = []
    var from = createdAt
    var status = known.first?.from ?? current
    for change in known {
      if change.at > from { spans.append((from, change.at, status)) }
      from = change.at
      status = change.to
    }
    if now > from { spans.append((from, now, status)) }

    var days: [UptimeDay] = []
    var next = 0
    for (index, date) in dates.enumerated() {
      let (start, end) = (starts[index], starts[index + 1])
      var day = UptimeDay(date: date, length: end - start)
      while next < spans.count, spans[next].to <= start { next += 1 }
      var span = next
      while span < spans.count, spans[span].from < end {
        let overlap = min(end, spans[span].to) - max(start, spans[span].from)
        if overlap > 0 { day.seconds[spans[span].status, default: 0] += overlap }
        span += 1
      }
      days.append(day)
    }
    return days
  }

  static func json(_ days: [UptimeDay], of component: Component, zone: String) -> JSONValue {
    let downtime = days.reduce(0) { $0 + $1.downtime }
    let counted = days.reduce(0) { $0 + $1.counted }
    let series = days.map { day -> JSONValue in
      [
        "date": .string(day.date), "percentage": percentage(downtime: day.downtime, counted: day.counted).map(JSONValue.number) ?? .null,
        "downtime_seconds": .integer(Int(day.downtime.rounded())), "worst": day.worst.map { .string($0.rawValue) } ?? .null,
        "major_outage_seconds": .integer(day.seconds[.majorOutage] ?? 0),
        "partial_outage_seconds": .integer(day.seconds[.partialOutage] ?? 0),
        "degraded_performance_seconds": .integer(day.seconds[.degradedPerformance] ?? 0),
        "under_maintenance_seconds": .integer(day.seconds[.underMaintenance] ?? 0), "unknown_seconds": .integer(day.unknown),
      ]
    }
    return [
      "key": .string(component.key), "time_zone": .string(zone),
      "percentage": percentage(downtime: downtime, counted: counted).map(JSONValue.number) ?? .null,
      "downtime_seconds": .integer(Int(downtime.rounded())), "days": .array(series),
    ]
  }
}
