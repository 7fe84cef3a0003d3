import ServiceClients

/// A state with its colour, icon and word.
struct StateView: Sendable, Equatable {
  /// CSS class and icon: ok, degraded, partial, major, maintenance, unknown.
  let style: String
  let word: String
}

/// How well something does, from the best to the worst.
enum Condition: Int, Sendable, Comparable, CaseIterable {
  case unknown, operational, maintenance, degraded, partial, major

  static func < (a: Condition, b: Condition) -> Bool { a.rawValue < b.rawValue }

  /// From a component's status.
  init(status: String) {
    self =
      switch status {
      case "operational": .operational
      case "under_maintenance": .maintenance
      case "degraded_performance": .degraded
      case "partial_outage": .partial
      case "major_outage": .major
      default: .unknown
      }
  }

  /// What a public incident is: as bad as its severity, and once mitigated no worse than slow.
  init(_ incident: PublicIncident) {
    let full: Condition =
      switch incident.severity {
      case ...1: .major
      case 2: .partial
      default: .degraded
      }
    self = incident.isResolved ? .operational : incident.status == "mitigated" ? min(full, .degraded) : full
  }

  var style: String {
    switch self {
    case .unknown: "unknown"
    case .operational: "ok"
    case .maintenance: "maintenance"
    case .degraded: "degraded"
    case .partial: "partial"
    case .major: "major"
    }
  }

  func view(_ strings: Strings) -> StateView { StateView(style: style, word: strings("state_\(style)")) }
}

/// Plain text with its http(s) addresses as links.
struct TextPart: Sendable, Equatable {
  let text: String
  let href: String?

  /// Line breaks stay: the style shows them.
  static func parts(_ text: String) -> [TextPart] {
    var parts: [TextPart] = []
    var rest = Substring(text)
    while let start = nextAddress(in: rest) {
      let end = rest[start...].firstIndex { $0.isWhitespace || "<>\"".contains($0) } ?? rest.endIndex
      var address = rest[start..<end]
      while let last = address.last, ".,;:!?)'»”".contains(last) { address = address.dropLast() }
      if start > rest.startIndex { parts.append(TextPart(text: String(rest[..<start]), href: nil)) }
      parts.append(TextPart(text: String(address), href: String(address)))
      rest = rest[address.endIndex...]
    }
    if !rest.isEmpty || parts.isEmpty { parts.append(TextPart(text: String(rest), href: nil)) }
    return parts
  }

  private static func nextAddress(in text: Substring) -> Substring.Index? {
    var from = text.startIndex
    while let start = text[from...].firstRange(of: "http")?.lowerBound {
      let rest = text[start...]
      for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
        let after = rest.dropFirst(scheme.count)
        if let first = after.first, first.isLetter || first.isNumber || first == "[" { return start }
      }
      from = text.index(after: start)
    }
    return nil
  }

  /// At most `limit` characters, cut at a word.
  static func clipped(_ text: String, _ limit: Int) -> String {
    guard text.count > limit else { return text }
    let cut = text.prefix(limit)
    let end = cut.lastIndex { $0.isWhitespace } ?? cut.endIndex
    return (cut.distance(from: cut.startIndex, to: end) > limit / 2 ? cut[..<end] : cut) + "…"
  }
}

/// Something announced.
struct UpdateView: Sendable {
  let style: String
  let state: String
  let at: Moment
  let edited: String?
  let parts: [TextPart]

  /// `limit` in characters.
  init(_ update: PublicUpdate, _ setting: PageContext, limit: Int = .max) {
    let strings = setting.strings
    let message = setting.language == .fr ? update.messageFrench ?? update.message : update.message
    state = strings("update_\(update.state)")
    style = update.state == "resolved" ? "ok" : update.state == "monitoring" ? "degraded" : "partial"
    at = setting.moment(update.at)
    edited = update.editedAt.map { _ in strings("edited") }
    parts = TextPart.parts(TextPart.clipped(message, limit))
  }
}

/// An incident in a list.
struct IncidentView: Sendable {
  let title: String
  let href: String
  let impact: StateView
  let summary: String
  let tags: [String]
  let hasTags: Bool
  let latest: UpdateView?
  /// How many more updates there are, in words.
  let more: String?

  /// Characters of an update that a list shows.
  private static let messageLimit = 500

