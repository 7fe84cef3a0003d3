import JSONBytes

/// status.io's public API, `/1.0/status/<page id>`: known from its documents.
enum StatusIOFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.statusio, absence: .all)
    let result = root["result"] ?? .null
    let states = builder.list(result["status"]).compactMap { row in
      ProviderComponent(
        id: row["id"]?.identifier, called: row["name"]?.string, status: builder.known(row["status_code"], "component status", statuses))
    }
    builder.components(states)
    let byID = Dictionary(states.map { ($0.id, $0) }) { first, _ in first }
    for item in builder.list(result["incidents"]) { builder.add(event(item, planned: nil, byID, &builder)) }
    for item in builder.list(result["maintenance"]?["active"]) { builder.add(event(item, planned: .inProgress, byID, &builder)) }
    for item in builder.list(result["maintenance"]?["upcoming"]) { builder.add(event(item, planned: .scheduled, byID, &builder)) }
    return builder.finished()
  }

  private static let statuses: [String: ComponentStatus] = [
    "100": .operational, "200": .underMaintenance, "300": .degradedPerformance, "400": .partialOutage, "500": .majorOutage,
    "600": .majorOutage,
  ]
  private static let impacts: [String: Impact] = [
    "100": .none, "200": .none, "300": .minor, "400": .major, "500": .critical, "600": .critical,
  ]
  private static let states: [String: EventState] = ["100": .investigating, "200": .identified, "300": .monitoring]

  private static func event(
    _ item: JSONValue, planned: EventState?, _ components: [String: ProviderComponent], _ builder: inout SnapshotBuilder
  ) -> ProviderEvent? {
    guard let id = item["_id"]?.identifier else { return nil }
    let messages = item["messages"]?.elements ?? []
    let latest = messages.max { (FeedTime.read($0["datetime"]) ?? 0) < (FeedTime.read($1["datetime"]) ?? 0) }
    let end = FeedTime.read(item["datetime_resolved"])
    let state: EventState
    let impact: Impact
    if let planned {
      (state, impact) = (end == nil ? planned : .completed, .maintenance)
    } else {
      let stated = builder.known(latest?["state"], "state", states) ?? .investigating
      (state, impact) = (end == nil ? stated : .resolved, builder.known(latest?["status"], "status", impacts) ?? .minor)
    }
    var event = ProviderEvent(
      externalID: id, kind: planned == nil ? .incident : .maintenance, state: state, impact: impact,
      title: PlainText.title(item["name"]?.string ?? ""))
    event.impactEnded = state.isOver
    event.scheduledFor = FeedTime.read(item["datetime_planned_start"])
    event.scheduledUntil = FeedTime.read(item["datetime_planned_end"])
    event.startedAt = event.scheduledFor ?? FeedTime.read(item["datetime_open"])
    event.resolvedAt = end
    event.components = (item["components_affected"]?.elements ?? []).compactMap { row in
      let id = row["_id"]?.identifier ?? row["id"]?.identifier
      return ProviderComponent(id: id, called: row["name"]?.string, status: id.flatMap { components[$0]?.status })
    }
    event.regions = (item["containers_affected"]?.elements ?? []).compactMap { $0["name"]?.string.flatMap(Places.region) }
    event.updates = messages.map { row in
      ProviderUpdate(
        id: row["_id"]?.identifier, state: row["state"]?.code.map { states[String($0)]?.rawValue ?? String($0) },
        text: PlainText.update(row["details"]?.string ?? ""), at: FeedTime.read(row["datetime"]))
    }
    event.providerUpdatedAt = FeedTime.read(latest?["datetime"])
    event.raw = item
    return event
  }
}
