import JSONBytes
import Messaging
import RedisClient
import ServiceRuntime
import Signing
import StatusModel

/// Providers and events in Redis, and the only file beside the scripts and PollingStore.swift that knows their keys. All begin with
/// `{ns}:csp:`.
///
///     providers                 zset    names by registration (ms)
///     provider:<name>           hash    `settings` (JSON), `version` (grows with every registration), `created_at` (s), `host`; `generation`
///                                       (grows with every commit), `state` (JSON: what the next refresh compares with), `components` (JSON
///                                       array), `poll` (JSON: how polling goes)
///     due                       zset    names by the next poll (ms)
///     busy:<host>               string  the claim under which a host is being asked; expires
///     event:<id>                hash    `json` as it is sent, `memo` (JSON, `TrackedEvent`), `raw` (JSON), `score`, `words`;
///                                       the id is `<provider>:<external id>`
///     all active                zset    event ids by start (s); as in every index
///     from:<name> active:<name> word:<word>
///     work                      zset    events of which incidents is to be told something, by when (ms)
///     partings                  zset    the same of deleted providers: `<incident> <correlation id> <event id>`
///     seeded                    string  there once the providers of the first start were added
///     deciding                  string  who is deciding about incidents; expires
///     sharing:<incident>        set     the events that share an incident
///     reports:<name>            hash    5-minute bucket (s) → reports of visitors; expires after a day
///     reporters:<name>          zset    digests of their addresses by time (s); expires after 15 minutes
///
/// All methods throw `.unavailable` while Redis is away.
struct CSPStore: Sendable {
  let redis: Redis
  let mutations: Mutations
  let namespace: String
  private let cache = ProviderCache()

  /// Events that are over and stand in no current document are forgotten beyond this many a provider, the oldest first.
  static let keptHistory = 500

  init(redis: Redis, mutations: Mutations, namespace: String) {
    self.redis = redis
    self.mutations = mutations
    self.namespace = namespace
  }

  private enum Scripts {
    static let register = MutationScript(name: "csp.register-provider", source: Embedded.registerProviderLua)
    static let commit = MutationScript(name: "csp.commit", source: Embedded.eventIndexLua + "\n" + Embedded.commitLua)
    static let delete = MutationScript(name: "csp.delete-provider", source: Embedded.eventIndexLua + "\n" + Embedded.deleteProviderLua)
    static let load = RedisScript(name: "csp.load", source: Embedded.loadLua)
    static let providers = RedisScript(name: "csp.providers", source: Embedded.providersLua)
    static let documents = RedisScript(name: "csp.documents", source: Embedded.documentsLua)
    static let list = RedisScript(name: "csp.list-events", source: Embedded.listEventsLua)
  }

  // MARK: Providers

  struct Registered: Sendable {
    let version: Int
    let isNew: Bool
  }

  /// `firstPoll` in ms. With `onlyIfNew` one that is there stays as it is. Throws `.conflict` when there are too many.
  func register(_ settings: ProviderSettings, firstPoll: Int64, onlyIfNew: Bool = false) async throws(Failure) -> Registered {
    let json = JSONValue.object(JSONObject(settings.members)).text
    let answer = try await mutations.run(
      Scripts.register,
      [
        .string(settings.name), .string(json), .string(settings.host), .string(String(firstPoll)), .integer(Bounds.providers),
        onlyIfNew ? "1" : "0", .string(json),
      ])
    guard let version = answer.last?.int ?? answer.last?.string.flatMap({ Int($0) }) else {
      throw .conflict("There are \(Bounds.providers) providers, which is the most. Delete one first.")
    }
    return Registered(version: version, isNew: answer.first?.string == "ok")
  }

  /// False when there is none.
  func delete(_ name: String) async throws(Failure) -> Bool {
    let answer = try await mutations.run(Scripts.delete, [.string(name)])
    cache.drop(name)
    return answer.first?.string == "ok"
  }

