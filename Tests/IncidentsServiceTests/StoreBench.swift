import JSONBytes
import Messaging
import PrivateServers
import Reactor
import RedisClient
import StatusModel
import Synchronization
import Testing

@testable import IncidentsService

/// A store on a real Redis of its own, on a loop, with a clock that stands still until it is set.
final class StoreBench: Sendable {
  static let namespace = "{test}"
  static let ada = Person(id: "2b6fdbb5-0f34-4c6b-a0b5-0d9f5a3a6f10", name: "Ada", email: "ada@example.org", role: .sre, sessionID: nil)

  let redis: Redis
  let store: IncidentsStore
  private let clock: TestClock

  private final class TestClock: Sendable { let milliseconds = Mutex<Int64>(1_790_000_000_000) }

  private init(_ redis: Redis) {
    let clock = TestClock()
    self.redis = redis
    self.clock = clock
    let mutations = Mutations(
      redis: redis, namespace: Self.namespace, sender: .incidents, clock: { clock.milliseconds.withLock { $0 } })
    store = IncidentsStore(redis: redis, mutations: mutations, namespace: Self.namespace)
  }

  /// Runs `body` on a loop as Ada, with a correlation id, and ends everything.
  static func run(_ body: (StoreBench) async throws -> Void) async throws {
    let server = try await PrivateRedis()
    let group = LoopGroup(count: 1)
    let workers = WorkerPool(threads: 1)
    group.start()
    let redis = Redis(try RedisConfiguration(url: server.url), loops: group, workers: workers)
    let outcome: Result<Void, any Error>
    do {
      try await withTaskExecutorPreference(group.loops[0]) {
        let bench = StoreBench(redis)
        try await Caller.$current.withValue(Caller(person: ada)) {
          try await CorrelationID.$current.withValue("cid-of-the-test") { try await body(bench) }
        }
      }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await redis.close()
    group.stop()
    workers.stop()
    await server.stop()
    try outcome.get()
  }

  /// As an application without a person.
  func asMachine<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    let application = Application(name: "watcher", scopes: [.write], strict: true, admin: false, expiresAt: nil)
    return try await Caller.$current.withValue(Caller(application: application, isSigned: true), operation: body)
  }

  /// Epoch seconds.
  func setTime(_ seconds: Int) { clock.milliseconds.withLock { $0 = Int64(seconds) * 1000 } }

  /// A new incident's id.
  func declare(_ title: String = "Checkout down") async throws -> String {
    try await store.create(NewIncident(title: title, severity: 2)).id
  }

  func incident(_ id: String) async throws -> JSONValue { try JSONValue(parsing: try await store.detail(id).json) }

  /// What is on the bus, each message checked against its schema.
  func events() async throws -> [BusMessage] {
    let stream = try await redis.command("XRANGE", "\(Self.namespace):bus", "-", "+").array ?? []
    return try stream.map { entry in try BusMessage(parsing: entry.array?[1].array?[1].bytes ?? []) }
  }

  func eventNames() async throws -> [String] { try await events().map(\.name) }

  /// The ids of the incidents that pass the filter.
  func ids(_ filter: IncidentFilter, start: Int = 0, count: Int = 50) async throws -> [String] {
    try await store.list(filter, start: start, count: count).items.map { try JSONValue(parsing: $0)["id"]?.string ?? "" }
  }

  /// Of all keys and values (DEBUG DIGEST): equal before and after what stores nothing.
  func digest() async throws -> String { try await redis.command("DEBUG", "DIGEST").string ?? "" }
}

extension IncidentsStore.Record {
  var value: JSONValue { get throws { try JSONValue(parsing: json) } }
}
