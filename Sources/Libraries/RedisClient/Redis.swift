public import Reactor
import Synchronization

/// A handle on Redis for every loop of a group. Behind it each loop has one connection of its own, made at first use,
/// on which all commands are pipelined: what is asked in one turn of the loop leaves in one write.
///
/// It follows the primary: through sentinels, and in a Redis Cluster by MOVED and ASK, provided that all keys of one handle share
/// a hash slot. A command that is sent on has its time-out anew at each node.
///
/// Every call but `close` is made on a loop of the group. All throw `RedisFailure`, and none waits longer than its time-out:
/// while Redis is away commands throw `.unavailable` at once, and the client reconnects by itself.
public final class Redis: Sendable {
  private let configuration: RedisConfiguration
  private let loops: LoopGroup
  private let links: PerLoop<RedisLink>
  /// For what has to be replicated: WAIT stops the connection it is sent on. None is made unless it is used.
  private let waitingLinks: PerLoop<RedisLink>
  private let isClosed = Atomic(false)

  /// `workers` resolve host names.
  public init(_ configuration: RedisConfiguration, loops: LoopGroup, workers: WorkerPool) {
    self.configuration = configuration
    self.loops = loops
    links = PerLoop(loops: loops.loops.count) { RedisLink(configuration, on: $0, workers: workers) }
    waitingLinks = PerLoop(loops: loops.loops.count) { RedisLink(configuration, on: $0, workers: workers) }
  }

  /// Closes what is open, while the loops run.
  deinit {
    if isClosed.load(ordering: .relaxed) { return }
    for loop in loops.loops {
      loop.submit { [links, waitingLinks] in
        links.hereIfMade?.close()
        waitingLinks.hereIfMade?.close()
      }
    }
  }

  /// Sends one command, its name first. The first commands of a loop wait for its connection.
  /// Not for commands that block or that change what a connection is for (SUBSCRIBE, MONITOR).
  public func command(_ words: RedisArgument...) async throws(RedisFailure) -> RedisValue {
    try await command(words)
  }

  public func command(_ words: [RedisArgument]) async throws(RedisFailure) -> RedisValue {
    let link = links.here
    let timeout = configuration.commandTimeout
    let connection = try await link.connection()
    do {
      return try await connection.send(words, within: timeout)
    } catch {
      return try await link.follow(error, by: connection) { other, asking throws(RedisFailure) in
        try await other.send(words, asking: asking, within: timeout)
      }
    }
  }

  /// Runs a script by its SHA-1 (EVALSHA), loading it once on each connection, and again when Redis has forgotten it.
  /// While a Redis Cluster moves the keys to another node, no script is run: `.unavailable`.
  public func run(
    _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]
  ) async throws(RedisFailure) -> RedisValue {
    let call = ScriptCall(script, keys, arguments)
    let link = links.here
    let timeout = configuration.commandTimeout
    let connection = try await link.connection()
    do {
      return try await connection.run(call, within: timeout)
    } catch {
      return try await link.follow(error, by: connection) { other, asking throws(RedisFailure) in
        if asking { throw RedisLink.beingMoved }
        return try await other.run(call, within: timeout)
      }
    }
  }

  /// As `run`, and says whether as many replicas as `RedisConfiguration.replicas` have confirmed, within `replicationTimeout`, all
  /// that was written until then; with 0 replicas it is `run`. Such scripts have a connection of their own, and those of one turn
  /// share one WAIT.
  public func runReplicated(
    _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]
  ) async throws(RedisFailure) -> (value: RedisValue, isReplicated: Bool) {
    guard configuration.replicas > 0 else { return (try await run(script, keys: keys, arguments: arguments), true) }
    let call = ScriptCall(script, keys, arguments)
    let link = waitingLinks.here
    let connection = try await link.connection()
    do {
      return try await connection.runReplicated(call, configuration)
    } catch {
      return try await link.follow(error, by: connection) { other, asking throws(RedisFailure) in
        if asking { throw RedisLink.beingMoved }
        return try await other.runReplicated(call, configuration)
      }
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
      for loop in loops.loops {
        group.addTask(executorPreference: loop) {
          self.links.hereIfMade?.close()
          self.waitingLinks.hereIfMade?.close()
        }
      }
    }
  }
}
