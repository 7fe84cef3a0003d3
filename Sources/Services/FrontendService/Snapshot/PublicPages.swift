import HTTPServer
import HTTPTypes
import Logging
import Messaging
import Reactor
import ServiceClients
import ServiceRuntime
import Signing
import StatusModel
import Synchronization

/// The public pages of this replica, in memory. Read anew when the bus says that something changed and every minute; while comms or Redis is
/// away they go on as they last were, and say so. A request costs no command and, for the status page, no rendering.
final class PublicPages: Sendable {
  struct Key: Hashable, Sendable {
    let path: String
    let language: Language
    let isChosen: Bool
  }

  struct Snapshot: Sendable {
    var data: PublicData
    /// When it was last known to be the truth; epoch seconds, as all here.
    var confirmedAt: Int
    /// When what it shows last changed.
    var changedAt: Int
    var staleSince: Int?
    var number: Int
    /// The day it was made for: bars and lists of days move with it.
    var day: Day
  }

  private struct State {
    var snapshot: Snapshot?
    var pages: [Key: Prepared] = [:]
    var documents: [String: Prepared] = [:]
  }

  let live = LiveStream()
  /// Whose days and clocks the pages show.
  let zone: PageZone
  private let node: Node
  private let comms: CommsClient
  private let renderer: Renderer
  private let export: StaticExport?
  private let watcher: Watcher
  private let state = Mutex(State())

  /// comms may learn of an event after we do: it is asked again.
  private static let secondLook = Duration.milliseconds(600)
  private static let burst = Duration.milliseconds(60)
  /// How often comms is asked whether anything is new, and whether it is there.
  private static let probe = Duration.seconds(10)
  /// How often all is read anew, in seconds.
  private static let renewal = 60
  /// Pages kept at most: an address that names no page is not kept.
  private static let pageLimit = 4_000

  init(_ node: Node, comms: CommsClient, renderer: Renderer, export: StaticExport?) {
    self.node = node
    self.comms = comms
    self.renderer = renderer
    self.export = export
    watcher = node.watcher
    zone = PageZone(node.configuration.text("PAGE_TIME_ZONE"))
  }

  var isReady: Bool { state.withLock { $0.snapshot != nil } }

  // MARK: - Answering

  /// The page as it was last made. `make` gives its HTML, or nil when there is no such page. Throws `.unavailable` before the first reading.
  func answer(_ request: Request, path: String, _ make: (Snapshot, PageContext) -> String?) throws(Failure) -> Response {
    let chosen = request.rawQuery == nil ? nil : request.query["lang"].flatMap(Language.init)
    let language = chosen ?? Language(accepting: request.header(.acceptLanguage))
    let key = Key(path: path, language: language, isChosen: chosen != nil)
    let (snapshot, known) = state.withLock { ($0.snapshot, $0.pages[key]) }
    guard let snapshot else { throw Self.notReady }
    if let known { return aged(known.response(to: request), snapshot) }
    guard let html = make(snapshot, setting(snapshot, key)) else { throw .notFound("There is no such page. It may have been taken away.") }
    let made = prepare(html)
    state.withLock { state in
      if state.snapshot?.number == snapshot.number, state.pages.count < Self.pageLimit { state.pages[key] = made }
    }
    return aged(made.response(to: request), snapshot)
  }

  /// A feed or a Statuspage document. Throws `.notFound` when comms has none.
  func document(_ request: Request, path: String) throws(Failure) -> Response {
    let (snapshot, known) = state.withLock { ($0.snapshot, $0.documents[path]) }
    guard let snapshot else { throw Self.notReady }
    guard let known else { throw .notFound("There is no such document.") }
    return aged(known.response(to: request), snapshot)
  }

  /// For pages that are not kept but show what the public may know.
  func current() throws(Failure) -> Snapshot {
    guard let snapshot = state.withLock({ $0.snapshot }) else { throw Self.notReady }
    return snapshot
  }

  var siteName: String { state.withLock { $0.snapshot?.data.siteName } ?? "PolyStatus" }

  private func aged(_ answer: Response, _ snapshot: Snapshot) -> Response {
    guard let since = snapshot.staleSince else { return answer }
    var answer = answer
    answer.headerFields[.age] = String(max(0, Int(node.clock() / 1000) - since))
    return answer
  }

  private func setting(_ snapshot: Snapshot, _ key: Key) -> PageContext {
    let links = Links(language: key.language, form: key.isChosen ? .chosen : .plain)
    return PageContext(links: links, site: snapshot.data.siteName ?? "PolyStatus", staleSince: snapshot.staleSince, zone: zone)
  }

  private func prepare(_ html: String) -> Prepared {
    let bytes = Array(html.utf8)
    var fields = renderer.security.fields
    fields[.cacheControl] = "public, max-age=5, stale-while-revalidate=60, stale-if-error=86400"
    fields[.vary] = "Accept-Language"
    return Prepared(bytes, contentType: SecurityFields.html, tag: Self.tag(bytes), headerFields: fields)
  }

