import Glibc
import PrivateServers
import Reactor
import RedisClient
import Testing

@Suite struct BlockingTests {
  private static let read: [RedisArgument] = ["XREAD", "BLOCK", 30_000, "STREAMS", "bus", "$"]

  @Test func `a blocking read waits beside normal commands`() async throws {
    try await withRedis { redis, _ async throws in
      async let read = redis.blocking(Self.read, timeout: .seconds(60))
      #expect(try await eventually { try await redis.info("blocked_clients") == 1 })
      for number in 1...100 { #expect(try await redis.command("INCR", "n") == .integer(number)) }
      let id = try await redis.command("XADD", "bus", "*", "message", "hello")
      let entry = RedisValue.array([id, .array([.bytes(Array("message".utf8)), .bytes(Array("hello".utf8))])])
      #expect(try await read == .array([.array([.bytes(Array("bus".utf8)), .array([entry])])]))
    }
  }

  @Test func `its connection serves the next one`() async throws {
    try await withRedis { redis, _ async throws in
      for _ in 0..<20 {
        #expect(try await redis.blocking(["XREAD", "BLOCK", 1, "STREAMS", "bus", "$"], timeout: .seconds(10)) == .null)
      }
      #expect(try await redis.clientCount() == 2)
    }
  }

  @Test func `cancelling closes its connection and no other`() async throws {
    try await withRedis { redis, _ async throws in
      let task = EventLoop.current.start { await redis.blockingOutcome(Self.read) }
      #expect(try await eventually { try await redis.info("blocked_clients") == 1 })
      task.cancel()
      #expect(await task.value.failure == .cancelled)
      #expect(try await eventually { try await redis.clientCount() == 1 })
      #expect(redis.isUp)
    }
  }

  @Test func `its own time-out closes its connection`() async throws {
    try await withRedis { redis, _ async throws in
      #expect(await redis.blockingOutcome(Self.read, timeout: .milliseconds(30)).failure == .timedOut)
      #expect(try await eventually { try await redis.clientCount() == 1 })
      #expect(redis.isUp)
    }
  }

  @Test func `a short time-out after a long one is kept`() async throws {
    try await withRedis { redis, _ async throws in
      _ = try await redis.blocking(["PING"], timeout: .seconds(60))
      let start = ContinuousClock.now
      #expect(await redis.blockingOutcome(Self.read, timeout: .milliseconds(30)).failure == .timedOut)
      #expect(ContinuousClock.now - start < .seconds(1))
    }
  }

  @Test func `a killed server ends it`() async throws {
    try await withRedis { redis, server async throws in
      async let read = redis.blockingOutcome(Self.read)
      #expect(try await eventually { try await redis.info("blocked_clients") == 1 })
      await server.kill(SIGKILL)
      #expect(await read.failure == .connectionLost)
      #expect(await redis.blockingOutcome(Self.read).isUnavailable)
    }
  }

  @Test func `their number is limited`() async throws {
    try await withRedis { configuration in
      configuration.blockingLimit = 2
    } _: { redis, _ async throws in
      async let one = redis.blocking(Self.read, timeout: .seconds(60))
      async let two = redis.blocking(Self.read, timeout: .seconds(60))
      #expect(try await eventually { try await redis.info("blocked_clients") == 2 })
      #expect(await redis.blockingOutcome(Self.read).failure == .overloaded)
      _ = try await redis.command("XADD", "bus", "*", "a", "b")
      #expect(try await one == two)
    }
  }
}