  struct Provider: Sendable {
    let settings: ProviderSettings
    let version: Int
    let createdAt: Int
    let poll: PollState
    /// As the feed last listed them.
    let components: [JSONValue]
    let active: [TrackedEvent]
  }

  /// From the `start`-th on in order of registration, and how many there are.
  func providers(start: Int = 0, count: Int = Bounds.providers, withComponents: Bool = false) async throws(Failure) -> (
    items: [Provider], total: Int
  ) {
    let answer = try await read(Scripts.providers, [.integer(start), .integer(count), "", withComponents ? "1" : "0"])
    return (Self.providers(answer), answer.first?.int ?? 0)
  }

  /// Nil when there is none.
  func provider(_ name: String) async throws(Failure) -> Provider? {
    Self.providers(try await read(Scripts.providers, [0, 1, .string(name), "1"])).first
  }

  private static func providers(_ answer: [RedisValue]) -> [Provider] {
    stride(from: 1, to: answer.count - 6, by: 7).compactMap { index in
      guard let settings = ProviderSettings(stored: answer[index + 1].bytes) else { return nil }
      return Provider(
        settings: settings, version: answer[index + 2].string.flatMap { Int($0) } ?? 0,
        createdAt: answer[index + 3].string.flatMap { Int($0) } ?? 0, poll: PollState(answer[index + 4].bytes ?? []),
        components: (try? JSONValue(parsing: answer[index + 5].bytes ?? []))?.array ?? [],
        active: (answer[index + 6].array ?? []).compactMap { TrackedEvent(memo: $0.bytes) })
    }
  }

  // MARK: What a refresh compares with and leaves behind

  /// All that is remembered of a provider's events.
  struct Memory: Sendable {
    var generation: Int
    /// Without the events.
    var page: KnownProvider
    /// A digest of what the feed listed last.
    var components: String
    var events: [String: TrackedEvent]
  }

  /// Nil when there is no such provider. What is at hand of the same generation is not read again.
  func memory(_ name: String) async throws(Failure) -> Memory? {
    let cached = cache.memory(name)
    let answer = try await read(Scripts.load, [.string(name), .string(cached.map { String($0.generation) } ?? "")])
    guard let generation = answer.first?.string.flatMap({ Int($0) }) else {
      cache.drop(name)
      return nil
    }
    if let cached, answer.count == 1 { return cached }
    let events = answer.dropFirst(2).compactMap { TrackedEvent(memo: $0.bytes) }
    let memory = Memory(
      generation: generation, page: KnownProvider(stored: answer[1].bytes ?? []),
      components: Self.components(ofState: answer[1].bytes ?? []),
      events: Dictionary(events.map { ($0.known.externalID, $0) }) { $1 })
    cache.keep(memory, of: name)
    return memory
  }

  /// One event as a commit writes it.
  struct Written: Sendable {
    enum Word: String, Sendable { case opened, updated, resolved, nothing = "" }
    enum Work: Sendable { case unchanged, at(Int64), done }
    var tracked: TrackedEvent
    /// Nil leaves it.
    var document: EventDocument?
    var word = Word.nothing
    /// Nil leaves it.
    var raw: String?
    var words = ""
    var work = Work.unchanged
  }

  /// Keeps what was reckoned from `memory`; false when somebody was faster: read again, reckon again. Without a `page` that stays as it is;
  /// no `components` leave those.
  func commit(
    _ name: String, from memory: Memory, page: KnownProvider? = nil, components: [ProviderComponent] = [], _ events: [Written],
    forget: [String] = []
  ) async throws(Failure) -> Bool {
    let digest = components.isEmpty ? memory.components : Self.digest(of: components)
    var state = page?.json.object
    state?["components"] = .string(digest)
    let listed = digest == memory.components ? "" : JSONValue.array(components.prefix(EventDocument.componentLimit).map(\.json)).text
    var arguments: [RedisArgument] = [
      .string(name), .integer(memory.generation), .string(state.map { JSONValue.object($0).text } ?? ""), .string(listed),
      .integer(events.count), .integer(forget.count),
    ]
    for event in events { arguments += Self.arguments(event, provider: name) }
    arguments += forget.map { .string(EventDocument.id(name, $0)) }
    let answer: [RedisValue]
    do {
      // One request may commit more than once: what is kept under its Idempotency-Key is its answer, not this.
      answer = try await RepeatKey.$current.withValue("") { try await mutations.run(Scripts.commit, arguments) }
    } catch { throw error as? Failure ?? .defect }
    guard answer.first?.string == "ok", let generation = answer.last?.int else {
      cache.drop(name)
      return false
    }
    var after = memory
    after.generation = generation
    if let page { (after.page, after.components) = (page, digest) }
    for event in events { after.events[event.tracked.known.externalID] = event.tracked }
    for id in forget { after.events[id] = nil }
    cache.keep(after, of: name)
    return true
  }