  private static func tag(_ bytes: [UInt8]) -> String { String(SHA256.hex(bytes).prefix(20)) }
  private static let notReady = Failure.unavailable("The status has not been read yet. Try again in a moment.", retryAfter: 2)

  // MARK: - Following

  /// Until cancelled, on a loop.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.follow() }
      group.addTask { await self.compare() }
    }
  }

  private func follow() async {
    while !Task.isCancelled {
      let (calls, caller) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
      await withDiscardingTaskGroup { group in
        group.addTask { [watcher] in
          for await event in watcher.subscribe() {
            if case .entry(let entry) = event, Self.concerns(entry.message.name) { caller.yield() }
          }
          caller.finish()
        }
        for await _ in calls {
          for pause in [Self.burst, Self.secondLook] {
            guard (try? await EventLoop.current.sleep(for: pause)) != nil else { break }
            await reload()
          }
        }
        group.cancelAll()
      }
      try? await EventLoop.current.sleep(for: .seconds(1))
    }
  }

  /// What a change of the public pages is called.
  static func concerns(_ event: String) -> Bool {
    ["announcement.", "component.", "maintenance.", "banner.", "incident."].contains { event.hasPrefix($0) }
  }

  private func compare() async {
    var probed: [UInt8]?
    while !Task.isCancelled {
      do {
        let answer = try await comms.document(Self.probePath)
        let now = Int(node.clock() / 1000)
        let snapshot = state.withLock { $0.snapshot }
        if let age = answer?.age, age > 0, snapshot != nil {
          await becomeStale(since: now - age)
        } else if snapshot == nil || snapshot?.staleSince != nil || answer?.bytes != probed
          || now - (snapshot?.confirmedAt ?? 0) >= Self.renewal
          || snapshot?.day != Day(of: now, in: zone)
        {
          await reload()
        }
        probed = answer?.bytes
      } catch {
        await becomeStale(since: nil)
      }
      let pause = isReady ? Self.probe : .milliseconds(200)
      guard (try? await EventLoop.current.sleep(for: pause)) != nil else { return }
    }
  }

  private static let probePath = "/api/v1/public/status"

  /// Reads all; what cannot be read leaves the pages as they are, and old.
  func reload() async {
    do {
      let data = try await PublicData.read(comms)
      let now = Int(node.clock() / 1000)
      let known = state.withLock { state -> Snapshot? in
        state.snapshot?.confirmedAt = now
        return state.snapshot
      }
      if let known, known.staleSince == nil, known.data == data, known.day == Day(of: now, in: zone) { return }
      let changedAt = known.map { $0.data == data ? $0.changedAt : now } ?? now
      await show(
        Snapshot(
          data: data, confirmedAt: now, changedAt: changedAt, staleSince: nil, number: (known?.number ?? 0) + 1,
          day: Day(of: now, in: zone)))
    } catch {
      await becomeStale(since: nil)
    }
  }

  /// `since` nil: since the last reading.
  private func becomeStale(since: Int?) async {
    guard var snapshot = state.withLock({ $0.snapshot }) else { return }
    let since = since ?? snapshot.confirmedAt
    if let known = snapshot.staleSince, abs(known - since) <= Self.staleTolerance { return }
    snapshot.staleSince = since
    snapshot.number += 1
    await show(snapshot)
  }

  /// Seconds by which two sayings of one age may differ.
  private static let staleTolerance = 15

  /// Makes the status page in every language, then shows all at once.
  private func show(_ snapshot: Snapshot) async {
    let keys = Language.allCases.flatMap { language in
      [false, true].map { Key(path: "/", language: language, isChosen: $0) }
    }
    let made = try? await node.workers.run { [self] in
      let pages = keys.map { ($0, prepare(renderer.html(StatusPage(snapshot, setting(snapshot, $0))))) }
      let documents = snapshot.data.documents.mapValues { document in
        Prepared(
          document.bytes, contentType: document.contentType, tag: Self.tag(document.bytes), headerFields: Self.documentFields)
      }
      return (pages: Dictionary(uniqueKeysWithValues: pages), documents: documents)
    }
    guard let made else { return }
    state.withLock { state in
      guard state.snapshot?.number ?? 0 < snapshot.number else { return }
      state = State(snapshot: snapshot, pages: made.pages, documents: made.documents)
    }
    live.tell(snapshot.number)
    await export?.write(snapshot, renderer, node)
  }

  private static let documentFields: HTTPFields = [
    .cacheControl: "public, max-age=5, stale-while-revalidate=60, stale-if-error=86400", .accessControlAllowOrigin: "*",
    .xContentTypeOptions: "nosniff",
  ]
}
