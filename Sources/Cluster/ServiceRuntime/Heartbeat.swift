import JSONBytes
import Logging
import Messaging
import Reactor
import RedisClient
import StatusModel
import Synchronization

/// Every ten seconds this process says in Redis that it lives and how it does; every minute it keeps a sample of that for a day.
///
/// `{ns}:cluster:instance:<service>:<instance>` the beat, living 30 s; `{ns}:cluster:history:<service>:<instance>` a list of samples, newest first.
final class Heartbeat: Sendable {
  /// Seconds since the epoch.
  let startedAt: Int
  private let name: ServiceName
  private let instance: String
  private let redis: Redis
  private let namespace: String
  private let workers: WorkerPool
  private let loops: LoopGroup
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var reading: HostReading?
    /// The worst of the current period and of the one before, in nanoseconds.
    var lag: UInt64 = 0
    var lagBefore: UInt64 = 0
    var beats = 0
  }

  static let period = Duration.seconds(10)
  /// Seconds a beat lives.
  static let lifetime = 30
  /// One a minute for a day.
  static let samples = 1_440

  /// `instance` tells replicas apart and survives a restart, such as `127.0.0.1:8081`.
  init(_ node: Node, instance: String) {
    name = node.name
    self.instance = instance
    redis = node.redis
    namespace = node.namespace
    workers = node.workers
    loops = node.loops
    clock = node.clock
    logger = node.logger
    startedAt = Int(node.clock() / 1000)
  }

  var lastReading: HostReading? { state.withLock { $0.reading } }
  var lagMilliseconds: Double { state.withLock { Double(max($0.lag, $0.lagBefore)) / 1_000_000 } }

  /// Beats until cancelled. Runs on a loop.
  func run() async {
    for loop in loops.loops { loop.submit { [self] in measureLag(on: loop) } }
    while !Task.isCancelled {
      await beat()
      guard (try? await EventLoop.current.sleep(for: Self.period)) != nil else { return }
    }
  }

  /// How late a timer of one second fires.
  private func measureLag(on loop: EventLoop) {
    let expected = EventLoop.now &+ 1_000_000_000
    loop.after(.seconds(1)) { [weak self] in
      guard let self else { return }
      let now = EventLoop.now
      state.withLock { $0.lag = max($0.lag, now > expected ? now - expected : 0) }
      measureLag(on: loop)
    }
  }

  private func beat() async {
    guard let reading = try? await workers.run({ HostReading.now() }) else { return }
    let (beats, lag) = state.withLock { state in
      state.reading = reading
      state.beats += 1
      defer { (state.lagBefore, state.lag) = (state.lag, 0) }
      return (state.beats, max(state.lag, state.lagBefore))
    }
    let sample: JSONValue = [
      "at": .integer(Int(clock() / 1000)), "service": .string(name.rawValue), "instance": .string(instance),
      "version": .string(Version.current),
      "started_at": .integer(startedAt), "resident_bytes": .integer(reading.residentBytes), "cpu_seconds": .number(reading.processSeconds),
      "loop_lag_ms": .number(Double(lag) / 1_000_000), "open_descriptors": .integer(reading.openDescriptors),
    ]
    logger.debug("heartbeat", metadata: ["resident_bytes": "\(reading.residentBytes)", "loop_lag_ms": "\(Double(lag) / 1_000_000)"])
    _ = try? await redis.command("SET", key("instance"), .bytes(sample.bytes), "EX", .string("\(Self.lifetime)"))
    if beats % 6 == 1 { await keep(sample.bytes) }
  }

  private func keep(_ sample: [UInt8]) async {
    _ = try? await redis.command("LPUSH", key("history"), .bytes(sample))
    _ = try? await redis.command("LTRIM", key("history"), "0", .string("\(Self.samples - 1)"))
    _ = try? await redis.command("EXPIRE", key("history"), "90000")
  }

  /// The samples of the last day, newest first. Throws `Failure.unavailable`.
  func history() async throws(Failure) -> [[UInt8]] {
    do {
      return try await redis.command("LRANGE", key("history"), "0", .string("\(Self.samples - 1)")).array?.compactMap(\.bytes) ?? []
    } catch {
      throw Failure(error)
    }
  }

  private func key(_ noun: String) -> RedisArgument { .string("\(namespace):cluster:\(noun):\(name.rawValue):\(instance)") }
}
