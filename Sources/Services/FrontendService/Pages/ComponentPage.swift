import ServiceClients

/// `/components/{key}`: one component, day by day.
struct ComponentPage: PageModel {
  static let template = "component"

  struct DayRow: Sendable {
    let date: String
    let state: StateView
    let detail: String?
    let percent: String
  }

  let page: Layout
  let name: String
  let state: StateView
  let about: String?
  let reason: String?
  let uptime: UptimeView?
  let hasIncidents: Bool
  let incidents: [IncidentView]
  let hasDays: Bool
  let days: [DayRow]

  /// Incidents listed.
  private static let incidentLimit = 10

  /// Nil when there is no such component.
  init?(_ key: String, _ snapshot: PublicPages.Snapshot, _ setting: PageContext) {
    let data = snapshot.data
    guard let component = data.components.first(where: { $0.key == key }) else { return nil }
    page = setting.layout(component.name, path: "/components/\(Links.segment(key))", isLive: true)
    name = component.name
    state = Condition(status: component.status).view(setting.strings)
    about = component.about
    reason = component.reason(setting.strings)
    uptime = data.uptimes[key].map { UptimeView($0, setting) }
    let names = data.names
    incidents = data.incidents.filter { $0.components.contains(key) }.sorted { $0.startedAt > $1.startedAt }.prefix(Self.incidentLimit)
      .map { IncidentView($0, names: names, setting) }
    hasIncidents = !incidents.isEmpty
    days = (data.uptimes[key]?.days ?? []).reversed().map { Self.row($0, setting) }
    hasDays = !days.isEmpty
  }

  private static func row(_ day: ComponentUptime.Day, _ setting: PageContext) -> DayRow {
    let strings = setting.strings
    let spent = [
      ("major", day.majorSeconds), ("partial", day.partialSeconds), ("degraded", day.degradedSeconds),
      ("maintenance", day.maintenanceSeconds),
    ].filter { $0.1 > 0 }
    let detail = spent.map { style, seconds in
      let duration = durationText(seconds, setting.language)
      return spent.count == 1 ? duration : "\(strings("state_\(style)")): \(duration)"
    }.joined(separator: ", ")
    return DayRow(
      date: Day(day.date)?.shortText(setting.language) ?? day.date, state: UptimeView.dayCondition(day).view(strings),
      detail: detail.isEmpty ? nil : detail, percent: day.percent.map { percentText($0, setting.language) } ?? "–")
  }
}
