import JSONBytes
import Messaging
import RedisClient
import StatusModel
import Synchronization

/// Keeps the rows of all incidents in this process as they change, and counts them.
final class IncidentMetrics: Sendable {
  private struct State {
    var rows = IncidentRows()
    /// Of the last change that is in the rows; nil before all were read.
    var revision: Int?
  }
  private let store: IncidentsStore
  private let state = Mutex(State())

  private static let batch = 500
  /// Groups that are answered, the first.
  static let groupLimit = 1000

  init(_ store: IncidentsStore) { self.store = store }

  func follower(_ watcher: Watcher) -> Follower {
    Follower(watcher, concerns: { $0.hasPrefix("incident.") }, rebuild: catchUp)
  }

  /// Reads what has changed since; at first, and when Redis has lost something, all. Throws `.unavailable`.
  func catchUp() async throws {
    if let revision = state.withLock({ $0.revision }), try await readChanges(after: revision) { return }
    try await readAll()
  }

  /// False when the rows do not fit to what there is.
  private func readChanges(after revision: Int) async throws(Failure) -> Bool {
    var revision = revision
    while true {
      let page = try await store.rows(changedAfter: revision, atMost: Self.batch)
      guard page.revision >= revision else { return false }
      revision = max(revision, page.last)
      state.withLock { state in
        for (id, facts) in page.items { state.rows.put(id, facts) }
        state.revision = revision
      }
      if page.items.count < Self.batch { return state.withLock { $0.rows.count } == page.count }
    }
  }

  private func readAll() async throws(Failure) {
    var rows = IncidentRows()
    var revision: Int?
    var start = 0
    while true {
      let page = try await store.rows(from: start, atMost: Self.batch)
      // The first page's: what changes while the others are read is read again.
      revision = revision ?? page.revision
      for (id, facts) in page.items { rows.put(id, facts) }
      start += page.items.count
      if page.items.count < Self.batch { break }
    }
    state.withLock { $0 = State(rows: rows, revision: revision) }
    _ = try await readChanges(after: revision ?? 0)
  }

  /// See `IncidentRows.groups`; none before the rows were read.
  func groups(by grouping: IncidentRows.Grouping, _ range: ClosedRange<Int>) -> [IncidentRows.Group] {
    state.withLock { $0.rows }.groups(by: grouping, range)
  }

  /// As it is sent. Throws `.unavailable` while the incidents are being read for the first time.
  func counted(_ query: MetricsQuery) throws(Failure) -> JSONValue {
    guard state.withLock({ $0.revision }) != nil else { throw .unavailable("The incidents are being read. Try again.", retryAfter: 1) }
    let groups = groups(by: query.grouping, (query.from ?? 0)...(query.to ?? .max))
    func optional(_ time: Int?) -> JSONValue { time.map { .integer($0) } ?? .null }
    return [
      "group": .string(query.grouping.rawValue), "from": optional(query.from), "to": optional(query.to),
      "groups": .array(groups.prefix(Self.groupLimit).map(Self.json)),
    ]
  }

  private static func json(_ group: IncidentRows.Group) -> JSONValue {
    [
      "key": group.key.map { .string($0) } ?? .null, "count": .integer(group.count), "unresolved": .integer(group.unresolved),
      "mtta": json(group.acknowledge), "time_to_mitigate": json(group.mitigate), "mttr": json(group.resolve),
    ]
  }

  private static func json(_ figures: IncidentRows.Figures) -> JSONValue {
    [
      "count": .integer(figures.count), "mean": figures.mean.map { .integer(Int($0.rounded())) } ?? .null,
      "median": figures.median.map { .integer(Int($0.rounded())) } ?? .null, "p90": figures.p90.map { .integer($0) } ?? .null,
    ]
  }
}

extension IncidentsStore {
  private static let rowsScript = RedisScript(name: "incidents.rows", source: Embedded.rowsLua)

  struct RowsPage: Sendable {
    /// Of the last change there is.
    var revision: Int
    /// Incidents there are.
    var count: Int
    /// Of the last change that is answered; 0 without one.
    var last: Int
    var items: [(id: String, facts: IncidentRows.Facts)]
  }

  /// The facts of the incidents, in order of their start, from the `start`-th on.
  func rows(from start: Int, atMost count: Int) async throws(Failure) -> RowsPage { try await rows("all", start, count) }

  /// The facts of the incidents that were changed after a revision, in order of the change.
  func rows(changedAfter revision: Int, atMost count: Int) async throws(Failure) -> RowsPage {
    try await rows("changes", revision, count)
  }

  private func rows(_ kind: RedisArgument, _ start: Int, _ count: Int) async throws(Failure) -> RowsPage {
    let answer = try await read(Self.rowsScript, [kind, .integer(start), .integer(count)])
    guard answer.count >= 3, let revision = answer[0].int, let total = answer[1].int, let last = answer[2].int else { throw .defect }
    var page = RowsPage(revision: revision, count: total, last: last, items: [])
    for place in stride(from: 3, to: answer.count - 6, by: 7) {
      let texts = answer[place..<(place + 7)].map { $0.string ?? "" }
      guard let startedAt = Int(texts[1]), let severity = Int(texts[2]) else { throw .defect }
      let services = (try? JSONValue(parsing: texts[3]))?.array?.compactMap(\.string) ?? []
      let facts = IncidentRows.Facts(
        startedAt: startedAt, severity: severity, services: services, acknowledgedAt: Int(texts[4]), mitigatedAt: Int(texts[5]),
        resolvedAt: Int(texts[6]))
      page.items.append((texts[0], facts))
    }
    return page
  }
}
