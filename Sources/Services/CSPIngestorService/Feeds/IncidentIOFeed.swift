import JSONBytes

/// incident.io's own summary: `/proxy/<host>` wraps it, the widget's is bare. (Its Statuspage-compatible one is read by `StatuspageFeed`.)
/// Maintenances are known from documents only.
enum IncidentIOFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    let summary = summary(root) ?? root
    var reader = IncidentIOReader(summary)
    return reader.snapshot(summary)
  }

  /// The part of the document that lists what goes on; nil when there is none.
  static func summary(_ root: JSONValue) -> JSONValue? {
    [root["summary"], root].compactMap { $0 }.first { $0["ongoing_incidents"] != nil }
  }

  static let states: [String: EventState] = [
    "investigating": .investigating, "identified": .identified, "monitoring": .monitoring, "resolved": .resolved,
    "maintenance_scheduled": .scheduled, "maintenance_in_progress": .inProgress, "maintenance_verifying": .verifying,
    "maintenance_complete": .completed, "maintenance_completed": .completed, "scheduled": .scheduled, "in_progress": .inProgress,
    "verifying": .verifying, "completed": .completed, "complete": .completed,
  ]
}

private struct IncidentIOReader {
  private var builder = SnapshotBuilder(.incidentio, absence: .all)
  private let pageURL: String?
  private var components: [String: ProviderComponent] = [:]
  private var order: [String] = []

  init(_ summary: JSONValue) {
    pageURL = summary["public_url"]?.string ?? summary["page_url"]?.string
    builder.page(id: summary["id"]?.identifier)
  }

  mutating func snapshot(_ summary: JSONValue) -> Snapshot {
    readComponents(summary)
    for item in builder.list(summary["ongoing_incidents"]) { builder.add(event(item, planned: nil)) }
    for item in builder.list(summary["in_progress_maintenances"]) { builder.add(event(item, planned: .inProgress)) }
    for item in builder.list(summary["scheduled_maintenances"]) { builder.add(event(item, planned: .scheduled)) }
    return builder.finished()
  }

  private mutating func readComponents(_ summary: JSONValue) {
    for row in summary["components"]?.elements ?? [] { keep(row, group: nil) }
    for item in summary["structure"]?["items"]?.elements ?? [] {
      if let row = item["component"] { keep(row, group: nil) }
      for row in item["group"]?["components"]?.elements ?? [] { keep(row, group: item["group"]?["name"]?.string) }
    }
    for row in summary["affected_components"]?.elements ?? [] {
      guard let id = Self.id(row), components[id] != nil else { continue }
      components[id]?.status = builder.known(row["current_status"] ?? row["status"], "component status", StatuspageFeed.componentStatuses)
    }
    builder.components(order.compactMap { components[$0] })
  }

  private mutating func keep(_ row: JSONValue, group: String?) {
    guard let id = Self.id(row), let component = ProviderComponent(id: id, called: row["name"]?.string, group: group) else { return }
    if components[id] == nil { order.append(id) }
    components[id] = component
  }

  private static func id(_ row: JSONValue) -> String? { row["component_id"]?.identifier ?? row["id"]?.identifier }

