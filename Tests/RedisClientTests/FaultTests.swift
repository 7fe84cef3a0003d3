import Foundation
import Glibc
import PrivateServers
import Reactor
import RedisClient
import Testing

@Suite struct FaultTests {
  @Test func `a command without a reply times out, and later replies still find their commands`() async throws {
    try await withRedis { configuration in
      configuration.commandTimeout = .milliseconds(80)
    } _: { redis, server async throws in
      _ = try await redis.command("SET", "k", "right")
      await server.kill(SIGSTOP)
      let start = ContinuousClock.now
      async let first = redis.outcome("INCR", "n")
      async let second = redis.outcome("INCR", "n")
      #expect(await first.failure == .timedOut)
      #expect(await second.failure == .timedOut)
      #expect(ContinuousClock.now - start < .seconds(1))
      await server.kill(SIGCONT)
      #expect(await eventually { await redis.outcome("GET", "k") == .success(.bytes(Array("right".utf8))) })
      #expect(try await redis.command("GET", "n").int == 2, "given up, yet done")
      #expect(try await redis.info("total_connections_received") == 2, "one of ours, one of the readiness check")
    }
  }

  @Test func `a connection that stays silent is dropped and made again`() async throws {
    try await withRedis { configuration in
      configuration.commandTimeout = .milliseconds(50)
      configuration.connectTimeout = .milliseconds(50)
      configuration.stallTimeout = .milliseconds(100)
    } _: { redis, server async throws in
      _ = try await redis.command("PING")
      await server.kill(SIGSTOP)
      #expect(await redis.outcome("PING").failure == .timedOut)
      #expect(await eventually { !redis.isUp })
      #expect(await redis.outcome("PING").isUnavailable)
      await server.kill(SIGCONT)
      #expect(await eventually { redis.isUp })
      #expect(try await redis.command("PING") == .status("PONG"))
    }
  }

