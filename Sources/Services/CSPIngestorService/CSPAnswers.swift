import JSONBytes

// What is sent of a provider and of reports.

extension CSPStore.Provider {
  /// The worst that lasts; notices and maintenance do not count.
  var state: String {
    if poll.isUnknown { return "unknown" }
    let lasting = active.filter { $0.known.kind == .incident || $0.known.kind == .probe }
    return lasting.map(\.known.impact).max()?.rawValue ?? "operational"
  }

  var isSuspected: Bool { active.contains { CrowdReports.isOurs($0.known.externalID) } }

  var json: JSONObject {
    JSONObject(
      settings.members + [
        ("state", .string(state)), ("suspected", .bool(isSuspected)),
        ("in_maintenance", .bool(active.contains { $0.known.kind == .maintenance })), ("active_events", .integer(active.count)),
        ("created_at", .integer(createdAt)), ("version", .integer(version)), ("health", poll.health),
      ])
  }

  /// With the components as the feed last listed them.
  var detail: JSONObject {
    var json = json
    json["feed_components"] = .array(components)
    return json
  }
}

extension CrowdReports.Counts {
  /// With every five minutes of the last day in which there were reports.
  func json(of provider: String, at now: Int, threshold: Int) -> JSONValue {
    let buckets = Dictionary(grouping: rows, by: \.at).sorted { $0.key < $1.key }.map { at, rows -> JSONValue in
      [
        "at": .integer(at), "count": .integer(rows.reduce(0) { $0 + $1.count }), "kinds": Self.sums(rows, by: \.kind),
        "regions": Self.sums(rows.filter { !$0.region.isEmpty }, by: \.region),
      ]
    }
    return [
      "provider": .string(provider), "suspected": .bool(isSuspicious(at: now, threshold: threshold)),
      "reporters_15_min": .integer(reporters),
      "counts": .array(buckets),
    ]
  }

  private static func sums(_ rows: [Row], by member: KeyPath<Row, String> & Sendable) -> JSONValue {
    let sums = Dictionary(grouping: rows) { $0[keyPath: member] }.mapValues { $0.reduce(0) { $0 + $1.count } }
    return .object(JSONObject(sums.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }))
  }
}