  init(_ incident: PublicIncident, names: [String: String], _ setting: PageContext, saysLatest: Bool = true) {
    let strings = setting.strings
    title = incident.title
    href = setting.links.incident(incident.id)
    let condition = Condition(incident)
    impact = incident.isResolved ? StateView(style: condition.style, word: strings("incident_resolved")) : condition.view(strings)
    tags = incident.components.map { names[$0] ?? $0 }
    hasTags = !tags.isEmpty
    latest = !saysLatest ? nil : incident.updates.first.map { UpdateView($0, setting, limit: Self.messageLimit) }
    let earlier = incident.updates.count - 1
    more = earlier > 0 ? strings.count("earlier_updates", earlier, in: setting.language) : nil
    summary = Self.summary(incident, tags, setting)
  }

  private static func summary(_ incident: PublicIncident, _ tags: [String], _ setting: PageContext) -> String {
    let strings = setting.strings
    let time =
      incident.resolvedAt.map {
        strings("resolved_after", ["duration": durationText($0 - incident.startedAt, setting.language)])
      } ?? strings("since", ["time": setting.moment(incident.startedAt).text])
    return ([time] + (tags.isEmpty ? [] : [tags.joined(separator: ", ")])).joined(separator: " · ")
  }
}

/// Work that was told beforehand.
struct MaintenanceView: Sendable {
  let title: String
  let state: String
  let starts: Moment
  let ends: Moment
  let parts: [TextPart]
  let tags: [String]
  let hasTags: Bool

  init(_ maintenance: PublicMaintenance, names: [String: String], now: Int, _ setting: PageContext) {
    title = maintenance.title
    state = setting.strings(maintenance.startsAt <= now ? "maintenance_running" : "maintenance_planned")
    starts = setting.moment(maintenance.startsAt)
    ends = setting.moment(maintenance.endsAt)
    parts = TextPart.parts(maintenance.message)
    tags = maintenance.components.map { names[$0] ?? $0 }
    hasTags = !tags.isEmpty
  }

  /// Whether a page still shows it.
  static func isShown(_ maintenance: PublicMaintenance, at now: Int) -> Bool {
    maintenance.endsAt > now && !["completed", "cancelled"].contains(maintenance.state ?? "")
  }
}

/// A component's days as bars: one path for each state.
struct UptimeView: Sendable {
  struct Path: Sendable, Equatable {
    let style: String
    let d: String
  }
  let label: String
  let paths: [Path]
  let from: String
  let percent: String

  init(_ uptime: ComponentUptime, _ setting: PageContext) {
    let strings = setting.strings
    let known = uptime.days.filter { $0.percent != nil }
    percent =
      uptime.percent.map { strings("uptime", ["percent": percentText($0, setting.language)]) } ?? strings("uptime_unknown")
    from = strings.count("days_ago", uptime.days.count, in: setting.language)
    let bad = known.filter { Self.dayCondition($0) != .operational }
    label =
      [
        strings.count("last_days", uptime.days.count, in: setting.language), percent,
        bad.isEmpty ? strings("no_bad_days") : strings.count("bad_days", bad.count, in: setting.language),
      ].joined(separator: ", ")
    paths = Self.paths(uptime.days.map { $0.percent == nil ? "nodata" : Self.dayCondition($0).style })
  }

  /// The worst that a day has seen.
  static func dayCondition(_ day: ComponentUptime.Day) -> Condition {
    if day.percent == nil { return .unknown }
    if day.majorSeconds > 0 { return .major }
    if day.partialSeconds > 0 { return .partial }
    if day.degradedSeconds > 0 { return .degraded }
    return day.maintenanceSeconds > 0 ? .maintenance : .operational
  }

  /// Runs of equal days as one line each, dashed by the style sheet into bars of 4 with gaps of 1.
  static func paths(_ styles: [String]) -> [Path] {
    var runs: [String: String] = [:]
    var order: [String] = []
    var start = 0
    while start < styles.count {
      let style = styles[start]
      let end = styles[start...].firstIndex { $0 != style } ?? styles.count
      if runs[style] == nil { order.append(style) }
      runs[style, default: ""] += "M\(start * 5) 14h\((end - start) * 5 - 1)"
      start = end
    }
    return order.map { Path(style: $0, d: runs[$0] ?? "") }
  }
}