  @Test func `a server killed with commands in flight fails each once, and the client comes back`() async throws {
    try await withRedis(server: ["--appendonly", "yes", "--appendfsync", "always"]) { redis, server async throws in
      _ = try await redis.command("SET", "kept", "yes")
      await server.kill(SIGSTOP)
      let outcomes = await withTaskGroup(of: RedisFailure?.self) { group in
        for _ in 0..<1000 {
          group.addTask { await redis.outcome("INCR", "n").failure }
        }
        group.addTask {
          await server.kill(SIGKILL)
          return nil
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.filter { $0 == .connectionLost }.count == 1000)
      #expect(!redis.isUp)
      let start = ContinuousClock.now
      #expect(await redis.outcome("PING").isUnavailable)
      #expect(ContinuousClock.now - start < .milliseconds(500), "at once, no waiting")
      try await server.restart()
      #expect(await eventually { redis.isUp })
      #expect(try await redis.command("GET", "kept").string == "yes")
      #expect(try await redis.command("GET", "n") == .null)
    }
  }

  @Test func `every acknowledged write of many is there after kill -9`() async throws {
    try await withRedis(server: ["--appendonly", "yes", "--appendfsync", "always"]) { redis, server async throws in
      for round in 0..<3 {
        let before = try await redis.command("SCARD", "set").int ?? 0
        let acknowledged = await withTaskGroup(of: [Int].self) { group in
          for writer in 0..<8 {
            group.addTask {
              var done: [Int] = []
              while true {
                let member = round * 1_000_000 + writer * 100_000 + done.count
                guard case .success = await redis.outcome("SADD", "set", .integer(member)) else { return done }
                done.append(member)
              }
            }
          }
          group.addTask {
            _ = await eventually { (try? await redis.command("SCARD", "set").int).map { $0 > before + 200 } ?? true }
            await server.kill(SIGKILL)
            return []
          }
          return await group.reduce(into: []) { $0 += $1 }
        }
        try await server.restart()
        #expect(await eventually { redis.isUp })
        let kept = Set(try await redis.command("SMEMBERS", "set").array?.compactMap(\.int) ?? [])
        #expect(acknowledged.count > 100)
        #expect(acknowledged.allSatisfy { kept.contains($0) })
      }
    }
  }

  @Test func `a server that is not there fails the first command soon, and is found when it comes`() async throws {
    try await withRedis { redis, server async throws in
      await server.kill()
      let first = await redis.outcome("PING")
      guard case .unavailable(let reason)? = first.failure else {
        Issue.record("\(first)")
        return
      }
      #expect(reason.contains("redis.sock: "))
      try await server.restart()
      #expect(await eventually { await redis.outcome("PING") == .success(.status("PONG")) })
    }
  }

  @Test func `a server that accepts and says nothing fails the first commands in time`() async throws {
    try await withRedis { configuration in
      configuration.commandTimeout = .milliseconds(100)
      configuration.connectTimeout = .seconds(60)
    } _: { redis, server async throws in
      await server.kill(SIGSTOP)
      let start = ContinuousClock.now
      async let one = redis.outcome("PING")
      async let two = redis.outcome("PING")
      #expect(await one.isUnavailable)
      #expect(await two.isUnavailable)
      #expect(ContinuousClock.now - start < .seconds(5))
      await server.kill(SIGCONT)
      #expect(await eventually { redis.isUp })
    }
  }

  @Test(arguments: [false, true]) func `a cancelled command returns at once`(whileConnecting: Bool) async throws {
    try await withRedis { configuration in
      configuration.commandTimeout = .seconds(60)
      configuration.connectTimeout = .seconds(60)
    } _: { redis, server async throws in
      if !whileConnecting { _ = try await redis.command("SET", "k", "right") }
      await server.kill(SIGSTOP)
      let tasks = (0..<100).map { _ in EventLoop.current.start { await redis.outcome("INCR", "n") } }
      let other = Thread { for task in tasks { task.cancel() } }
      other.start()
      for task in tasks { #expect(await task.value.failure == .cancelled) }
      await server.kill(SIGCONT)
      if !whileConnecting { #expect(try await redis.command("GET", "k").string == "right") }
      #expect(try await redis.command("PING") == .status("PONG"))
    }
  }

  @Test func `a command of a cancelled task is not sent`() async throws {
    try await withRedis { redis, _ async throws in
      _ = try await redis.command("PING")
      let task = EventLoop.current.start {
        while !Task.isCancelled { await Task.yield() }
        return await redis.outcome("INCR", "n")
      }
      task.cancel()
      #expect(await task.value.failure == .cancelled)
      #expect(try await redis.command("GET", "n") == .null)
    }
  }

  @Test func `closing fails what waits and what comes`() async throws {
    try await withRedis { redis, server async throws in
      _ = try await redis.command("PING")
      await server.kill(SIGSTOP)
      async let waiting = redis.outcome("PING")
      async let closing: Void = redis.close()
      #expect(await waiting.failure == .connectionLost)
      await closing
      #expect(await redis.outcome("PING").isUnavailable)
    }
  }

  /// In a process of its own: other tests open and close descriptors meanwhile.
  @Test func `no descriptor is left by connections that were closed, lost or never made`() async {
    await #expect(processExitsWith: .success) {
      func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
      let server = try await PrivateRedis()
      let before = try open()
      for _ in 0..<100 {
        try await withClient(of: server) { redis async throws in
          _ = try await redis.command("PING")
          _ = try await redis.blocking(["PING"], timeout: .seconds(1))
          _ = await redis.outcome("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        }
        try await withClient(of: server, url: "redis+unix:///nowhere/redis.sock") { redis async throws in
          try #require(await redis.outcome("PING").isUnavailable)
        }
      }
      try #require(try open() < before + 50)
      try await withClient(of: server) { redis async throws in try #require(try await redis.clientCount() == 1) }
      await server.stop()
    }
  }
}