  static func digest(of components: [ProviderComponent]) -> String {
    SHA256.hex(JSONValue.array(components.prefix(EventDocument.componentLimit).map(\.json)).bytes)
  }

  private static func components(ofState bytes: [UInt8]) -> String { (try? JSONValue(parsing: bytes))?["components"]?.string ?? "" }

  private static func arguments(_ event: Written, provider: String) -> [RedisArgument] {
    let work: String =
      switch event.work {
      case .unchanged: ""
      case .at(let time): String(time)
      case .done: "done"
      }
    return [
      .string(EventDocument.id(provider, event.tracked.known.externalID)), .string(event.word.rawValue),
      .bytes(event.document?.bytes ?? []),
      .string(event.tracked.json.text), .string(event.raw ?? ""), .integer(event.tracked.known.startedAt),
      event.tracked.known.state.isActive ? "1" : "0", .string(event.words),
      .string(event.word == .nothing ? "" : event.document?.busText ?? ""), .string(work),
    ]
  }

  // MARK: Events

  struct EventQuery: Sendable {
    var provider: String?
    var isActive = false
    /// Bounds of the start in epoch seconds, both included.
    var from: Int?
    var to: Int?
    /// Lower-cased; all must be there.
    var words: [String] = []
  }

  /// The newest first, from the `start`-th on, and how many there are.
  func events(_ filter: EventQuery, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    var indexes = filter.words.map { "word:\($0)" }
    switch (filter.provider, filter.isActive) {
    case (let name?, true): indexes.append("active:\(name)")
    case (let name?, false): indexes.append("from:\(name)")
    case (nil, true): indexes.append("active")
    case (nil, false): break
    }
    let bounds: [RedisArgument] = [.string(filter.from.map(String.init) ?? ""), .string(filter.to.map(String.init) ?? "")]
    let answer = try await read(Scripts.list, [.integer(start), .integer(count)] + bounds + indexes.map { .string($0) })
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  /// By id; without those there are none of.
  func documents(_ ids: [String]) async throws(Failure) -> [String: EventDocument] {
    guard !ids.isEmpty else { return [:] }
    let answer = try await read(Scripts.documents, ids.map { .string($0) })
    let found = zip(ids, answer).compactMap { id, json in json.bytes.flatMap(EventDocument.init(parsing:)).map { (id, $0) } }
    return Dictionary(found) { $1 }
  }

  /// Nil when there is none.
  func document(_ id: String) async throws(Failure) -> EventDocument? { try await documents([id])[id] }

  /// The event with the item of the feed as `raw`; nil when there is none.
  func detail(_ id: String) async throws(Failure) -> [UInt8]? {
    let found: [RedisValue]
    do { found = try await redis.command("HMGET", .string("\(namespace):csp:event:\(id)"), "json", "raw").array ?? [] } catch {
      throw Failure(error)
    }
    guard found.count == 2, let json = found[0].bytes else { return nil }
    return json.dropLast() + Array(#","raw":"#.utf8) + (found[1].bytes ?? Array("null".utf8)) + [UInt8(ascii: "}")]
  }

  func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do { return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? [] } catch { throw Failure(error) }
  }
}
