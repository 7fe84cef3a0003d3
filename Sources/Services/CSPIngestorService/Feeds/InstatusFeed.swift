import JSONBytes

/// Instatus, `/v3/summary.json` or the data its page embeds (`site`). Lists are left out when they are empty.
enum InstatusFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.instatus, absence: .all)
    let site = root["site"] ?? .null
    builder.page(id: site["id"]?.identifier)
    let rows = builder.list(root["components"] ?? site["components"])
    builder.components(rows.compactMap { component($0, &builder) })
    for item in builder.list(root["activeIncidents"] ?? site["activeIncidents"]) {
      builder.add(event(item, isMaintenance: false, &builder))
    }
    for item in builder.list(root["activeMaintenances"] ?? site["activeMaintenances"]) {
      builder.add(event(item, isMaintenance: true, &builder))
    }
    return builder.finished()
  }

  static let pageStates: Set<String> = ["UP", "HASISSUES", "UNDERMAINTENANCE"]

  private static let impacts: [String: Impact] = [
    "operational": .none, "undermaintenance": .none, "degradedperformance": .minor, "minoroutage": .minor, "partialoutage": .major,
    "majoroutage": .critical,
  ]
  private static let componentStatuses: [String: ComponentStatus] = [
    "operational": .operational, "undermaintenance": .underMaintenance, "degradedperformance": .degradedPerformance,
    "minoroutage": .degradedPerformance, "partialoutage": .partialOutage, "majoroutage": .majorOutage,
  ]
  private static let states: [String: EventState] = [
    "investigating": .investigating, "identified": .identified, "monitoring": .monitoring, "resolved": .resolved,
    "notstartedyet": .scheduled, "scheduled": .scheduled, "inprogress": .inProgress, "verifying": .verifying, "completed": .completed,
  ]

  private static func component(_ row: JSONValue, _ builder: inout SnapshotBuilder) -> ProviderComponent? {
    guard row["isParent"]?.bool != true else { return nil }
    let status = builder.known(row["status"], "component status", componentStatuses)
    return ProviderComponent(id: row["id"]?.identifier, called: text(row["name"]), group: text(row["group"]?["name"]), status: status)
  }

  private static func event(_ item: JSONValue, isMaintenance: Bool, _ builder: inout SnapshotBuilder) -> ProviderEvent? {
    let title = PlainText.title(text(item["name"]) ?? "")
    // The v3 summary gives no id, but the address of the event's page, which ends in it.
    let url = item["url"]?.string
    guard let id = item["id"]?.identifier ?? url.flatMap({ $0.split(separator: "/").last.map(String.init) }) else { return nil }
    let components = (item["components"]?.elements ?? []).compactMap { component($0, &builder) }
    let stated = builder.known(item["status"], "status", states)
    let state = isMaintenance ? stated?.ofMaintenance ?? .scheduled : stated ?? .investigating
    let own = builder.known(item["impact"], "impact", impacts)
    let worst = (components.compactMap(\.status?.impact) + [own].compactMap { $0 }).max()
    var event = ProviderEvent(
      externalID: id, kind: isMaintenance ? .maintenance : .incident, state: state,
      impact: isMaintenance ? .maintenance : worst ?? .minor, title: title)
    event.impactEnded = state.isOver
    let start = FeedTime.read(item["started"]) ?? FeedTime.read(item["start"])
    event.startedAt = start
    if isMaintenance {
      event.scheduledFor = start
      let minutes = item["duration"]?.code.flatMap { 0...longestWindow ~= $0 ? $0 : nil }
      event.scheduledUntil = FeedTime.read(item["end"]) ?? start.flatMap { start in minutes.map { start + $0 * 60 } }
    }
    if state.isOver { event.resolvedAt = FeedTime.read(item["resolved"]) }
    event.components = components
    event.regions = components.compactMap { Places.region($0.name) ?? $0.group.flatMap(Places.region) }
    event.updates = (item["updates"]?.elements ?? []).map { row in
      ProviderUpdate(
        id: row["id"]?.identifier, state: row["status"]?.string.map(SnapshotBuilder.normal),
        text: PlainText.update(text(row["message"]) ?? text(row["messageHtml"]) ?? ""),
        at: FeedTime.read(row["started"]) ?? FeedTime.read(row["createdAt"]))
    }
    event.url = url
    event.providerUpdatedAt = FeedTime.read(item["updatedAt"]) ?? event.updates.compactMap(\.at).max()
    event.raw = item
    return event
  }

  /// Of a planned maintenance, in minutes: a year.
  private static let longestWindow = 527_040

  /// A text, or one for each language.
  private static func text(_ value: JSONValue?) -> String? { value?.string ?? value?["en"]?.string ?? value?["default"]?.string }
}
