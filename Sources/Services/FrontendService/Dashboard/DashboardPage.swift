import ServiceClients
import StatusModel

/// What the overview is made of.
struct Overview: Sendable {
  let open: Part<[IncidentsClient.Incident]>
  let providers: Part<[ProvidersClient.Provider]>
  let people: Part<[UsersClient.User]>
  let consumers: Part<[CommsClient.Consumer]>
  let subscribers: Part<Int>
  let hasComponent: Bool
  let hasAnnounced: Bool
}

/// `/dashboard`: where signing in leads.
struct DashboardPage: PageModel {
  static let template = "dashboard"

  struct Step: Sendable {
    let name: String
    let about: String
    let isDone: Bool
    let icon: StateView
    let href: String?
  }

  let page: Layout
  let greeting: String
  let declare: String?
  let hasSteps: Bool
  let steps: [Step]
  let stepsDone: String
  let sections: [SectionView]

  init(_ overview: Overview, _ desk: Desk) {
    let t = desk.strings
    page = desk.setting.layout(t("dashboard"), path: "/dashboard", stream: Links.workLive)
    greeting = t("hello", ["name": desk.person.name])
    declare = desk.may(.sre) ? desk.links.newIncident : nil
    let steps = Self.steps(overview, desk)
    let done = steps.count { $0.isDone }
    hasSteps = desk.may(.sre) && done < steps.count
    self.steps = hasSteps ? steps : []
    stepsDone = t("steps_done", ["n": "\(done)", "of": "\(steps.count)"])
    let open = (overview.open.value ?? []).sorted { ($0.severity, -$0.startedAt) < ($1.severity, -$1.startedAt) }
    let names = UserNames(overview.people.value)
    let mine = open.filter { $0.roles.values.contains(desk.person.id) }
    let others = open.filter { !$0.roles.values.contains(desk.person.id) }
    sections = [
      mine.isEmpty ? nil : SectionView(id: "mine", heading: t("mine"), rows: mine.map { RowView($0, names, desk) }),
      SectionView(
        id: "open", heading: t(mine.isEmpty ? "open_incidents" : "other_incidents"), rows: others.map { RowView($0, names, desk) },
        empty: t(mine.isEmpty ? "none_open" : "no_others"), missing: overview.open.missing(desk)),
      Self.providers(overview.providers, desk), Self.bus(overview.consumers, desk),
    ].compactMap(\.self)
  }

  private static func steps(_ overview: Overview, _ desk: Desk) -> [Step] {
    let t = desk.strings
    func step(_ key: String, _ isDone: Bool, _ href: String) -> Step {
      let icon = StateView(style: isDone ? "ok" : "unknown", word: t(isDone ? "step_done" : "step_open"))
      return Step(name: t("step_\(key)"), about: t("step_\(key)_text"), isDone: isDone, icon: icon, href: isDone ? nil : href)
    }
    return [
      step("component", overview.hasComponent, desk.links.components),
      step("provider", overview.providers.value?.isEmpty == false, desk.links.providers),
      step("announce", overview.hasAnnounced, desk.links.newIncident),
      step("subscribe", overview.subscribers.value ?? 0 > 0, desk.links.subscribe),
    ]
  }

  /// Only those in trouble.
  private static func providers(_ providers: Part<[ProvidersClient.Provider]>, _ desk: Desk) -> SectionView? {
    let troubled = (providers.value ?? []).filter { $0.isTroubled }.sorted { $0.condition > $1.condition }
    if troubled.isEmpty, providers.failure == nil { return nil }
    return SectionView(
      id: "providers", heading: desk.strings("providers_in_trouble"),
      rows: troubled.map { RowView($0, desk, href: desk.links.providers($0.name)) },
      missing: providers.missing(desk))
  }

