public import RedisClient
public import StatusModel
import Synchronization

/// So many calls in so much time, for each key.
public struct RateLimit: Sendable {
  public let name: String
  public let count: Int
  /// Seconds.
  public let period: Int

  public init(_ name: String, _ count: Int, perSeconds period: Int) {
    self.name = name
    self.count = count
    self.period = period
  }
}

/// Rate limits of the whole cluster, as GCRA buckets in Redis (`{ns}:limit:<name>:<key>`); while Redis is away, of this process alone.
public final class RateLimits: Sendable {
  private let redis: Redis
  private let namespace: String
  private let factor: Int
  private let clock: @Sendable () -> Int64
  private let local = Mutex<[String: Double]>([:])
  private static let script = RedisScript(name: "limit", source: Embedded.limitLua)
  /// Buckets kept while Redis is away.
  private static let localBuckets = 10_000

  /// `factor` multiplies every count; 0 switches all limits off. `clock` gives milliseconds since the epoch.
  public init(redis: Redis, namespace: String, factor: Int, clock: @escaping @Sendable () -> Int64) {
    self.redis = redis
    self.namespace = namespace
    self.factor = factor
    self.clock = clock
  }

  /// Counts one call under `key`; an IPv6 address counts as its /64. Throws `Failure.tooMany` when it is one too many.
  public func take(_ limit: RateLimit, key: String) async throws(Failure) {
    guard factor > 0 else { return }
    let burst = limit.count * factor
    let interval = Double(limit.period) * 1000 / Double(burst)
    let bucket = "\(namespace):limit:\(limit.name):\(VisitorAddress.limitKey(key))"
    let wait: Int
    do {
      let arguments: [RedisArgument] = [.string(String(clock())), .string(String(interval)), .string(String(burst))]
      wait = try await redis.run(Self.script, keys: [.string(bucket)], arguments: arguments).int ?? 0
    } catch {
      wait = takeLocally(bucket, interval, burst)
    }
    if wait > 0 { throw .tooMany("Too many attempts. Wait a moment and try again.", retryAfter: (wait + 999) / 1000) }
  }

  private func takeLocally(_ bucket: String, _ interval: Double, _ burst: Int) -> Int {
    let now = Double(clock())
    return local.withLock { buckets in
      if buckets.count >= Self.localBuckets { buckets = buckets.filter { $0.value > now } }
      let arrival = max(buckets[bucket] ?? 0, now) + interval
      let wait = arrival - Double(burst) * interval - now
      if wait > 0 { return Int(wait.rounded(.up)) }
      buckets[bucket] = arrival
      return 0
    }
  }
}
