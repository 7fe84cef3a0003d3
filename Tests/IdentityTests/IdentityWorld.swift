import Identity
import PrivateServers
import Reactor
import RedisClient
import Signing
import Synchronization

/// A private Redis, one loop, and a clock that moves when told to.
final class IdentityWorld: Sendable {
  static let namespace = "{test}"
  let server: PrivateRedis
  let loops = LoopGroup(count: 1)
  let workers = WorkerPool(threads: 1)
  let redis: Redis
  let identity: Identity
  let clock = TestClock()

  init() async throws {
    server = try await PrivateRedis()
    loops.start()
    redis = Redis(try RedisConfiguration(url: server.url), loops: loops, workers: workers)
    let clock = clock
    identity = Identity(redis: redis, namespace: Self.namespace, environment: "test", clock: { clock.now }, loops: loops)
  }

  /// Runs `body` on the loop of a fresh world, which ends with it.
  static func run(_ body: @escaping @Sendable (IdentityWorld) async throws -> Void) async throws {
    let world = try await IdentityWorld()
    let result: Result<Void, any Error>
    do {
      try await Task(executorPreference: world.loops.loops[0]) { try await body(world) }.value
      result = .success(())
    } catch { result = .failure(error) }
    await world.redis.close()
    world.loops.stop()
    world.workers.stop()
    await world.server.stop()
    try result.get()
  }

  /// A working account, stored as users stores it.
  func addUser(_ id: String, role: String = "sre", passwordVersion: Int = 1) async throws {
    let json = #"{"id":"\#(id)","name":"Ada","email":"ada@example.org","role":"\#(role)","active":true}"#
    _ = try await redis.command(
      "HSET", "{test}:users:user:\(id)", "json", .string(json), "state", "working", "password_version", "\(passwordVersion)")
  }

  /// A session stored as users stores it; returns its token.
  func addSession(_ user: String, id: String = "session-1") async throws -> String {
    let token = SecretToken.make(.userToken)
    let now = clock.now / 1000
    _ = try await redis.command(
      "HSET", sessionKey(token), "id", "\(id)", "user", "\(user)", "created_at", "\(now)", "expires_at", "\(now + 30 * 86_400)",
      "used_at", "\(now)", "address", "192.0.2.1", "agent", "curl")
    return token
  }

  func sessionKey(_ token: String) -> RedisArgument { "{test}:identity:session:\(SecretToken.hash(token))" }
}

final class TestClock: Sendable {
  private let milliseconds = Mutex<Int64>(1_800_000_000_000)
  var now: Int64 { milliseconds.withLock { $0 } }
  func advance(_ duration: Duration) {
    milliseconds.withLock { $0 += duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000 }
  }
}