  /// Only when something waits or was given up.
  private static func bus(_ consumers: Part<[CommsClient.Consumer]>, _ desk: Desk) -> SectionView? {
    let t = desk.strings
    let behind = (consumers.value ?? []).filter { $0.dead > 0 || $0.retrying > 0 || $0.lag > busLag }
    if behind.isEmpty, consumers.failure == nil { return nil }
    let rows = behind.map { consumer in
      let counts = [
        ("bus_lag", consumer.lag), ("bus_retrying", consumer.retrying), ("bus_dead", consumer.dead), ("bus_missed", consumer.missed),
      ]
      return RowView(
        title: consumer.name, href: desk.links.messages(consumer.dead > 0 ? ["state": "dead"] : [:]),
        facts: counts.filter { $0.1 > 0 }.map { .word(t.count($0.0, $0.1, in: desk.language)) })
    }
    return SectionView(id: "bus", heading: t("bus"), rows: rows, missing: consumers.missing(desk))
  }

  /// Messages a consumer may be behind before anybody is told.
  private static let busLag = 20
}

/// Names of people by id; those who are gone, or cannot be asked for, have none.
struct UserNames: Sendable {
  let users: [UsersClient.User]
  private let names: [String: String]

  init(_ users: [UsersClient.User]?) {
    self.users = users ?? []
    names = Dictionary(self.users.map { ($0.id, $0.name) }) { first, _ in first }
  }

  subscript(id: String?) -> String? { id.flatMap { names[$0] } }
}

extension Condition {
  /// How bad an incident is while it goes on.
  init(severity: Int, status: String) {
    let full: Condition = severity <= 1 ? .major : severity == 2 ? .partial : .degraded
    self = status == "resolved" ? .operational : status == "mitigated" ? min(full, .degraded) : full
  }
}

extension StateView {
  init(_ incident: IncidentsClient.Incident, _ strings: Strings) {
    let condition = Condition(severity: incident.severity, status: incident.status)
    self.init(
      style: condition.style, word: "\(strings("sev", ["n": "\(incident.severity)"])) · \(strings("incident_\(incident.status)"))")
  }
}

extension RowView {
  init(_ incident: IncidentsClient.Incident, _ names: UserNames, _ desk: Desk) {
    let t = desk.strings
    var facts: [FactView] = [.at(desk.moment(incident.startedAt))]
    if let resolvedAt = incident.resolvedAt {
      facts.append(.word(t("resolved_after", ["duration": durationText(resolvedAt - incident.startedAt, desk.language)])))
    } else {
      facts.append(.word(t("lasts", ["duration": desk.since(incident.startedAt)])))
    }
    if let commander = incident.roles["commander"] {
      facts.append(.word(names[commander] ?? t("somebody"), label: t("led_by")))
    } else if !incident.isResolved {
      facts.append(.word(t("nobody_leads")))
    }
    if incident.isPublic { facts.append(.word(t("is_public"))) }
    self.init(
      title: incident.title, href: desk.links.warRoom(incident.id), state: StateView(incident, t), facts: facts, tags: incident.services)
  }

  init(_ provider: ProvidersClient.Provider, _ desk: Desk, href: String) {
    let t = desk.strings
    var facts: [FactView] = []
    if provider.activeEvents > 0 { facts.append(.word(t.count("provider_events", provider.activeEvents, in: desk.language))) }
    if provider.isSuspected { facts.append(.word(t("provider_suspected"))) }
    if let at = provider.lastSuccessAt { facts.append(.at(desk.moment(at), label: t("read_at"))) }
    self.init(title: provider.name, href: href, state: provider.condition.view(t), facts: facts)
  }
}

extension ProvidersClient.Provider {
  var condition: Condition {
    switch state {
    case "critical": .major
    case "major": .partial
    case "minor", "none": .degraded
    case "operational": isSuspected ? .degraded : isInMaintenance ? .maintenance : .operational
    default: .unknown
    }
  }

  /// Whether people should look: unknown counts once its feed cannot be read.
  var isTroubled: Bool { condition > .maintenance || condition == .unknown && refusals > 0 }
}
