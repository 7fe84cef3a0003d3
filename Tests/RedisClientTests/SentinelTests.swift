import Foundation
import Glibc
import PrivateServers
import Reactor
import RedisClient
import Synchronization
import Testing

@Suite(.serialized) struct SentinelTests {
  private static let add = RedisScript(name: "add", source: "return redis.call('SADD', KEYS[1], ARGV[1])")

  /// How often the primary is killed: `FAILOVERS` in the environment, else 5.
  private static let failovers = ProcessInfo.processInfo.environment["FAILOVERS"].flatMap { Int($0) } ?? 5

  @Test func `no write that a replica has confirmed is lost when primaries are killed, and writing goes on within 10 s`() async throws {
    let group = try await PrivateSentinels()
    try await withClient(of: group.servers[0], url: group.url, loops: 2) { configuration in
      configuration.replicas = 1
    } _: { redis async throws in
      let written = Written()
      let writers = (0..<16).map { writer in EventLoop.current.start { await Self.write(redis, writer: writer, into: written) } }
      try await Self.killPrimaries(of: group, written)
      written.isOver.store(true, ordering: .relaxed)
      for writer in writers { await writer.value }
      let kept = Set(try await redis.command("SMEMBERS", "set").array?.compactMap(\.int) ?? [])
      let acknowledged = written.numbers.withLock { $0 }
      let lost = acknowledged.filter { !kept.contains($0) }
      #expect(lost.isEmpty, "\(lost.count) of \(acknowledged.count)")
      #expect(acknowledged.count > 100 * Self.failovers)
      let pauses = written.pauses.withLock { $0 }
      #expect(pauses.allSatisfy { $0 < .seconds(10) }, "\(pauses)")
    }
    await group.stop()
  }

  private final class Written: Sendable {
    let numbers = Mutex<[Int]>([])
    /// From each kill to the next acknowledged write.
    let pauses = Mutex<[Duration]>([])
    let isOver = Atomic(false)
    var count: Int { numbers.withLock { $0.count } }
  }

  /// Each number again until it is acknowledged.
  private static func write(_ redis: Redis, writer: Int, into written: Written) async {
    var number = writer * 10_000_000
    while !written.isOver.load(ordering: .relaxed) {
      do {
        guard try await redis.runReplicated(add, keys: ["set"], arguments: [.integer(number)]).isReplicated else { continue }
        written.numbers.withLock { $0.append(number) }
        number += 1
      } catch {
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  private static func killPrimaries(of group: PrivateSentinels, _ written: Written) async throws {
    var primary = group.servers[0]
    for _ in 0..<failovers {
      let before = written.count
      try #require(await eventually { written.count > before + 100 })
      await primary.kill(SIGKILL)
      let start = ContinuousClock.now
      let atKill = written.count
      try #require(await eventually(within: .seconds(30)) { written.count > atKill + 10 })
      written.pauses.withLock { $0.append(ContinuousClock.now - start) }
      let next = try await group.untilPrimary(isNot: primary)
      try await primary.restart(adding: ["--replicaof", "127.0.0.1 \(next.port)"])
      try await group.untilSettled(on: next)
      primary = next
    }
  }

  @Test func `logins for primary and sentinels; a stopped sentinel, a dead one and a demoted primary`() async throws {
    let group = try await PrivateSentinels(password: "secret")
    for wrong in [group.url.replacing(":secret@", with: ":wrong@"), group.url.replacing("=watchword", with: "=wrong")] {
      try await withClient(of: group.servers[0], url: wrong) { redis async throws in
        let reason = "\(try #require(await redis.outcome("PING").failure, "let in"))"
        #expect(reason.contains("WRONGPASS") && !reason.contains("=wrong"))
      }
    }
    try await withClient(of: group.servers[0], url: group.url.replacing("/main", with: "/other")) { redis async throws in
      let reason = "\(try #require(await redis.outcome("PING").failure, "let in"))"
      #expect(reason.contains("knows no primary other"))
    }
    await group.sentinels[0].kill(SIGSTOP)
    await group.sentinels[1].kill(SIGKILL)
    try await withClient(of: group.servers[0], url: group.url) { redis async throws in
      #expect(try await redis.command("SET", "k", "v") == .status("OK"))
      await group.sentinels[0].kill(SIGCONT)
      // The sentinels undo this when they see it; until then the address they give is that of a replica.
      _ = try await group.servers[0].ask("REPLICAOF", "127.0.0.1", "\(group.servers[1].port)")
      let reason = "\(try #require(await redis.outcome("SET", "k", "w").failure, "written"))"
      #expect(reason.contains("READONLY"))
      #expect(!redis.isUp)
      try #require(await eventually { await redis.outcome("PING").failure.map { "\($0)".contains("it is a replica now") } ?? false })
      _ = try await group.servers[0].ask("REPLICAOF", "NO", "ONE")
      #expect(await eventually { await redis.outcome("SET", "k", "w") == .success(.status("OK")) })
    }
    await group.stop()
  }
}
