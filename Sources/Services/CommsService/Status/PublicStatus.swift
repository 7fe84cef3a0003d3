import HTTPServer
import HTTPTypes
import JSONBytes
import Logging
import Messaging
import Reactor
import ServiceRuntime
import Signing
import StatusModel
import Synchronization

/// The public answers of this replica, in memory: read anew when something changes, rendered at the first request for each, and answered
/// as they last were while Redis is away.
final class PublicStatus: Sendable {
  private let store: PublicStore
  private let components: ComponentsStore
  private let page: PageFacts
  private let watcher: Watcher
  /// Milliseconds since the epoch.
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let state = Mutex(State())

  fileprivate struct State {
    var snapshot: PublicSnapshot?
    var prepared = [Prepared?](repeating: nil, count: PublicDocument.allCases.count)
    /// When the snapshot was last known to be the truth, in milliseconds since the epoch.
    var confirmedAt: Int64 = 0
    var isStale = false
    /// What was noted of each component (by id) in the last 400 days, oldest first.
    var changes: [String: [StatusChange]] = [:]
    /// Of the last of them, in epoch seconds; 0 before the first reading.
    var changedAt = 0
    var days: (today: Int, table: (dates: [String], starts: [Int]))?
  }

  /// How often the count of changes is compared, should the bus have been missed.
  private static let tick = Duration.seconds(5)

  init(
    _ store: PublicStore, _ components: ComponentsStore, _ page: PageFacts, _ watcher: Watcher, clock: @escaping @Sendable () -> Int64,
    logger: Logger
  ) {
    self.store = store
    self.components = components
    self.page = page
    self.watcher = watcher
    self.clock = clock
    self.logger = logger
  }

  // MARK: Answering

  /// Throws `.unavailable` before the first reading.
  func answer(_ document: PublicDocument, to request: Request) throws(Failure) -> Response {
    let (prepared, staleSince) = try prepared(document)
    var answer = prepared.response(to: request)
    if let staleSince { mark(&answer, asOf: staleSince) }
    return answer
  }

  /// A part of a list, as the query asks for it. Throws `.invalid`, and `.unavailable` before the first reading.
  func answer(_ document: PublicDocument, pageOf request: Request) throws(Failure) -> Response {
    guard let query = request.rawQuery, !query.isEmpty, let items = document.items(try current()) else {
      return try answer(document, to: request)
    }
    let page = try request.page()
    let part = items.dropFirst(page.startIndex).prefix(page.maxResults).map(\.bytes)
    var answer = Response.list(part, page: page, total: items.count, of: request)
    if !document.isPublic {
      for field in Self.privateFields { answer.headerFields.append(field) }
      return answer
    }
    if case .bytes(let bytes) = answer.body { answer.headerFields[.eTag] = "\"\(Self.tag(bytes))\"" }
    return marked(answer, for: request)
  }

  /// Something made for this request alone: with the headers of public answers and an entity tag of its content.
  func answer(_ bytes: [UInt8], contentType: String = "application/json", to request: Request) -> Response {
    var answer = Response(contentType: contentType, bytes)
    answer.headerFields[.eTag] = "\"\(Self.tag(bytes))\""
    return marked(answer, for: request)
  }

  /// With the headers of public answers.
  func marked(_ made: Response, for request: Request) -> Response {
    var answer = made
    for field in Self.fields { answer.headerFields.append(field) }
    if let staleSince { mark(&answer, asOf: staleSince) }
    return answer.compressed(for: request).conditional(on: request)
  }

  /// Throws `.unavailable` before the first reading.
  func current() throws(Failure) -> PublicSnapshot {
    guard let snapshot = state.withLock({ $0.snapshot }) else { throw Self.notReady }
    return snapshot
  }

  /// When the store is away: since when, in milliseconds since the epoch.
  private var staleSince: Int64? { state.withLock { $0.isStale ? $0.confirmedAt : nil } }

  private func prepared(_ document: PublicDocument) throws(Failure) -> (Prepared, staleSince: Int64?) {
    let (known, staleSince) = state.withLock { state in
      (state.prepared[document.rawValue], state.isStale ? state.confirmedAt : nil)
    }
    if let known { return (known, staleSince) }
    let snapshot = try current()
    let bytes = document.bytes(snapshot, page)
    var fields = document.isPublic ? Self.fields : Self.privateFields
    if let items = document.items(snapshot) { fields[.totalCount] = String(items.count) }
    let made = Prepared(bytes, contentType: document.contentType, tag: Self.tag(bytes), headerFields: fields)
    state.withLock { state in
      guard let latest = state.snapshot, latest.madeAt == snapshot.madeAt, latest.records.revision == snapshot.records.revision else {
        return
      }
      state.prepared[document.rawValue] = made
    }
    return (made, staleSince)
  }