  private mutating func event(_ item: JSONValue, planned: EventState?) -> ProviderEvent? {
    guard let id = item["id"]?.identifier else { return nil }
    let stated = builder.known(item["status"], "status", IncidentIOFeed.states)
    let isPlanned = planned != nil || item["type"]?.string == "maintenance" || stated.map { $0 == $0.ofMaintenance } == true
    let state = isPlanned ? stated?.ofMaintenance ?? planned ?? .scheduled : stated ?? .investigating
    var event = ProviderEvent(
      externalID: id, kind: isPlanned ? .maintenance : .incident, state: state, impact: isPlanned ? .maintenance : impact(item),
      title: PlainText.title(item["name"]?.string ?? ""))
    event.components = affected(item)
    event.regions = event.components.compactMap { Places.region($0.name) ?? $0.group.flatMap(Places.region) }
    event.updates = updates(item)
    let impacts = item["component_impacts"]?.elements ?? []
    let firstPublished = (event.updates.map(\.at) + [FeedTime.read(item["published_at"])]).compactMap { $0 }
    if isPlanned {
      event.scheduledFor = firstTime(item, ["starts_at", "scheduled_start_at", "scheduled_for"]) ?? earliest(impacts, "start_at")
      event.scheduledUntil = firstTime(item, ["ends_at", "scheduled_end_at", "scheduled_until"]) ?? latest(impacts, "end_at")
      event.startedAt = event.scheduledFor ?? firstTime(item, ["started_at"]) ?? firstPublished.min()
    } else {
      event.startedAt = (firstPublished + [earliest(impacts, "start_at")].compactMap { $0 }).min() ?? firstTime(item, ["created_at"])
    }
    if state.isOver { event.resolvedAt = firstTime(item, ["resolved_at", "completed_at"]) ?? event.updates.last?.at }
    event.url = item["url"]?.string ?? pageURL.map { "\($0.hasSuffix("/") ? String($0.dropLast()) : $0)/incidents/\(id)" }
    event.providerUpdatedAt = firstTime(item, ["last_update_at", "updated_at"]) ?? event.updates.last?.at
    event.raw = item
    return event
  }

  /// The worst of all its impacts on components, ended ones too.
  private mutating func impact(_ item: JSONValue) -> Impact {
    let impacts = item["component_impacts"]?.elements ?? []
    let affected = item["affected_components"]?.elements ?? []
    let words = impacts.map { $0["status"] } + affected.flatMap { [$0["status"], $0["current_status"]] } + [item["current_worst_impact"]]
    var worst: Impact?
    for word in words where word != nil && word != .null {
      guard let impact = builder.known(word, "component status", StatuspageFeed.componentStatuses)?.impact else { continue }
      worst = max(worst ?? .none, impact)
    }
    return worst ?? builder.known(item["impact"], "impact", StatuspageFeed.impacts) ?? .minor
  }

  private mutating func affected(_ item: JSONValue) -> [ProviderComponent] {
    var found: [ProviderComponent] = []
    var ids: Set<String> = []
    for row in (item["affected_components"]?.elements ?? []) + (item["component_impacts"]?.elements ?? []) {
      guard let id = Self.id(row), ids.insert(id).inserted else { continue }
      let named = ProviderComponent(id: id, called: row["name"]?.string, group: row["group_name"]?.string)
      guard var component = named ?? components[id] ?? ProviderComponent(id: id, called: id) else { continue }
      component.group = component.group ?? components[id]?.group
      component.status = builder.known(row["current_status"] ?? row["status"], "component status", StatuspageFeed.componentStatuses)
      found.append(component)
    }
    return found
  }

  private func updates(_ item: JSONValue) -> [ProviderUpdate] {
    let listed = (item["updates"]?.elements ?? []).map { row in
      ProviderUpdate(
        id: row["id"]?.identifier, state: row["to_status"]?.string.map(SnapshotBuilder.normal),
        text: PlainText.update(row["message_string"]?.string ?? row["message"]?.string ?? ""), at: FeedTime.read(row["published_at"]))
    }
    guard listed.isEmpty, let text = item["last_update_message"]?.string else {
      return listed.enumerated().sorted { ($0.element.at ?? 0, $0.offset) < ($1.element.at ?? 0, $1.offset) }.map(\.element)
    }
    return [
      ProviderUpdate(
        state: item["status"]?.string.map(SnapshotBuilder.normal), text: PlainText.update(text), at: FeedTime.read(item["last_update_at"]))
    ]
  }

  private func firstTime(_ item: JSONValue, _ names: [String]) -> Int? { names.lazy.compactMap { FeedTime.read(item[$0]) }.first }
  private func earliest(_ rows: [JSONValue], _ name: String) -> Int? { rows.compactMap { FeedTime.read($0[name]) }.min() }
  private func latest(_ rows: [JSONValue], _ name: String) -> Int? { rows.compactMap { FeedTime.read($0[name]) }.max() }
}
