import JSONBytes

/// Heroku's status API v4, `current-status`: known from documents and a trimmed sample.
enum HerokuFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.heroku, absence: .all)
    let systems = builder.list(root["status"]).compactMap { row in
      ProviderComponent(id: nil, called: row["system"]?.string, status: builder.known(row["status"], "system status", statuses))
    }
    builder.components(systems)
    for item in builder.list(root["incidents"]) { builder.add(event(item, isMaintenance: false, &builder)) }
    for item in builder.list(root["scheduled"]) { builder.add(event(item, isMaintenance: true, &builder)) }
    return builder.finished()
  }

  private static let statuses: [String: ComponentStatus] = [
    "green": .operational, "blue": .underMaintenance, "yellow": .degradedPerformance, "red": .partialOutage,
  ]
  private static let states: [String: EventState] = [
    "open": .investigating, "investigating": .investigating, "issue": .investigating, "identified": .identified, "monitoring": .monitoring,
    "resolved": .resolved, "upcoming": .scheduled, "scheduled": .scheduled, "in_progress": .inProgress, "completed": .completed,
  ]

  private static func event(_ item: JSONValue, isMaintenance: Bool, _ builder: inout SnapshotBuilder) -> ProviderEvent? {
    guard let id = item["id"]?.identifier else { return nil }
    let stated = builder.known(item["state"], "state", states)
    let isOver = item["resolved"]?.bool == true || stated?.isOver == true
    let open = isMaintenance ? stated?.ofMaintenance ?? .scheduled : stated ?? .investigating
    let state: EventState = isOver ? (isMaintenance ? .completed : .resolved) : open
    let components = (item["systems"]?.elements ?? []).compactMap { row in
      ProviderComponent(
        id: nil, called: row["name"]?.string ?? row.string, status: builder.known(row["status"], "system status", statuses))
    }
    let worst = components.compactMap(\.status?.impact).max().flatMap { $0 == .none && !isOver ? nil : $0 }
    var event = ProviderEvent(
      externalID: id, kind: isMaintenance ? .maintenance : .incident, state: state,
      impact: isMaintenance ? .maintenance : worst ?? .minor, title: PlainText.title(item["title"]?.string ?? ""))
    event.impactEnded = isOver
    event.startedAt = FeedTime.read(item["created_at"])
    event.components = components
    event.regions = (item["tags"]?.elements ?? []).compactMap { ($0.string ?? $0["name"]?.string).map(PlainText.slug) }
    event.updates = (item["updates"]?.elements ?? []).map { row in
      ProviderUpdate(
        id: row["id"]?.identifier, state: row["update_type"]?.string.map(SnapshotBuilder.normal),
        text: PlainText.update(row["contents"]?.string ?? ""), at: FeedTime.read(row["created_at"]))
    }
    event.providerUpdatedAt = FeedTime.read(item["updated_at"]) ?? event.updates.compactMap(\.at).max()
    if isOver { event.resolvedAt = FeedTime.read(item["resolved_at"]) ?? event.providerUpdatedAt }
    event.url = item["full_url"]?.string
    event.raw = item
    return event
  }
}
