import JSONBytes

/// Atlassian Statuspage, API v2, and incident.io's compatible one: summary.json, incidents.json, incidents/unresolved.json.
enum StatuspageFeed {
  static func read(_ root: JSONValue, _ family: Family, _ context: FeedContext) -> Snapshot {
    var reader = StatuspageReader(root, family)
    return reader.snapshot(root, context)
  }

  static let states: [String: EventState] = [
    "investigating": .investigating, "identified": .identified, "monitoring": .monitoring, "resolved": .resolved, "postmortem": .resolved,
    "scheduled": .scheduled, "in_progress": .inProgress, "verifying": .verifying, "completed": .completed,
  ]
  static let impacts: [String: Impact] = [
    "none": .none, "minor": .minor, "major": .major, "critical": .critical, "maintenance": .maintenance,
  ]
  static let componentStatuses: [String: ComponentStatus] = [
    "operational": .operational, "degraded_performance": .degradedPerformance, "partial_outage": .partialOutage,
    "major_outage": .majorOutage, "full_outage": .majorOutage, "under_maintenance": .underMaintenance,
  ]
}

private struct StatuspageReader {
  private var builder: SnapshotBuilder
  private let pageURL: String?
  /// Names of groups, and components, by their ids.
  private var groups: [String: String] = [:]
  private var components: [String: ProviderComponent] = [:]

  init(_ root: JSONValue, _ family: Family) {
    builder = SnapshotBuilder(family)
    pageURL = root["page"]?["url"]?.string
    builder.page(id: root["page"]?["id"]?.string, updatedAt: FeedTime.read(root["page"]?["updated_at"]))
  }

  mutating func snapshot(_ root: JSONValue, _ context: FeedContext) -> Snapshot {
    readComponents(builder.list(root["components"]))
    for item in builder.list(root["incidents"]) { builder.add(event(item, isMaintenance: false)) }
    for item in builder.list(root["scheduled_maintenances"]) { builder.add(event(item, isMaintenance: true)) }
    _ = builder.known(root["status"]?["indicator"], "indicator", StatuspageFeed.impacts)
    if root["status"]?.object != nil, root["components"] != nil {
      builder.absence(.all)
    } else if context.path.hasSuffix("/unresolved.json"), root["incidents"] != nil {
      builder.absence(.incidents)
    }
    return builder.finished()
  }

  private mutating func readComponents(_ rows: [JSONValue]) {
    for row in rows where row["group"]?.bool == true {
      if let id = row["id"]?.identifier, let name = row["name"]?.string { groups[id] = PlainText.name(name) }
    }
    var states: [ProviderComponent] = []
    for row in rows {
      guard let component = component(row) else { continue }
      states.append(component)
      components[component.id] = component
    }
    builder.components(states)
  }

  /// Nil for groups, for what has no name, and for the line that only points to the page.
  private mutating func component(_ row: JSONValue) -> ProviderComponent? {
    guard row["group"]?.bool != true, let name = row["name"]?.string, !name.hasPrefix("Visit www") else { return nil }
    let status = builder.known(row["status"], "component status", StatuspageFeed.componentStatuses)
    let group = row["group_id"]?.identifier.flatMap { groups[$0] }
    return ProviderComponent(id: row["id"]?.identifier, called: name, group: group, status: status)
  }

