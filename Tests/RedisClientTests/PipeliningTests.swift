import Glibc
import PrivateServers
import Reactor
import RedisClient
import Testing

@Suite struct PipeliningTests {
  @Test func `what is asked in one turn leaves in one write`() async throws {
    try await withRedis { redis, _ async throws in
      let before = try #require(try await redis.info("total_reads_processed"))
      try await withThrowingTaskGroup(of: RedisValue.self) { group in
        for number in 0..<100 { group.addTask { try await redis.command("SET", "k:\(number)", .integer(number)) } }
        try await group.waitForAll()
      }
      let after = try #require(try await redis.info("total_reads_processed"))
      #expect(after - before == 2, "one read for a hundred commands, one for INFO itself")
    }
  }

  @Test func `each command gets its own reply, in the order they were sent`() async throws {
    try await withRedis { redis, _ async throws in
      let numbers = try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
        for number in 1...2000 {
          group.addTask { (number, try await redis.command("RPUSH", "list", .integer(number)).int) }
        }
        return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      #expect(numbers.count == 2000)
      #expect(numbers.allSatisfy { $0.key == $0.value })
      let list = try await redis.command("LRANGE", "list", 0, -1).array?.map(\.int)
      let inOrder = list == Array(1...2000)
      #expect(inOrder)
    }
  }

  @Test func `beyond the limit of commands in flight they are refused at once`() async throws {
    try await withRedis { redis, _ async throws in
      _ = try await redis.command("PING")
      let outcomes = await withTaskGroup(of: Result<RedisValue, RedisFailure>.self) { group in
        for _ in 0..<10_003 { group.addTask { await redis.outcome("INCR", "n") } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.filter { $0.failure == nil }.count == 10_000)
      #expect(outcomes.filter { $0.failure == .overloaded }.count == 3)
      #expect(try await redis.command("GET", "n").int == 10_000)
    }
  }

  @Test func `beyond the limit of unsent bytes they are refused at once`() async throws {
    try await withRedis { configuration in
      configuration.unsentByteLimit = 4 << 20
    } _: { redis, server async throws in
      _ = try await redis.command("PING")
      await server.kill(SIGSTOP)
      let megabyte = RedisArgument.bytes([UInt8](repeating: 120, count: 1 << 20))
      let outcomes = await withTaskGroup(of: Result<RedisValue, RedisFailure>.self) { group in
        for _ in 0..<10 { group.addTask { await redis.outcome("SET", "k", megabyte) } }
        let first = await group.next()
        await server.kill(SIGCONT)
        return await group.reduce(into: [first!]) { $0.append($1) }
      }
      #expect(outcomes.first?.failure == .overloaded)
      #expect(outcomes.filter { $0.failure == .overloaded }.count == 6)
      #expect(outcomes.filter { $0.failure == nil }.count == 4)
    }
  }

  @Test func `each loop has a connection of its own`() async throws {
    let server = try await PrivateRedis()
    let loops = LoopGroup(count: 3)
    loops.start()
    let workers = WorkerPool(threads: 1)
    let redis = Redis(try RedisConfiguration(url: server.url), loops: loops, workers: workers)
    try await loops.onEach { _ in _ = try await redis.command("INCR", "n") }
    try await loops.onEach { _ in try #require(redis.isUp) }
    try await loops.onEach { _ in
      let increments = try await redis.command("GET", "n").int
      let clients = try await redis.clientCount()
      #expect(increments == 3 && clients == 3)
    }
    await redis.close()
    loops.stop()
    workers.stop()
  }
}
