import PrivateServers
import RedisClient
import Testing

@Suite struct ValueTests {
  @Test func `every type of reply arrives`() async throws {
    try await withRedis { redis, _ async throws in
      #expect(try await redis.command("SET", "k", "text") == .status("OK"))
      #expect(try await redis.command("GET", "k") == .bytes(Array("text".utf8)))
      #expect(try await redis.command("GET", "nothing") == .null)
      #expect(try await redis.command("INCRBY", "n", 41) == .integer(41))
      #expect(try await redis.command("INCR", "n").int == 42)
      #expect(try await redis.command("GET", "n").int == 42)
      #expect(try await redis.command("LRANGE", "none", 0, -1) == .array([]))
      let nested = try await redis.command("EVAL", "return {1, {'a', {redis.error_reply('X y')}}, false, {ok='fine'}}", 0)
      #expect(
        nested == .array([.integer(1), .array([.bytes([97]), .array([.error("X y")])]), .null, .status("fine")]))
    }
  }

  @Test func `any bytes go there and back`() async throws {
    try await withRedis { redis, _ async throws in
      let all = (0...255).map { UInt8($0) } + Array("\r\n$-1\r\n".utf8)
      _ = try await redis.command("SET", .bytes(all), .bytes(all))
      #expect(try await redis.command("GET", .bytes(all)).bytes == all)
      _ = try await redis.command("SET", "", "")
      #expect(try await redis.command("GET", "") == .bytes([]))
      #expect(try await redis.command("STRLEN", .bytes(all)) == .integer(all.count))
      let failure = await redis.outcome("")
      #expect(failure.failure.map { "\($0)" }?.hasPrefix("ERR unknown command") == true)
    }
  }

  @Test func `a large value takes many writes and many reads`() async throws {
    try await withRedis { redis, _ async throws in
      let large = (0..<(9 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      async let set = redis.command("SET", "large", .bytes(large))
      async let after = redis.command("STRLEN", "large")
      #expect(try await set == .status("OK"))
      #expect(try await after == .integer(large.count))
      #expect(try await redis.command("GET", "large").bytes == large)
    }
  }

  @Test func `an error reply is thrown with its code`() async throws {
    try await withRedis { redis, _ async throws in
      _ = try await redis.command("SET", "k", "v")
      guard case .failure(.server(let code, let message)) = await redis.outcome("LPUSH", "k", "x") else {
        Issue.record("LPUSH on a string was not refused")
        return
      }
      #expect(code == "WRONGTYPE")
      #expect(message.hasPrefix("Operation against a key"))
    }
  }

  @Test func `a replica that may not be written to is unavailable`() async throws {
    try await withRedis { redis, _ async throws in
      _ = try await redis.command("REPLICAOF", "127.0.0.1", 1)
      #expect(await redis.outcome("SET", "k", "v").isUnavailable)
    }
  }

  @Test func `a server out of memory is unavailable`() async throws {
    try await withRedis(server: ["--maxmemory", "1"]) { redis, _ async throws in
      #expect(await redis.outcome("SET", "k", "v").isUnavailable)
    }
  }

  @Test func `commands that would change the connection are refused and do no harm`() async throws {
    try await withRedis { redis, _ async throws in
      for name in ["SUBSCRIBE", "psubscribe", "Monitor", "HELLO"] {
        #expect(await redis.outcome(.string(name), "3").failure?.isServerError == true)
      }
      #expect(try await redis.command("PING") == .status("PONG"))
      #expect(await redis.outcome().failure?.isServerError == true)
    }
  }

  @Test func `values convert when they can`() {
    #expect(RedisValue.bytes(Array("12".utf8)).int == 12)
    #expect(RedisValue.bytes(Array("x".utf8)).int == nil)
    #expect(RedisValue.integer(7).string == nil)
    #expect(RedisValue.status("OK").string == "OK")
    #expect(RedisValue.null.string == nil && RedisValue.null.isNull)
    #expect(RedisValue.array([.null]).array == [.null])
    let id = 5
    #expect(("key:\(id)" as RedisArgument) == .string("key:5"))
  }
}

extension RedisFailure {
  fileprivate var isServerError: Bool { if case .server = self { true } else { false } }
}
