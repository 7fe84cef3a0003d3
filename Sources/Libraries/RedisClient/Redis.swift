public import Reactor
import Synchronization

/// A handle on Redis for every loop of a group. Behind it each loop has one connection of its own, made at first use,
/// on which all commands are pipelined: what is asked in one turn of the loop leaves in one write.
///
/// Every call but `close` is made on a loop of the group. All throw `RedisFailure`, and none waits longer than its time-out:
/// while Redis is away commands throw `.unavailable` at once, and the client reconnects by itself.
public final class Redis: Sendable {
  private let configuration: RedisConfiguration
  private let loops: LoopGroup
  private let links: PerLoop<RedisLink>
  private let isClosed = Atomic(false)

  /// `workers` resolve host names.
  public init(_ configuration: RedisConfiguration, loops: LoopGroup, workers: WorkerPool) {
    self.configuration = configuration
    self.loops = loops
    links = PerLoop(loops: loops.loops.count) { RedisLink(configuration, on: $0, workers: workers) }
  }

  /// Closes what is open, while the loops run.
  deinit {
    if isClosed.load(ordering: .relaxed) { return }
    for loop in loops.loops { loop.submit { [links] in links.hereIfMade?.close() } }
  }

  /// Sends one command, its name first. The first commands of a loop wait for its connection.
  /// Not for commands that block or that change what a connection is for (SUBSCRIBE, MONITOR).
  public func command(_ words: RedisArgument...) async throws(RedisFailure) -> RedisValue {
    try await command(words)
  }

  public func command(_ words: [RedisArgument]) async throws(RedisFailure) -> RedisValue {
    try await links.here.connection().send(words, within: configuration.commandTimeout)
  }

  /// Runs a script by its SHA-1 (EVALSHA), loading it once on each connection, and again when Redis has forgotten it.
  public func run(
    _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]
  ) async throws(RedisFailure) -> RedisValue {
    let connection = try await links.here.connection()
    let timeout = configuration.commandTimeout
    do {
      return try await connection.run(script, keys: keys, arguments: arguments, within: timeout)
    } catch .server(code: "NOSCRIPT", _) {
      connection.scripts[script] = nil
      return try await connection.run(script, keys: keys, arguments: arguments, within: timeout)
    }
  }

  /// Sends a command that may block, such as XREAD BLOCK, on a connection of its own, which is kept for the next one.
  /// `timeout` is to be longer than the time given to Redis. Cancelling the task closes the connection.
  public func blocking(_ words: [RedisArgument], timeout: Duration) async throws(RedisFailure) -> RedisValue {
    try await links.here.blocking(words, within: timeout)
  }

  /// Whether this loop's connection is up; it is made if there is none yet.
  public var isUp: Bool { links.here.isUp }

  /// Closes every connection, for good: commands in flight throw `.connectionLost`. From anywhere, before the loops stop.
  public func close() async {
    isClosed.store(true, ordering: .relaxed)
    await withTaskGroup(of: Void.self) { group in
      for loop in loops.loops { group.addTask(executorPreference: loop) { self.links.hereIfMade?.close() } }
    }
  }
}

extension RedisConnection {
  fileprivate func run(
    _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], within timeout: Duration
  ) async throws(RedisFailure) -> RedisValue {
    let sha = if let known = scripts[script] { known } else { try await load(script, within: timeout) }
    return try await send(["EVALSHA", .string(sha), .integer(keys.count)] + keys + arguments, within: timeout)
  }

  /// SCRIPT LOAD, once for all who ask at the same time.
  private func load(_ script: RedisScript, within timeout: Duration) async throws(RedisFailure) -> String {
    let task =
      loading[script]
      ?? loop.start { [self] in
        do throws(RedisFailure) {
          let sha = try await send(["SCRIPT", "LOAD", .string(script.source)], within: timeout).string ?? ""
          scripts[script] = sha
          return .success(sha)
        } catch {
          return .failure(error)
        }
      }
    loading[script] = task
    defer { loading[script] = nil }
    return try await task.value.get()
  }
}
