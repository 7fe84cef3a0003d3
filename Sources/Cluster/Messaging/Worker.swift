import Reactor
public import RedisClient
import Signing
import StatusModel
import Synchronization

/// One consumer group: each message is done once in the cluster, whatever the number of replicas that run a worker of this group.
///
/// A handler that returns has done the message. One that throws says how it failed (`ConsumerError`): softly, and the message comes back
/// to this group alone after a pause, or for good, and it lies with the dead letters until a person replays or discards it. Several are in
/// flight at a time, so a slow one holds up nobody, and they end in any order. What a process had in flight when it died, others take.
/// A message may reach a handler again when a process dies between the work and its acknowledgement.
public final class Worker: Sendable {
  public struct Limits: Sendable {
    /// Messages handled at a time.
    public var inFlight = 16
    /// Soft errors until a message counts as hard.
    public var attempts = 48
    /// The pause after the first soft error; it doubles, up or down a fifth at random.
    public var firstDelay = Duration.seconds(2)
    public var longestDelay = Duration.seconds(1800)
    /// How long one handling may take; beyond, it is cancelled and counts as a soft error.
    public var handlingTime = Duration.seconds(300)
    /// Processes that may die over a message until it counts as hard.
    public var deaths = 5
    /// After this long without a sign of life a consumer's messages are taken over. Whole seconds.
    public var lifetime = Duration.seconds(15)
    /// How often what is due is fetched.
    public var round = Duration.seconds(1)
    /// Dead letters kept of a group, the newest.
    public var deadLetters = 10_000
    public init() {}
  }

  public let group: String
  /// Whether this group has something to do about messages of that name.
  public let handles: @Sendable (_ eventName: String) -> Bool
  private let limits: Limits
  private let clock: @Sendable () -> Int64
  private let report: @Sendable (BusMessage, ConsumerError) -> Void
  private let handle: @Sendable (BusMessage) async throws -> Void
  private let store: WorkerStore
  private let flights: Flights
  private let isJoined = Atomic(false)

  /// A new group begins with what was published this long before, in ms.
  private static let lookBack: Int64 = 300_000
  private static let wait = Duration.seconds(10)
  /// The most entries one round moves.
  private static let roundLimit = 100
  /// Every so many rounds it looks for what others left behind.
  private static let rescueEvery = 5
  private static let lostAfter = Duration.seconds(60)

  /// `group` names it for good: under another name it would begin anew. `clock` gives milliseconds since the epoch; `report` hears of
  /// every error.
  public init(
    _ group: String, redis: Redis, namespace: String, clock: @escaping @Sendable () -> Int64, limits: Limits = Limits(),
    report: @escaping @Sendable (BusMessage, ConsumerError) -> Void = { _, _ in },
    handles: @escaping @Sendable (_ eventName: String) -> Bool, handle: @escaping @Sendable (BusMessage) async throws -> Void
  ) {
    self.group = group
    self.handles = handles
    self.limits = limits
    self.clock = clock
    self.report = report
    self.handle = handle
    store = WorkerStore(redis: redis, namespace: namespace, group: group, consumer: String(UUIDText.random().prefix(13)))
    flights = Flights(limit: limits.inFlight)
  }

  @TaskLocal private static var notes: Notes?

  /// Adds an entry to the error history of the message that is being handled, which goes on. No effect outside a handler.
  public static func note(_ kind: ErrorEntry.Kind, _ message: String, code: String? = nil) {
    notes?.add(ErrorEntry(kind: kind, message: message, code: code))
  }