  private mutating func event(_ item: JSONValue, isMaintenance: Bool) -> ProviderEvent? {
    guard let id = item["id"]?.identifier else { return nil }
    let components = affected(item)
    let word = builder.known(item["impact"], "impact", StatuspageFeed.impacts)
    let stated = builder.known(item["status"], "status", StatuspageFeed.states)
    let isPlanned = isMaintenance || word == .maintenance || stated.map { $0 == $0.ofMaintenance } == true
    let kind: EventKind = isPlanned ? .maintenance : .incident
    let state = isPlanned ? stated?.ofMaintenance ?? .scheduled : stated ?? .investigating
    let updates = item["incident_updates"]?.elements ?? []
    var event = ProviderEvent(
      externalID: id, kind: kind, state: state, impact: kind == .maintenance ? .maintenance : impact(item["impact"], word, components),
      title: PlainText.title(item["name"]?.string ?? ""))
    event.scheduledFor = FeedTime.read(item["scheduled_for"])
    event.scheduledUntil = FeedTime.read(item["scheduled_until"])
    event.startedAt = event.scheduledFor ?? FeedTime.read(item["started_at"]) ?? FeedTime.read(item["created_at"])
    event.components = components
    event.regions = components.compactMap(region)
    event.updates = updates.map(update)
    if state.isOver { event.resolvedAt = FeedTime.read(item["resolved_at"]) ?? end(updates) }
    event.url = item["shortlink"]?.string ?? pageURL.map { "\($0)/incidents/\(id)" }
    event.providerUpdatedAt = FeedTime.read(item["updated_at"])
    event.raw = item
    return event
  }

  /// Absent: that of the worst component, else minor; unknown: minor.
  private func impact(_ value: JSONValue?, _ word: Impact?, _ components: [ProviderComponent]) -> Impact {
    if let word { return word }
    let worst = value?.string == nil ? components.compactMap(\.status?.impact).max() : nil
    return worst.flatMap { $0 == .none ? nil : $0 } ?? .minor
  }

  private mutating func affected(_ item: JSONValue) -> [ProviderComponent] {
    let own = (item["components"]?.elements ?? []).compactMap { component($0) }
    return own.isEmpty ? affectedByUpdates(item["incident_updates"]?.elements ?? []) : own
  }

  /// The union over all updates; of a component's states the latest.
  private mutating func affectedByUpdates(_ updates: [JSONValue]) -> [ProviderComponent] {
    var found: [String: ProviderComponent] = [:]
    var order: [String] = []
    let byTime = updates.enumerated().sorted { (time($0.element) ?? 0, -$0.offset) < (time($1.element) ?? 0, -$1.offset) }
    for row in byTime.flatMap({ $0.element["affected_components"]?.elements ?? [] }) {
      guard let name = row["name"]?.string, !name.hasPrefix("Visit www") else { continue }
      let listed = row["code"]?.identifier.flatMap { components[$0] }
      guard var component = listed ?? ProviderComponent(id: row["code"]?.identifier, called: name) else { continue }
      component.status = builder.known(row["new_status"], "component status", StatuspageFeed.componentStatuses)
      if found.updateValue(component, forKey: component.id) == nil { order.append(component.id) }
    }
    return order.compactMap { found[$0] }
  }

  /// Of its name, or of its group's; a component of an update is named `Group - Name`.
  private func region(_ component: ProviderComponent) -> String? {
    if let region = Places.region(component.name) ?? component.group.flatMap(Places.region) { return region }
    return component.name.firstRange(of: " - ").flatMap { Places.region(String(component.name[..<$0.lowerBound])) }
  }

  private func time(_ update: JSONValue) -> Int? { FeedTime.read(update["display_at"]) ?? FeedTime.read(update["created_at"]) }

  private func update(_ row: JSONValue) -> ProviderUpdate {
    ProviderUpdate(
      id: row["id"]?.identifier, state: row["status"]?.string.map(SnapshotBuilder.normal),
      text: PlainText.update(row["body"]?.string ?? ""),
      at: time(row))
  }

  /// When the first update of the last run of ended ones was made.
  private func end(_ updates: [JSONValue]) -> Int? {
    let byTime = updates.sorted { (time($0) ?? 0) < (time($1) ?? 0) }
    let isOver = { (row: JSONValue) in row["status"]?.string.flatMap { StatuspageFeed.states[SnapshotBuilder.normal($0)] }?.isOver == true }
    return byTime.reversed().prefix(while: isOver).last.flatMap(time)
  }
}
