import JSONBytes

/// Slack's status API v2.0.0, `current`.
enum SlackFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.slack, absence: .all)
    for item in builder.list(root["active_incidents"]) { builder.add(event(item, &builder)) }
    return builder.finished()
  }

  private static let types: [String: (EventKind, Impact)] = [
    "outage": (.incident, .major), "incident": (.incident, .minor), "notice": (.notice, .none), "maintenance": (.maintenance, .maintenance),
  ]

  private static func event(_ item: JSONValue, _ builder: inout SnapshotBuilder) -> ProviderEvent? {
    guard let id = item["id"]?.identifier else { return nil }
    let status = item["status"]?.string.map(SnapshotBuilder.normal)
    var (kind, impact) = builder.known(item["type"], "type", types) ?? (.incident, .minor)
    if status == "scheduled" { (kind, impact) = (.maintenance, .maintenance) }
    let state: EventState =
      switch status {
      case "scheduled": .scheduled
      case "active", nil: kind == .maintenance ? .inProgress : .investigating
      default: kind == .maintenance ? .completed : .resolved
      }
    var event = ProviderEvent(externalID: id, kind: kind, state: state, impact: impact, title: PlainText.title(item["title"]?.string ?? ""))
    event.startedAt = FeedTime.read(item["date_created"])
    event.providerUpdatedAt = FeedTime.read(item["date_updated"])
    if state.isOver { event.resolvedAt = event.providerUpdatedAt }
    event.components = (item["services"]?.elements ?? []).compactMap { ProviderComponent(id: nil, called: $0.string ?? $0["name"]?.string) }
    event.regions = event.components.compactMap { Places.region($0.name) }
    event.updates = (item["notes"]?.elements ?? []).map { row in
      ProviderUpdate(
        id: row["id"]?.identifier, text: PlainText.update(row["body"]?.string ?? ""), at: FeedTime.read(row["date_created"]))
    }
    event.url = item["url"]?.string
    event.raw = item
    return event
  }
}
