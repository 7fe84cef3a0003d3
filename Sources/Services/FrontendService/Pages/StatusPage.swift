import ServiceClients

/// `/`: how everything does.
struct StatusPage: PageModel {
  static let template = "status"

  struct Banner: Sendable {
    let style: String
    let icon: String
    let parts: [TextPart]
  }
  struct Component: Sendable {
    let name: String
    let href: String
    let state: StateView
    let reason: String?
    let uptime: UptimeView?
  }
  struct Group: Sendable {
    let name: String?
    let state: StateView
    let components: [Component]
  }
  struct PastDay: Sendable {
    let date: String
    let incidents: [IncidentView]
  }

  let page: Layout
  let overall: StateView
  let updated: Moment
  let banner: Banner?
  let hasActive: Bool
  let active: [IncidentView]
  let hasMaintenances: Bool
  let maintenances: [MaintenanceView]
  let hasComponents: Bool
  let groups: [Group]
  let hasDays: Bool
  let days: [PastDay]
  /// On a page that has nothing to show yet.
  let welcome: String?

  /// Days of past incidents.
  private static let pastDays = 14

  init(_ snapshot: PublicPages.Snapshot, _ setting: PageContext) {
    let data = snapshot.data
    let now = snapshot.confirmedAt
    let names = data.names
    page = setting.layout(setting.site, path: "/", isLive: true)
    overall = data.overall(setting.strings)
    updated = setting.moment(snapshot.changedAt)
    banner = data.banner.flatMap { $0.until ?? .max > now ? Self.banner($0) : nil }
    active = data.activeIncidents.map { IncidentView($0, names: names, setting) }
    hasActive = !active.isEmpty
    maintenances = data.maintenances.filter { MaintenanceView.isShown($0, at: now) }.sorted { $0.startsAt < $1.startsAt }
      .map { MaintenanceView($0, names: names, now: now, setting) }
    hasMaintenances = !maintenances.isEmpty
    groups = Self.groups(data, setting)
    hasComponents = !groups.isEmpty
    hasDays = hasComponents || !data.incidents.isEmpty
    days = hasDays ? Self.days(data, names, snapshot.day, setting) : []
    welcome = hasDays || hasMaintenances ? nil : setting.strings("welcome")
  }

  private static func banner(_ banner: PublicBanner) -> Banner {
    let parts = TextPart.parts(banner.message)
    return switch banner.level {
    case "critical": Banner(style: "major", icon: "major", parts: parts)
    case "warning": Banner(style: "degraded", icon: "degraded", parts: parts)
    default: Banner(style: "maintenance", icon: "info", parts: parts)
    }
  }

  /// In the order of their first components; a group is as its worst component.
  private static func groups(_ data: PublicData, _ setting: PageContext) -> [Group] {
    var order: [String?] = []
    var members: [String?: [PublicComponent]] = [:]
    for component in data.shownComponents {
      if members[component.group] == nil { order.append(component.group) }
      members[component.group, default: []].append(component)
    }
    return order.map { name in
      let components = members[name] ?? []
      let worst = components.map { Condition(status: $0.status) }.max() ?? .unknown
      return Group(name: name, state: worst.view(setting.strings), components: components.map { Self.component($0, data, setting) })
    }
  }

  private static func component(_ component: PublicComponent, _ data: PublicData, _ setting: PageContext) -> Component {
    Component(
      name: component.name, href: setting.links.component(component.key), state: Condition(status: component.status).view(setting.strings),
      reason: component.reason(setting.strings), uptime: data.uptimes[component.key].map { UptimeView($0, setting) })
  }

  private static func days(_ data: PublicData, _ names: [String: String], _ today: Day, _ setting: PageContext) -> [PastDay] {
    let past = Dictionary(grouping: data.incidents) { Day(of: $0.startedAt, in: setting.zone) }
    return (0..<pastDays).map { offset in
      let day = today.before(offset)
      let incidents = (past[day] ?? []).sorted { $0.startedAt > $1.startedAt }
      return PastDay(
        date: day.text(setting.language), incidents: incidents.map { IncidentView($0, names: names, setting, saysLatest: $0.isResolved) })
    }
  }
}

extension PublicData {
  /// Names of components by key.
  var names: [String: String] { Dictionary(components.map { ($0.key, $0.name) }) { first, _ in first } }

  /// The worst first, then the newest.
  var activeIncidents: [PublicIncident] {
    incidents.filter { !$0.isResolved }.sorted { ($0.severity, -$0.startedAt) < ($1.severity, -$1.startedAt) }
  }

  /// By their places; those that show themselves only in trouble are left out while they are well.
  var shownComponents: [PublicComponent] {
    components.filter { !$0.isShownOnlyDegraded || Condition(status: $0.status) > .operational }
      .enumerated().sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }.map(\.element)
  }

  /// The one sentence.
  func overall(_ strings: Strings) -> StateView {
    let worst = shownComponents.map { Condition(status: $0.status) }.max()
    let condition = max(worst ?? .unknown, activeIncidents.map { Condition($0) }.max() ?? .unknown)
    if worst == nil, condition == .unknown { return StateView(style: "unknown", word: strings("overall_empty")) }
    if worst == .operational, condition == .degraded { return StateView(style: "degraded", word: strings("overall_incident")) }
    return StateView(style: condition.style, word: strings("overall_\(condition.style)"))
  }
}

extension PublicComponent {
  /// Why it is as it is, as far as no incident tells it.
  func reason(_ strings: Strings) -> String? {
    if !reasons.isEmpty { return reasons.joined(separator: ", ") }
    if !causedBy.isEmpty { return strings("caused_by", ["names": causedBy.joined(separator: ", ")]) }
    return notes.isEmpty ? nil : strings("noted", ["names": notes.joined(separator: ", ")])
  }
}
