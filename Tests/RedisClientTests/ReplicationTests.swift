import Glibc
import PrivateServers
import Reactor
import RedisClient
import Testing

@Suite struct ReplicationTests {
  private static let add = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")

  /// A primary and its replica.
  private static func withPair(
    _ body: @escaping @Sendable (Redis, _ primary: PrivateRedis, _ replica: PrivateRedis) async throws -> Void
  ) async throws {
    let primary = try await PrivateRedis(tcp: true, arguments: ["--repl-diskless-sync-delay", "0"])
    let replica = try await PrivateRedis(arguments: ["--replicaof", "127.0.0.1 \(primary.port)"])
    #expect(try await eventually { try await primary.ask("INFO", "replication").contains("state=online") })
    try await withClient(of: primary) { configuration in
      configuration.replicas = 1
      configuration.replicationTimeout = .seconds(3)
      configuration.commandTimeout = .seconds(10)
    } _: { redis async throws in
      try await body(redis, primary, replica)
    }
    await replica.stop()
    await primary.stop()
  }

  @Test func `what is confirmed is on the replica, and one WAIT serves many`() async throws {
    try await Self.withPair { redis, _, replica async throws in
      _ = try await redis.runReplicated(Self.add, keys: ["n"], arguments: [0])
      let before = try await redis.calls(of: "wait")
      let values = try await withThrowingTaskGroup(of: Int?.self) { group in
        for _ in 0..<500 {
          group.addTask {
            let (value, isReplicated) = try await redis.runReplicated(Self.add, keys: ["n"], arguments: [1])
            return isReplicated ? value.int : nil
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(values.compactMap(\.self).count == 500)
      #expect(try await replica.ask("GET", "n") == "500")
      let rounds = try await redis.calls(of: "wait") - before
      #expect((1...5).contains(rounds))
    }
  }

  @Test func `a replica that says nothing is told, while reads go on`() async throws {
    try await Self.withPair { redis, _, replica async throws in
      _ = try await redis.runReplicated(Self.add, keys: ["n"], arguments: [0])
      await replica.kill(SIGSTOP)
      async let outcome = redis.runReplicated(Self.add, keys: ["n"], arguments: [1])
      let start = ContinuousClock.now
      for _ in 0..<10 { _ = try await redis.command("GET", "n") }
      #expect(ContinuousClock.now - start < .milliseconds(150), "not behind WAIT")
      let (value, isReplicated) = try await outcome
      #expect(value.int == 1 && !isReplicated)
      await replica.kill(SIGCONT)
      #expect(try await eventually { try await redis.runReplicated(Self.add, keys: ["n"], arguments: [0]).isReplicated })
      #expect(try await replica.ask("GET", "n") == "1")
    }
  }

  @Test func `without replicas asked for there is no WAIT and no second connection`() async throws {
    try await withRedis { redis, _ async throws in
      let (value, isReplicated) = try await redis.runReplicated(Self.add, keys: ["n"], arguments: [1])
      #expect(value.int == 1 && isReplicated)
      #expect(try await redis.calls(of: "wait") == 0)
      #expect(try await redis.clientCount() == 1)
    }
  }

  @Test func `a script that Redis has forgotten is loaded again`() async throws {
    try await Self.withPair { redis, primary, _ async throws in
      _ = try await redis.runReplicated(Self.add, keys: ["n"], arguments: [1])
      _ = try await primary.ask("SCRIPT", "FLUSH")
      let (value, isReplicated) = try await redis.runReplicated(Self.add, keys: ["n"], arguments: [1])
      #expect(value.int == 2 && isReplicated)
    }
  }
}
