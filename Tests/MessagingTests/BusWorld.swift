import FoundationEssentials
import JSONBytes
import Messaging
import PrivateServers
import Reactor
import RedisClient
import Signing
import StatusModel
import Synchronization

/// A private Redis and what publishes and reads its bus. Work of one process happens on a `BusProcess`.
final class BusWorld: Sendable {
  static let namespace = "{test}"
  let server: PrivateRedis
  /// The process of the test itself.
  let own: BusProcess

  private init(_ arguments: [String]) async throws {
    server = try await PrivateRedis(arguments: arguments)
    own = try BusProcess(server)
  }

  /// `arguments` are those of `redis-server`.
  static func run(_ arguments: [String] = [], _ body: @escaping @Sendable (BusWorld) async throws -> Void) async throws {
    let world = try await BusWorld(arguments)
    let result: Result<Void, any Error>
    do { result = .success(try await body(world)) } catch { result = .failure(error) }
    await world.own.stop()
    await world.server.stop()
    try result.get()
  }

  /// Publishes as a mutation does; `members` are JSON.
  func publish(_ name: String, _ members: String = "", count: Int = 1, busLimit: Int = 1_000_000) async throws {
    let script = MutationScript(
      name: "test.publish",
      source: "for i = 1, tonumber(arg(3)) do publish(arg(1), (string.gsub(arg(2), '$i', tostring(i)))) end return { 'ok' }")
    try await own.onLoop { process in
      let mutations = Mutations(
        redis: process.redis, namespace: Self.namespace, sender: .users, busLimit: busLimit, clock: BusProcess.clock)
      _ = try await mutations.run(script, [.string(name), .string(members), .integer(count)])
    }
  }

  /// Puts an entry on the bus that no script of ours would.
  func publishRaw(_ text: String) async throws {
    _ = try await ask("XADD", "{test}:bus", "*", "message", .string(text))
  }

  func ask(_ words: RedisArgument...) async throws -> RedisValue { try await own.onLoop { try await $0.redis.command(words) } }

  /// The dead letters of a group: their uuids.
  func dead(_ group: String) async throws -> [String] {
    try await ask("ZRANGE", .string("{test}:bus:dead:\(group)"), "0", "-1").array?.compactMap(\.string) ?? []
  }

  func errors(_ uuid: String) async throws -> [JSONValue] {
    try await ask("LRANGE", .string("{test}:bus:errors:\(uuid)"), "0", "-1").array?.compactMap { try? JSONValue(parsing: $0.bytes ?? []) }
      ?? []
  }

  /// Unacknowledged entries of a group, in its two streams.
  func pending(_ group: String) async throws -> Int {
    var sum = 0
    for stream in ["{test}:bus", "{test}:bus:retry:\(group)"] {
      sum += try await ask("XPENDING", .string(stream), .string(group)).array?.first?.int ?? 0
    }
    return sum
  }
}

/// The loop and the Redis client of one process, as far as the bus can tell.
final class BusProcess: Sendable {
  static let clock: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

  let loops = LoopGroup(count: 1)
  let pool = WorkerPool(threads: 1)
  let redis: Redis

  init(_ server: PrivateRedis) throws {
    redis = Redis(try RedisConfiguration(url: server.url), loops: loops, workers: pool)
    loops.start()
  }

  func onLoop<Value: Sendable>(_ body: @escaping @Sendable (BusProcess) async throws -> Value) async throws -> Value {
    try await loops.loops[0].perform { try await body(self) }
  }

  /// Runs a worker until the task is cancelled.
  func start(_ worker: Worker) -> Task<Void, Never> { Task { try? await self.onLoop { _ in await worker.run() } } }

  func worker(
    _ group: String, limits: Worker.Limits = .quick, handles: @escaping @Sendable (String) -> Bool = { $0.hasPrefix("test.") },
    _ handle: @escaping @Sendable (BusMessage) async throws -> Void
  ) -> Worker {
    Worker(group, redis: redis, namespace: BusWorld.namespace, clock: Self.clock, limits: limits, handles: handles, handle: handle)
  }

  /// Also what `kill -9` does: the connections close, and nothing is said to Redis any more.
  func stop() async {
    await redis.close()
    loops.stop()
    pool.stop()
  }
}

extension Worker.Limits {
  /// Pauses of milliseconds, so that a test sees them all.
  static var quick: Worker.Limits {
    var limits = Worker.Limits()
    limits.firstDelay = .milliseconds(40)
    limits.longestDelay = .milliseconds(200)
    limits.round = .milliseconds(50)
    limits.lifetime = .seconds(2)
    return limits
  }
}

/// Counts by name, from any thread.
final class Tally: Sendable {
  private let counts = Mutex<[String: Int]>([:])
  @discardableResult func add(_ name: String) -> Int {
    counts.withLock { counts in
      counts[name, default: 0] += 1
      return counts[name] ?? 0
    }
  }
  subscript(name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
  var all: [String: Int] { counts.withLock { $0 } }
  var sum: Int { counts.withLock { $0.values.reduce(0, +) } }
}

struct Overdue: Error, CustomStringConvertible {
  let description: String
}

/// Waits until `condition` holds, at most `limit`.
func eventually(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  throw Overdue(description: "not within \(limit): \(what)")
}
