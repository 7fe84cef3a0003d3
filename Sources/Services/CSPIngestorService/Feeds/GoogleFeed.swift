import JSONBytes

/// Google Cloud's incidents.json: a list with history, in the schemas of 2020, of 2021 and of today.
enum GoogleFeed {
  static func read(_ root: JSONValue) -> Snapshot {
    var builder = SnapshotBuilder(.google)
    for item in root.elements { builder.add(event(item, &builder)) }
    return builder.finished()
  }

  private static let impacts: [String: Impact] = [
    "service_outage": .major, "service_disruption": .minor, "service_information": .none, "high": .major, "medium": .minor, "low": .none,
  ]
  private static let statuses: [String: EventState] = [
    "available": .monitoring, "service_outage": .investigating, "service_disruption": .investigating, "service_information": .investigating,
  ]

  private static func event(_ item: JSONValue, _ builder: inout SnapshotBuilder) -> ProviderEvent? {
    guard let id = identifier(item) else { return nil }
    let end = FeedTime.read(item["end"])
    let latest = item["most_recent_update"] ?? item["most-recent-update"]
    let state = end == nil ? builder.known(latest?["status"], "status", statuses) ?? .investigating : .resolved
    let impact = builder.known(item["status_impact"] ?? item["severity"], "impact", impacts)
    var event = ProviderEvent(
      externalID: id, kind: .incident, state: state, impact: impact ?? .minor, title: title(item["external_desc"]?.string ?? ""))
    event.startedAt = [item["begin"], item["created"]].compactMap { FeedTime.read($0) }.min()
    event.resolvedAt = end
    event.components = components(item)
    event.regions = regions(item, isOver: end != nil)
    event.updates = (item["updates"]?.elements ?? []).map(update)
    event.url = item["uri"]?.string.map { "https://status.cloud.google.com/\($0.hasPrefix("/") ? String($0.dropFirst()) : $0)" }
    event.providerUpdatedAt = FeedTime.read(item["modified"])
    event.raw = item
    return event
  }

  /// Numbers repeat: without an id it takes the service's key too.
  private static func identifier(_ item: JSONValue) -> String? {
    if let id = item["id"]?.identifier { return id }
    guard let key = item["service_key"]?.identifier, let number = item["number"]?.identifier else { return nil }
    return "\(key)/\(number)"
  }

  /// The first line that says something.
  private static func title(_ description: String) -> String {
    for line in description.split(whereSeparator: \.isNewline) {
      let bare = line.replacing("**Title:**", with: "").replacing("**", with: "")
      let title = PlainText.title(String(bare))
      if !title.isEmpty { return title }
    }
    return ""
  }

  private static func components(_ item: JSONValue) -> [ProviderComponent] {
    let products = (item["affected_products"]?.elements ?? []).compactMap { row in
      ProviderComponent(id: row["id"]?.identifier, called: row["title"]?.string)
    }
    guard products.isEmpty else { return products }
    return [ProviderComponent(id: item["service_key"]?.identifier, called: item["service_name"]?.string)].compactMap { $0 }
  }

  /// Now while open, before when over; the other list when that one is empty.
  private static func regions(_ item: JSONValue, isOver: Bool) -> [String] {
    let now = locations(item["currently_affected_locations"])
    let before = locations(item["previously_affected_locations"])
    return isOver ? (before.isEmpty ? now : before) : (now.isEmpty ? before : now)
  }

  private static func locations(_ list: JSONValue?) -> [String] {
    (list?.elements ?? []).compactMap { $0["id"]?.identifier ?? $0["title"]?.string.map(PlainText.slug) }
  }

  private static func update(_ row: JSONValue) -> ProviderUpdate {
    ProviderUpdate(
      state: row["status"]?.string.map(SnapshotBuilder.normal), text: PlainText.update(row["text"]?.string ?? ""),
      at: FeedTime.read(row["when"]) ?? FeedTime.read(row["created"]))
  }
}