  /// Works until cancelled, on a loop; while Redis is away it tries again. What is in flight at the end is cancelled and left to others.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.tend() }
      while !Task.isCancelled {
        let room = await flights.room()
        guard let deliveries = await self.read(room) else { continue }
        for item in deliveries {
          flights.begin(item.delivery.key)
          group.addTask { await self.work(on: item) }
        }
      }
      group.cancelAll()
    }
    let store = store
    _ = await EventLoop.current.start { try? await store.leave() }.value
  }

  /// Rounds, each begun `limits.round` after the last.
  private func tend() async {
    var rounds = 0
    while (try? await EventLoop.current.sleep(for: limits.round)) != nil {
      guard isJoined.load(ordering: .relaxed) else { continue }
      rounds += 1
      try? await sweep(rescues: rounds % Self.rescueEvery == 0)
    }
  }

  private func sweep(rescues: Bool) async throws(RedisFailure) {
    try await store.sweep(
      now: clock(), lifetime: limits.lifetime, atMost: Self.roundLimit, inFlight: rescues ? flights.keys : nil, lostAfter: Self.lostAfter)
  }

  // MARK: Reading

  private struct Item: Sendable {
    let delivery: WorkerStore.Delivery
    /// Nil when it breaks the schema, for the reason given.
    let message: BusMessage?
    let complaint: String
  }

  /// What is to be worked on; nil after a failure, and a pause.
  private func read(_ room: Int) async -> [Item]? {
    do {
      if !isJoined.load(ordering: .relaxed) {
        try await store.join(since: clock() - Self.lookBack)
        try await sweep(rescues: true)
        isJoined.store(true, ordering: .relaxed)
      }
      return try await sort(await store.read(max(1, room / 2), wait: Self.wait))
    } catch {
      if case .server = error { isJoined.store(false, ordering: .relaxed) }
      try? await EventLoop.current.sleep(for: .milliseconds(500))
      return nil
    }
  }

  /// Acknowledges what is not for this group and what it has done before; the rest is to be worked on.
  private func sort(_ deliveries: [WorkerStore.Delivery]) async throws(RedisFailure) -> [Item] {
    var items: [Item] = []
    var passed: [WorkerStore.Delivery] = []
    for delivery in deliveries where !flights.has(delivery.key) {
      do throws(BusMessage.Invalid) {
        let message = try BusMessage(parsing: delivery.bytes)
        if handles(message.name) {
          items.append(Item(delivery: delivery, message: message, complaint: ""))
        } else {
          passed.append(delivery)
        }
      } catch {
        items.append(Item(delivery: delivery, message: nil, complaint: error.description))
      }
    }
    let done = try await store.done(items.compactMap { $0.message?.uuid })
    if !done.isEmpty {
      passed += items.filter { done.contains($0.message?.uuid ?? "") }.map(\.delivery)
      items.removeAll { done.contains($0.message?.uuid ?? "") }
    }
    try await store.pass(passed)
    return items
  }

  // MARK: Handling

  private func work(on item: Item) async {
    defer { flights.end(item.delivery.key) }
    let notes = Notes()
    let ending = await ending(of: item, notes)
    let uuid = item.message?.uuid ?? item.delivery.substituteUUID
    let (store, clock, letters) = (store, clock, limits.deadLetters)
    // Not cancelled with the worker: what is done is to be acknowledged.
    while await EventLoop.current.start({
      (try? await store.finish(item.delivery, uuid: uuid, ending, now: clock(), letters: letters)) == nil
    }).value {
      guard (try? await EventLoop.current.sleep(for: .milliseconds(500))) != nil else { return }
    }
  }

  private func ending(of item: Item, _ notes: Notes) async -> WorkerStore.Ending {
    let delivery = item.delivery
    guard let message = item.message else {
      let entry = ErrorEntry(kind: .harderror, message: item.complaint, code: "invalid")
      return WorkerStore.Ending(outcome: .invalid, entries: [entry.json(sender: group, now: clock())])
    }
    do {
      if delivery.deaths >= limits.deaths {
        throw ConsumerError.hard("\(delivery.deaths) processes ended while they handled it", code: "deaths")
      }
      try await attempt(message, notes)
      return WorkerStore.Ending(outcome: .done, entries: history(notes))
    } catch  where Task.isCancelled {
      return WorkerStore.Ending(outcome: .back, count: delivery.count)
    } catch {
      return failed(message, delivery, ConsumerError(error), notes)
    }
  }

  private func failed(
    _ message: BusMessage, _ delivery: WorkerStore.Delivery, _ error: ConsumerError, _ notes: Notes
  ) -> WorkerStore.Ending {
    notes.add(error.entry)
    let count = delivery.count + 1
    if case .soft = error, count < limits.attempts {
      report(message, error)
      let due = clock() + Self.delay(after: count, limits)
      return WorkerStore.Ending(outcome: .soft, due: due, count: count, entries: history(notes))
    }
    if case .soft = error { notes.add(ErrorEntry(kind: .harderror, message: "given up after \(count) attempts", code: "attempts")) }
    report(message, .hard(error.entry.message, code: error.entry.code))
    return WorkerStore.Ending(outcome: .hard, count: count, entries: history(notes))
  }

  private func history(_ notes: Notes) -> [String] {
    let now = clock()
    return notes.all.map { $0.json(sender: group, now: now) }
  }

  /// The pause after the `count`-th soft error, in ms.
  static func delay(after count: Int, _ limits: Limits) -> Int64 {
    let doubled = limits.firstDelay * (1 << min(count - 1, 20))
    let (seconds, attoseconds) = min(doubled, limits.longestDelay).components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    return Int64(milliseconds * Double.random(in: 0.8...1.2))
  }

  /// Runs the handler under the message's correlation id and actor, for at most `limits.handlingTime`.
  private func attempt(_ message: BusMessage, _ notes: Notes) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await CorrelationID.$current.withValue(message.cid) {
          try await Caller.$current.withValue(message.actor) {
            try await Self.$notes.withValue(notes) { try await self.handle(message) }
          }
        }
      }
      group.addTask { [time = limits.handlingTime] in
        try await EventLoop.current.sleep(for: time)
        throw ConsumerError.soft("took longer than \(time.components.seconds) s", code: "time")
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}

/// What was noted while a message is handled.
private final class Notes: Sendable {
  /// More are dropped.
  private static let limit = 20
  private let entries = Mutex<[ErrorEntry]>([])

  var all: [ErrorEntry] { entries.withLock { $0 } }
  func add(_ entry: ErrorEntry) { entries.withLock { if $0.count < Self.limit || entry.kind == .harderror { $0.append(entry) } } }
}

/// The entries being worked on, and who waits for room among them.
private final class Flights: Sendable {
  private struct State {
    var keys: Set<String> = []
    var waiting: CheckedContinuation<Int, Never>?
  }
  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  var keys: [String] { state.withLock { Array($0.keys) } }
  func has(_ key: String) -> Bool { state.withLock { $0.keys.contains(key) } }
  func begin(_ key: String) { _ = state.withLock { $0.keys.insert(key) } }

  func end(_ key: String) {
    let (waiting, room) = state.withLock { state -> (CheckedContinuation<Int, Never>?, Int) in
      state.keys.remove(key)
      let room = limit - state.keys.count
      return (room > 0 ? state.waiting.take() : nil, room)
    }
    waiting?.resume(returning: room)
  }

  /// How many more may begin, 1 or more; waits while there is none. One caller at a time.
  func room() async -> Int {
    await withCheckedContinuation { continuation in
      let room = state.withLock { state -> Int in
        let room = limit - state.keys.count
        if room <= 0 { state.waiting = continuation }
        return room
      }
      if room > 0 { continuation.resume(returning: room) }
    }
  }
}
