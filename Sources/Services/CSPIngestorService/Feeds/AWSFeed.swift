import JSONBytes

/// The AWS Health dashboard's currentevents. Numbers are texts or integers.
enum AWSFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.aws, absence: .all)
    for item in root.elements { builder.add(event(item, &builder)) }
    return builder.finished()
  }

  static let impacts: [String: Impact] = ["0": .none, "1": .none, "2": .minor, "3": .major]
  static let componentStatuses: [String: ComponentStatus] = [
    "0": .operational, "1": .operational, "2": .degradedPerformance, "3": .partialOutage,
  ]

  /// Of a summary, without `[RESOLVED]`.
  static func title(_ summary: String) -> String {
    var title = PlainText.title(summary)
    if let mark = PlainText.end(of: "[resolved]", in: Array(title.utf8), from: 0) {
      let bytes = Array(title.utf8)
      title = PlainText.title(String(decoding: bytes[..<(mark - 10)] + bytes[mark...], as: UTF8.self))
    }
    return title
  }

  private static func event(_ item: JSONValue, _ builder: inout SnapshotBuilder) -> ProviderEvent? {
    let log = item["event_log"]?.elements ?? []
    let service = item["service"]?.identifier
    let firstLogged = log.compactMap { FeedTime.read($0["timestamp"]) }.min()
    guard let id = item["arn"]?.identifier ?? service.flatMap({ service in firstLogged.map { "\(service):\($0)" } }) else { return nil }
    let end = FeedTime.read(item["end_time"])
    let isOver = end != nil || item["status"]?.code == 0
    let components = components(item, isOver: isOver)
    var event = ProviderEvent(
      externalID: id, kind: .incident, state: isOver ? .resolved : .investigating, impact: impact(item, isOver: isOver, &builder),
      title: title(item["summary"]?.string ?? ""))
    event.impactEnded = isOver
    event.startedAt = FeedTime.read(item["date"]) ?? firstLogged
    event.updates = log.map { row in
      ProviderUpdate(
        state: row["status"]?.identifier, text: PlainText.update(row["message"]?.string ?? row["summary"]?.string ?? ""),
        at: FeedTime.read(row["timestamp"]))
    }
    if isOver { event.resolvedAt = end ?? event.updates.compactMap(\.at).max() }
    event.components = components.isEmpty ? [ownService(item)].compactMap { $0 } : components
    event.regions = [region(item, service)]
    event.providerUpdatedAt = event.updates.compactMap(\.at).max()
    event.raw = item
    return event
  }

  static func ownService(_ item: JSONValue) -> ProviderComponent? {
    ProviderComponent(id: item["service"]?.identifier, called: item["service_name"]?.string ?? item["service"]?.identifier)
  }

  /// By the status; when over, the worst it had been.
  private static func impact(_ item: JSONValue, isOver: Bool, _ builder: inout SnapshotBuilder) -> Impact {
    guard isOver else { return builder.known(item["status"], "status", impacts) ?? .minor }
    let logged = (item["event_log"]?.elements ?? []).map { $0["status"] }
    let services = (item["impacted_services"]?.object?.members ?? []).map { $0.value["max"] }
    var worst = Impact.none
    for status in logged + services { worst = max(worst, builder.known(status, "status", impacts) ?? .none) }
    return worst
  }

  /// Those that are hit, when over those that were; while open the latest change of each is later than the list.
  private static func components(_ item: JSONValue, isOver: Bool) -> [ProviderComponent] {
    var rows: [(id: String, name: String?, status: Int?)] = (item["impacted_services"]?.object?.members ?? []).map { member in
      (member.name, member.value["service_name"]?.string, member.value[isOver ? "max" : "current"]?.code)
    }
    if !isOver {
      let changes = item["impacted_service_status_changes"]?.elements ?? []
      var places = Dictionary(rows.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
      for change in changes.sorted(by: { (FeedTime.read($0["timestamp"]) ?? 0) < (FeedTime.read($1["timestamp"]) ?? 0) }) {
        guard let id = change["service"]?.identifier, let status = change["current_status"]?.code else { continue }
        if let place = places[id] {
          rows[place].status = status
        } else {
          places[id] = rows.count
          rows.append((id, change["service_name"]?.string, status))
        }
      }
    }
    return rows.filter { $0.status != 0 }.compactMap { row in
      let status = isOver ? ComponentStatus.operational : row.status.flatMap { componentStatuses[String($0)] }
      return ProviderComponent(id: row.id, called: row.name ?? row.id, status: status)
    }
  }

  /// Of the arn, else of the service's name, else global.
  private static func region(_ item: JSONValue, _ service: String?) -> String {
    let parts = item["arn"]?.string?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    if parts.count > 4, parts[0] == "arn", !parts[3].isEmpty { return parts[3].lowercased() }
    return service.flatMap(Places.suffix) ?? "global"
  }
}

/// AWS's `data.json`, retired in 2023: kept for recordings. Items bear no id and their date is revised: `refresh` finds the event of the
/// series an item belongs to. The archive is history and not read.
enum AWSRetiredFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.aws, absence: .all)
    for item in builder.list(root["current"]) { builder.add(event(item, &builder)) }
    return builder.finished()
  }

  private static func event(_ item: JSONValue, _ builder: inout SnapshotBuilder) -> ProviderEvent? {
    guard let service = item["service"]?.identifier, let date = FeedTime.read(item["date"]) else { return nil }
    let isOver = item["status"]?.code == 0
    let impact = builder.known(item["status"], "status", AWSFeed.impacts) ?? .minor
    var event = ProviderEvent(
      externalID: "\(service):\(date)", series: service, kind: .incident, state: isOver ? .resolved : .investigating, impact: impact,
      title: AWSFeed.title(item["summary"]?.string ?? ""))
    event.impactEnded = isOver
    event.startedAt = date
    event.components = [AWSFeed.ownService(item)].compactMap { $0 }
    event.regions = [Places.suffix(ofService: service) ?? "global"]
    let text = PlainText.update(item["description"]?.string ?? item["details"]?.string ?? "")
    if !text.isEmpty { event.updates = [ProviderUpdate(state: item["status"]?.identifier, text: text)] }
    event.raw = item
    return event
  }
}
