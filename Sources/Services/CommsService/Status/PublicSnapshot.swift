import JSONBytes

/// All that the public may see, as it was at one moment.
struct PublicSnapshot: Sendable {
  /// Milliseconds since the epoch.
  let madeAt: Int64
  let records: PublicRecords
  /// Components' keys by their lower-cased form.
  let componentKeys: [String: String] = [:]

  /// Epoch seconds.
  var now: Int { Int(madeAt / 1000) }

  func incident(_ id: String) -> PublicIncident? { records.incidents.first { $0.id == id } }

  /// In the public order.
  var currentIncidents: [PublicIncident] {
    records.incidents.filter { $0.isCurrent(at: now) }.sorted(by: PublicIncident.comesBefore)
  }

  /// The latest start first.
  var history: [PublicIncident] {
    Array(records.incidents.sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }.prefix(StatusBounds.history))
  }
}

/// What is answered from memory.
enum PublicDocument: Int, CaseIterable, Sendable {
  case status, incidents

  var contentType: String { "application/json" }

  func bytes(_ snapshot: PublicSnapshot) -> [UInt8] {
    switch self {
    case .status: JSONValue.array(snapshot.currentIncidents.map { $0.statusEntry(snapshot.componentKeys) }).bytes
    case .incidents: JSONValue.array(snapshot.history.map { $0.detail(snapshot.componentKeys) }).bytes
    }
  }
}