  private func mark(_ answer: inout Response, asOf milliseconds: Int64) {
    answer.headerFields[.age] = String(max(0, (clock() - milliseconds) / 1000))
    answer.headerFields[.dataAsOf] = ISO8601.text(milliseconds: milliseconds)
  }

  private static let fields: HTTPFields = [
    .cacheControl: "public, max-age=5, stale-while-revalidate=60, stale-if-error=86400", .accessControlAllowOrigin: "*",
  ]
  private static let privateFields: HTTPFields = [.cacheControl: "private, no-cache"]
  private static let notReady = Failure.unavailable("The public status has not been read yet; the store is away. Try again.", retryAfter: 2)

  private static func tag(_ bytes: [UInt8]) -> String { String(SHA256.hex(bytes).prefix(20)) }

  // MARK: Uptime

  /// The last `days` days of a component, as they are sent. Throws `.unavailable` before the first reading.
  func uptime(of component: Component, days count: Int) throws(Failure) -> [UInt8] {
    let now = Int(clock() / 1000)
    let table = days(at: now)
    let changes = state.withLock { $0.changes[component.id] ?? [] }
    let days = UptimeRules.days(
      Array(table.dates.suffix(count)), starts: Array(table.starts.suffix(count + 1)), changes: changes, current: component.status,
      createdAt: component.createdAt, now: now)
    return UptimeRules.json(days, of: component, zone: page.zone.name).bytes
  }

  /// Made once a day.
  private func days(at now: Int) -> (dates: [String], starts: [Int]) {
    let today = page.zone.day(at: now)
    if let days = state.withLock({ $0.days }), days.today == today { return days.table }
    let table = page.zone.last(StatusBounds.days.upperBound, at: now)
    state.withLock { $0.days = (today, table) }
    return table
  }

  // MARK: Reading

  /// Reads until cancelled. Runs on a loop.
  func run() async {
    let follower = Follower(watcher, concerns: Self.concerns) { try await self.rebuild() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await follower.run() }
      group.addTask { await self.compare() }
    }
  }

  /// What was just changed here is shown at once. Where that fails, the bus and the clock see to it.
  func refresh() async {
    do { try await read() } catch { state.withLock { $0.isStale = true } }
  }

  /// The same for what changed without a word on the bus, with what it means for the components.
  func follow() async {
    do { try await rebuild() } catch { state.withLock { $0.isStale = true } }
  }

  /// Reads, and notes what has become of the components.
  private func rebuild() async throws {
    try await read()
    let snapshot = try current()
    let unnoted = snapshot.unnoted
    if !unnoted.isEmpty { try await components.note(unnoted, at: snapshot.records.revision) }
  }

  /// What a change of the public status is called.
  static func concerns(_ event: String) -> Bool {
    ["announcement.", "component.", "maintenance.", "banner."].contains { event.hasPrefix($0) }
  }

  private func compare() async {
    while !Task.isCancelled {
      do {
        let known = state.withLock { $0.snapshot?.records.revision }
        if try await store.revision() != known { try await rebuild() } else { confirm() }
      } catch {
        state.withLock { $0.isStale = true }
      }
      guard (try? await EventLoop.current.sleep(for: Self.tick)) != nil else { return }
    }
  }

  private func read() async throws {
    let now = clock()
    let kept = Int(now / 1000) - StatusBounds.days.upperBound * 86_400
    let since = max(state.withLock { $0.changedAt }, kept)
    let (records, changes) = try await store.snapshot(at: Int(now / 1000), changesSince: since)
    let isLate = state.withLock { state in
      state.isStale = false
      state.confirmedAt = max(state.confirmedAt, now)
      if let known = state.snapshot, (known.records.revision, known.madeAt) > (records.revision, now) { return true }
      state.take(changes, since: since, forgetting: kept)
      state.snapshot = PublicSnapshot(madeAt: now, records: records)
      state.prepared = [Prepared?](repeating: nil, count: PublicDocument.allCases.count)
      return false
    }
    if isLate { logger.debug("a later reading of the public status came first") }
  }

  private func confirm() {
    let now = clock()
    state.withLock { state in
      state.isStale = false
      state.confirmedAt = now
    }
  }
}

extension PublicStatus.State {
  /// `changes` are all at or after `since`; those before `kept` are forgotten.
  fileprivate mutating func take(_ new: [StatusChange], since: Int, forgetting kept: Int) {
    for (id, known) in changes {
      let left = known.filter { $0.at < since && $0.at >= kept }
      changes[id] = left.isEmpty ? nil : left
    }
    for change in new { changes[change.component, default: []].append(change) }
    changedAt = max(changedAt, new.last?.at ?? 0)
  }
}

extension HTTPTypes.HTTPField.Name {
  fileprivate static let totalCount = Self("X-Total-Count")!
  /// While the store is away: when the answer was last known to hold, ISO 8601.
  static let dataAsOf = Self("X-Data-As-Of")!
}
