import HTTPServer
import HTTPTypes
import Logging
import Messaging
import Reactor
import Signing
import StatusModel
import Synchronization

/// The public answers of this replica, in memory: read anew when something changes, rendered at the first request for each, and answered
/// as they last were while Redis is away.
final class PublicStatus: Sendable {
  private let store: PublicStore
  private let watcher: Watcher
  /// Milliseconds since the epoch.
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var snapshot: PublicSnapshot?
    var prepared = [Prepared?](repeating: nil, count: PublicDocument.allCases.count)
    /// When the snapshot was last known to be the truth, in milliseconds since the epoch.
    var confirmedAt: Int64 = 0
    var isStale = false
  }

  /// How often the count of changes is compared, should the bus have been missed.
  private static let tick = Duration.seconds(5)
  /// How often all is read anew, in milliseconds: time alone changes what is shown.
  private static let renewal: Int64 = 60_000

  init(_ store: PublicStore, _ watcher: Watcher, clock: @escaping @Sendable () -> Int64, logger: Logger) {
    self.store = store
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
    let (snapshot, known, staleSince) = state.withLock { state in
      (state.snapshot, state.prepared[document.rawValue], state.isStale ? state.confirmedAt : nil)
    }
    guard let snapshot else { throw Self.notReady }
    if let known { return (known, staleSince) }
    let bytes = document.bytes(snapshot)
    let made = Prepared(bytes, contentType: document.contentType, tag: Self.tag(bytes), headerFields: Self.fields)
    state.withLock { state in
      if state.snapshot?.madeAt == snapshot.madeAt { state.prepared[document.rawValue] = made }
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
  private static let notReady = Failure.unavailable("The public status has not been read yet; the store is away. Try again.", retryAfter: 2)

  private static func tag(_ bytes: [UInt8]) -> String { String(SHA256.hex(bytes).prefix(20)) }

  // MARK: Reading

  /// Reads until cancelled. Runs on a loop.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.follow() }
      group.addTask { await self.compare() }
    }
  }

  /// What was just changed here is shown at once. Where that fails, the bus and the clock see to it.
  func refresh() async {
    do { try await read() } catch { state.withLock { $0.isStale = true } }
  }

  private func follow() async {
    while !Task.isCancelled {
      let events = watcher.subscribe()
      await refresh()
      for await event in events {
        switch event {
        case .entry(let entry): if Self.concerns(entry.message.name) { await refresh() }
        case .gap: await refresh()
        case .quiet: break
        }
      }
    }
  }

  /// What a change of the public status is called.
  static func concerns(_ event: String) -> Bool {
    ["announcement.", "component.", "maintenance.", "banner."].contains { event.hasPrefix($0) }
  }

  private func compare() async {
    while !Task.isCancelled {
      do {
        let known = state.withLock { $0.snapshot.map { (revision: $0.records.revision, madeAt: $0.madeAt) } }
        let isNew = try await store.revision() != known?.revision
        if isNew || clock() - (known?.madeAt ?? 0) >= Self.renewal { try await read() } else { confirm() }
      } catch {
        state.withLock { $0.isStale = true }
      }
      guard (try? await EventLoop.current.sleep(for: Self.tick)) != nil else { return }
    }
  }

  private func read() async throws {
    let now = clock()
    let records = try await store.snapshot(at: Int(now / 1000))
    let isLate = state.withLock { state in
      state.isStale = false
      state.confirmedAt = max(state.confirmedAt, now)
      if let known = state.snapshot, (known.records.revision, known.madeAt) > (records.revision, now) { return true }
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

extension HTTPTypes.HTTPField.Name {
  /// While the store is away: when the answer was last known to hold, ISO 8601.
  static let dataAsOf = Self("X-Data-As-Of")!
}
