import PrivateServers
import Reactor
import Synchronization
import Testing

@testable import RedisClient

@Suite struct ClusterTests {
  private static let add = RedisScript(name: "add", source: "return redis.call('INCR', KEYS[1] .. ':scripts')")
  private static let writers = 8

  @Test func `a slot is followed while it moves and commands are written: MOVED, ASK, and nothing lost or done twice`() async throws {
    let cluster = try await PrivateCluster()
    let home = try await cluster.owner(of: "{test}")
    let others = cluster.nodes.filter { $0 !== home }
    let url = try #require(others[0].tcpURL)
    try await withClient(of: home, url: url) { redis async throws in
      let counts = Counts()
      let read = EventLoop.current.start {
        await redis.blockingOutcome(["XREAD", "BLOCK", 50_000, "STREAMS", "{test}:bus", "0"], timeout: .seconds(60))
      }
      let tasks = (0..<Self.writers).map { writer in EventLoop.current.start { await Self.write(redis, writer, counts) } }
      for target in others + [home] {
        let before = counts.commands.load(ordering: .relaxed)
        try #require(await eventually { counts.commands.load(ordering: .relaxed) > before + 200 })
        try await cluster.move(slotOf: "{test}", to: target) {
          let before = counts.commands.load(ordering: .relaxed)
          try #require(await eventually { counts.commands.load(ordering: .relaxed) > before + 200 }, "commands follow ASK")
          #expect(await redis.runOutcome(Self.add, key: "{test}").failure == RedisLink.beingMoved)
        }
        let after = counts.scripts.load(ordering: .relaxed)
        try #require(await eventually { counts.scripts.load(ordering: .relaxed) > after + 50 }, "scripts are run again")
      }
      counts.isOver.store(true, ordering: .relaxed)
      for task in tasks { await task.value }
      var sum = 0
      for writer in 0..<Self.writers { sum += try await redis.command("GET", "{test}:\(writer)").int ?? 0 }
      #expect(sum == counts.commands.load(ordering: .relaxed))
      #expect(try await redis.command("GET", "{test}:scripts").int == counts.scripts.load(ordering: .relaxed))
      #expect(counts.failures.withLock { $0 } == [])
      _ = try await redis.command("XADD", "{test}:bus", "*", "message", "hello")
      guard case .success(.array) = await read.value else {
        Issue.record("\(await read.value)")
        return
      }
    }
    var errors = ""
    for node in cluster.nodes { errors += try await node.ask("INFO", "errorstats") }
    #expect(errors.contains("errorstat_MOVED") && errors.contains("errorstat_ASK"))
    await cluster.stop()
  }

  private final class Counts: Sendable {
    let commands = Atomic(0)
    let scripts = Atomic(0)
    let isOver = Atomic(false)
    /// Other than that the keys are being moved.
    let failures = Mutex<[RedisFailure]>([])
  }

  /// Commands and scripts in turn, each counted when it is acknowledged.
  private static func write(_ redis: Redis, _ writer: Int, _ counts: Counts) async {
    while !counts.isOver.load(ordering: .relaxed) {
      let command = await redis.outcome("INCR", "{test}:\(writer)")
      if command.failure == nil { counts.commands.add(1, ordering: .relaxed) }
      if let failure = command.failure { counts.failures.withLock { $0.append(failure) } }
      let script = await redis.runOutcome(add, key: "{test}")
      if script.failure == nil { counts.scripts.add(1, ordering: .relaxed) }
      if let failure = script.failure, failure != RedisLink.beingMoved { counts.failures.withLock { $0.append(failure) } }
    }
  }

  @Test func `a dead node gives way to another that knows the cluster, and keys of two slots are refused`() async throws {
    let cluster = try await PrivateCluster()
    let home = try await cluster.owner(of: "{test}")
    let other = try #require(cluster.nodes.first { $0 !== home })
    let url = "redis://127.0.0.1:1,127.0.0.1:\(other.port)"
    try await withClient(of: home, url: url) { redis async throws in
      #expect(try await redis.command("SET", "{test}:k", "v") == .status("OK"))
      let outcome = await redis.outcome("MGET", "{test}:k", "{other}:k")
      guard case .server(code: "CROSSSLOT", _)? = outcome.failure else {
        Issue.record("\(outcome)")
        return
      }
      await home.kill()
      #expect(await eventually { await redis.outcome("PING") == .success(.status("PONG")) })
      let away = await redis.outcome("GET", "{test}:k")
      #expect(away.isUnavailable)
    }
    await cluster.stop()
  }

  @Test(arguments: [
    ("MOVED 3999 127.0.0.1:6381", Redirection.moved(.host("127.0.0.1", port: 6381))),
    ("ASK 3999 redis-2.example:6381", .ask(.host("redis-2.example", port: 6381))), ("MOVED 1 ::1:6381", .moved(.host("::1", port: 6381))),
    ("MOVED 1 :6381", .moved(.host("10.0.0.9", port: 6381))), ("MOVED 1", nil), ("MOVED 1 host", nil), ("MOVED 1 host:x", nil),
    ("ERR MOVED 1 host:1", nil),
  ])
  func `what a refusal points to`(text: String, redirection: Redirection?) {
    #expect(Redirection(RedisFailure(reply: text), from: "10.0.0.9") == redirection)
  }
}

extension Redis {
  fileprivate func runOutcome(_ script: RedisScript, key: RedisArgument) async -> Result<RedisValue, RedisFailure> {
    do { return .success(try await run(script, keys: [key], arguments: [])) } catch { return .failure(error) }
  }
}
