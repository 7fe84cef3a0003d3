import ServiceClients

/// `/incidents/{id}`: what was said of one.
struct IncidentPage: PageModel {
  static let template = "incident"

  struct Section: Sendable {
    let heading: String
    let parts: [TextPart]
  }
  struct Postmortem: Sendable {
    let sections: [Section]
    let hasActions: Bool
    let actions: [String]
  }

  let page: Layout
  let title: String
  let impact: StateView
  let stateWord: String
  let severity: String
  let started: Moment
  let resolved: Moment?
  let duration: String?
  let tags: [String]
  let hasTags: Bool
  let updates: [UpdateView]
  let postmortem: Postmortem?

  /// Nil when there is no such public incident.
  init?(_ id: String, _ snapshot: PublicPages.Snapshot, _ setting: PageContext) {
    guard let incident = snapshot.data.incidents.first(where: { $0.id == id }) else { return nil }
    let strings = setting.strings
    let language = setting.language
    page = setting.layout(incident.title, path: "/incidents/\(Links.segment(id))", isLive: true)
    title = incident.title
    impact = Condition(incident).view(strings)
    stateWord = strings("incident_\(incident.status)")
    severity = strings("severity_\(min(4, max(1, incident.severity)))")
    started = setting.moment(incident.startedAt)
    resolved = incident.resolvedAt.map(setting.moment)
    duration = incident.resolvedAt.map { durationText($0 - incident.startedAt, language) }
    let names = snapshot.data.names
    tags = incident.components.map { names[$0] ?? $0 }
    hasTags = !tags.isEmpty
    updates = incident.updates.map { UpdateView($0, setting) }
    postmortem = incident.postmortem.map { Self.postmortem($0, strings) }
  }

  private static func postmortem(_ postmortem: PublicPostmortem, _ strings: Strings) -> Postmortem {
    let factors = postmortem.contributingFactors.map { "– \($0)" }.joined(separator: "\n")
    let texts = [
      ("what_happened", postmortem.whatHappened), ("impact", postmortem.impact ?? ""), ("root_cause", postmortem.rootCause),
      ("contributing_factors", factors), ("detection", postmortem.detection ?? ""), ("lessons", postmortem.lessons ?? ""),
    ]
    return Postmortem(
      sections: texts.filter { !$0.1.isEmpty }.map { Section(heading: strings($0.0), parts: TextPart.parts($0.1)) },
      hasActions: !postmortem.actionItems.isEmpty, actions: postmortem.actionItems)
  }
}
