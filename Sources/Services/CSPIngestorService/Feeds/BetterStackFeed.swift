import JSONBytes

/// Better Stack's index.json (JSON:API): known from documents and a trimmed sample. Reports keep their place after the end.
enum BetterStackFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var reader = BetterStackReader(root)
    return reader.snapshot()
  }
}

private struct BetterStackReader {
  private var builder = SnapshotBuilder(.betterstack)
  private var included: [JSONValue] = []
  private var resources: [String: ProviderComponent] = [:]
  private var updates: [String: JSONValue] = [:]

  init(_ root: JSONValue) {
    included = builder.list(root["included"])
    builder.page(id: root["data"]?["id"]?.identifier)
  }

  mutating func snapshot() -> Snapshot {
    var sections: [String: String] = [:]
    for row in rows("status_page_section") {
      if let id = row["id"]?.identifier, let name = row["attributes"]?["name"]?.string { sections[id] = PlainText.name(name) }
    }
    var states: [ProviderComponent] = []
    for row in rows("status_page_resource") {
      guard let id = row["id"]?.identifier, let attributes = row["attributes"] else { continue }
      let group = attributes["status_page_section_id"]?.identifier.flatMap { sections[$0] }
      let status = builder.known(attributes["status"], "component status", Self.statuses)
      guard let component = ProviderComponent(id: id, called: attributes["public_name"]?.string, group: group, status: status) else {
        continue
      }
      states.append(component)
      resources[id] = component
    }
    builder.components(states)
    for row in rows("status_update") { if let id = row["id"]?.identifier { updates[id] = row["attributes"] } }
    for row in included where row["type"]?.string == nil { builder.addUnreadable() }
    for row in rows("status_report") { builder.add(event(row)) }
    return builder.finished()
  }

  private func rows(_ type: String) -> [JSONValue] { included.filter { $0["type"]?.string == type } }

  private static let statuses: [String: ComponentStatus] = [
    "operational": .operational, "resolved": .operational, "maintenance": .underMaintenance, "degraded": .degradedPerformance,
    "downtime": .partialOutage,
  ]

  private mutating func event(_ row: JSONValue) -> ProviderEvent? {
    guard let id = row["id"]?.identifier, let attributes = row["attributes"], attributes.object != nil else { return nil }
    let published = (row["relationships"]?["status_updates"]?["data"]?.elements ?? []).compactMap { link in
      link["id"]?.identifier.flatMap { id in updates[id].map { (id: id, row: $0) } }
    }
    let isMaintenance = attributes["report_type"]?.string == "maintenance"
    let state = state(attributes["aggregate_state"], isMaintenance)
    let (components, worst) = affected([attributes] + published.map(\.row))
    var event = ProviderEvent(
      externalID: id, kind: isMaintenance ? .maintenance : .incident, state: state, impact: isMaintenance ? .maintenance : worst ?? .minor,
      title: PlainText.title(attributes["title"]?.string ?? ""))
    event.startedAt = FeedTime.read(attributes["starts_at"])
    if isMaintenance {
      event.scheduledFor = event.startedAt
      event.scheduledUntil = FeedTime.read(attributes["ends_at"])
    }
    event.components = components
    event.regions = components.compactMap { Places.region($0.name) ?? $0.group.flatMap(Places.region) }
    event.updates = published.map { update in
      ProviderUpdate(
        id: update.id, text: PlainText.update(update.row["message"]?.string ?? ""), at: FeedTime.read(update.row["published_at"]))
    }
    let latest = event.updates.compactMap(\.at).max()
    if state.isOver { event.resolvedAt = FeedTime.read(attributes["ends_at"]) ?? latest }
    event.providerUpdatedAt = latest
    event.raw = row
    return event
  }

  private mutating func state(_ value: JSONValue?, _ isMaintenance: Bool) -> EventState {
    let words: [String: EventState] = [
      "resolved": .resolved, "operational": .investigating, "degraded": .investigating, "downtime": .investigating,
      "maintenance": .investigating,
    ]
    let state = builder.known(value, "aggregate_state", words)
    return isMaintenance ? state?.ofMaintenance ?? .scheduled : state ?? .investigating
  }

  /// The components of the report, then those of its updates, and the worst that any of them says.
  private mutating func affected(_ documents: [JSONValue]) -> ([ProviderComponent], Impact?) {
    var components: [ProviderComponent] = []
    var worst: Impact?
    var ids: Set<String> = []
    for row in documents.flatMap({ $0["affected_resources"]?.elements ?? [] }) {
      let status = builder.known(row["status"], "component status", Self.statuses)
      if let impact = status?.impact, impact != .none { worst = max(worst ?? .none, impact) }
      guard let id = row["status_page_resource_id"]?.identifier, ids.insert(id).inserted,
        var component = resources[id] ?? ProviderComponent(id: id, called: id)
      else { continue }
      component.status = status
      components.append(component)
    }
    return (components, worst)
  }
}
