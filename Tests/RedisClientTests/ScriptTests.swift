import PrivateServers
import RedisClient
import Testing

@Suite struct ScriptTests {
  private static let add = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")

  @Test func `many first uses at once load a script once`() async throws {
    try await withRedis { redis, _ async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<50 { group.addTask { _ = try await redis.run(Self.add, keys: ["n"], arguments: [2]) } }
        try await group.waitForAll()
      }
      #expect(try await redis.command("GET", "n").int == 100)
      #expect(try await redis.calls(of: "script|load") == 1)
      #expect(try await redis.calls(of: "evalsha") == 50)
    }
  }

  @Test func `a script that Redis has forgotten is loaded again and done once`() async throws {
    try await withRedis { redis, _ async throws in
      _ = try await redis.run(Self.add, keys: ["n"], arguments: [1])
      _ = try await redis.command("SCRIPT", "FLUSH")
      #expect(try await redis.run(Self.add, keys: ["n"], arguments: [1]) == .integer(2))
      #expect(try await redis.calls(of: "script|load") == 2)
    }
  }

  @Test func `a script is loaded again after a reconnect`() async throws {
    try await withRedis { redis, server async throws in
      _ = try await redis.run(Self.add, keys: ["n"], arguments: [1])
      try await server.restart()
      #expect(await eventually { redis.isUp })
      #expect(try await redis.run(Self.add, keys: ["n"], arguments: [1]) == .integer(1))
    }
  }

  @Test func `errors of a script are thrown, and it can be run again`() async throws {
    try await withRedis { redis, _ async throws in
      let wrong = RedisScript(name: "wrong", source: "this is no Lua")
      let refusing = RedisScript(name: "refusing", source: "return redis.error_reply('CONFLICT version 3')")
      for script in [wrong, wrong, refusing, refusing] {
        guard case .failure(.server(let code, _)) = await redis.runOutcome(script) else {
          Issue.record("\(script.name) did not throw")
          return
        }
        #expect(code == (script == wrong ? "ERR" : "CONFLICT"))
      }
    }
  }

  @Test func `two scripts of one name are two`() async throws {
    try await withRedis { redis, _ async throws in
      let one = RedisScript(name: "same", source: "return 1")
      let two = RedisScript(name: "same", source: "return 2")
      #expect(try await redis.run(one, keys: [], arguments: []) == .integer(1))
      #expect(try await redis.run(two, keys: [], arguments: []) == .integer(2))
    }
  }
}
