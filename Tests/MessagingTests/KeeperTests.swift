import JSONBytes
import Messaging
import PrivateServers
import Reactor
import RedisClient
import StatusModel
import Testing

/// Trimming behind the readers, and its bound.
@Suite struct KeeperTests {
  private func keeper(_ world: BusWorld, busLimit: Int, window: Int) -> BusKeeper {
    let mutations = Mutations(
      redis: world.own.redis, namespace: BusWorld.namespace, sender: .comms, busLimit: busLimit, clock: BusProcess.clock)
    return BusKeeper(mutations, busLimit: busLimit, window: window, clock: BusProcess.clock)
  }

  private func keep(_ world: BusWorld, _ keeper: BusKeeper) async throws { try await world.own.onLoop { _ in try await keeper.keep() } }

  private func length(_ world: BusWorld) async throws -> Int { try await world.ask("XLEN", "{test}:bus").int ?? -1 }

  /// Has a group read everything there is and stop.
  private func readAll(_ world: BusWorld, _ group: String) async throws {
    let task = world.own.start(world.own.worker(group) { _ in })
    try await eventually("\(group) has read all") {
      let supervisor = Self.supervisor(world)
      let found = try await world.own.onLoop { _ in try await supervisor.groups() }.first { $0.name == group }
      return found?.lag == 0 && found?.pending == 0
    }
    task.cancel()
    await task.value
  }

  private static func supervisor(_ world: BusWorld) -> BusSupervisor {
    let mutations = Mutations(redis: world.own.redis, namespace: BusWorld.namespace, sender: .comms, clock: BusProcess.clock)
    return BusSupervisor(redis: world.own.redis, mutations: mutations, namespace: BusWorld.namespace)
  }

  @Test func onlyWhatEveryGroupHasDoneIsTrimmed() async throws {
    try await BusWorld.run { world in
      try await world.publish("test.happened", count: 300)
      try await readAll(world, "fast")
      try await readAll(world, "slow")
      try await world.publish("test.happened", count: 2_500)
      try await readAll(world, "fast")
      let keeper = keeper(world, busLimit: 1_000_000, window: 100)
      try await keep(world, keeper)
      #expect(try await length(world) == 2_501, "slow has not read them; the one it read last stays")
      try await readAll(world, "slow")
      try await keep(world, keeper)
      #expect(try await length(world) == 100)
      #expect(try await world.ask("HLEN", "{test}:bus:gaps").int == 0)
    }
  }

  @Test func whatIsInFlightIsNotTrimmed() async throws {
    try await BusWorld.run { world in
      let task = world.own.start(
        world.own.worker("mails") { message in
          if message.data["slow"] != nil { try await EventLoop.current.sleep(for: .seconds(600)) }
        })
      try await world.publish("test.happened", #""slow":true"#)
      try await world.publish("test.happened", count: 500)
      try await eventually("one is in flight alone") { try await world.ask("ZCARD", "{test}:bus:done:mails").int == 500 }
      try await keep(world, keeper(world, busLimit: 1_000_000, window: 10))
      #expect(try await length(world) == 501)
      task.cancel()
      await task.value
    }
  }

  @Test func aGroupThatIsTooFarBehindGoesOnFromTheOldestKept() async throws {
    try await BusWorld.run { world in
      try await world.publish("test.happened", count: 10)
      try await readAll(world, "lagging")
      try await world.publish("test.happened", count: 5_000, busLimit: 1_000)
      let left = try await length(world)
      #expect(left < 1_200, "BUS_MAX holds without a keeper too")
      try await keep(world, keeper(world, busLimit: 1_000, window: 1_000))
      let missed = 5_000 - left
      #expect(try await world.ask("HGET", "{test}:bus:gaps", "lagging").int == missed)
      let newest = try await world.ask("XREVRANGE", "{test}:bus", "+", "-", "COUNT", "1").array?.first?.array?.last?.array?.last?.bytes
      let gap = try BusMessage(parsing: try #require(newest))
      #expect(gap.name == "bus.gap" && gap.data["group"]?.string == "lagging" && gap.data["missed"]?.integer == missed)

      let seen = Tally()
      let task = world.own.start(world.own.worker("lagging") { seen.add($0.uuid) })
      try await eventually("it goes on") { seen.all.count >= left - 200 }
      task.cancel()
      await task.value
      try await keep(world, keeper(world, busLimit: 1_000, window: 1_000))
      #expect(try await world.ask("HGET", "{test}:bus:gaps", "lagging").int == missed, "told once")
      let groups = try await world.own.onLoop { _ in try await Self.supervisor(world).groups() }
      #expect(groups.first { $0.name == "lagging" }?.missed == missed)
    }
  }

  @Test func aRestartOfRedisIsNoGap() async throws {
    try await BusWorld.run(["--appendonly", "yes", "--appendfsync", "always"]) { world in
      let keeper = keeper(world, busLimit: 1_000_000, window: 1_000)
      try await world.publish("test.happened", count: 20)
      try await readAll(world, "mails")
      try await keep(world, keeper)
      await world.server.kill()
      try await world.server.restart()
      try await eventually("Redis is back with what it had") { (try? await length(world)) == 20 }
      let groups = try await world.own.onLoop { _ in try await Self.supervisor(world).groups() }
      #expect(groups.first { $0.name == "mails" }?.lag == 0)
      try await keep(world, keeper)
      #expect(try await world.ask("HLEN", "{test}:bus:gaps").int == 0)
      #expect(try await length(world) == 20, "no bus.gap was told")
    }
  }

  @Test func whoMayNotAskForInfoKeepsTheBusAllTheSame() async throws {
    try await BusWorld.run { world in
      try await world.publish("test.happened", count: 50)
      try await readAll(world, "mails")
      _ = try await world.ask("ACL", "SETUSER", "default", "-info")
      for _ in 0..<2 { try await keep(world, keeper(world, busLimit: 1_000_000, window: 10)) }
      #expect(try await length(world) == 10)
    }
  }

  @Test func oneOfSeveralKeepersWorks() async throws {
    try await BusWorld.run { world in
      try await world.publish("test.happened", count: 50)
      let (first, second) = (keeper(world, busLimit: 1_000_000, window: 10), keeper(world, busLimit: 1_000_000, window: 5))
      try await keep(world, first)
      try await keep(world, second)
      #expect(try await length(world) == 10)
      _ = try await world.ask("DEL", "{test}:bus:keeper")
      try await keep(world, second)
      #expect(try await length(world) == 5)
    }
  }

  @Test func whatWasDoneIsNotRememberedForEver() async throws {
    try await BusWorld.run { world in
      try await world.publish("test.happened", count: 5)
      try await readAll(world, "mails")
      _ = try await world.ask("ZADD", "{test}:bus:done:mails", "1000", "an-old-one")
      try await keep(world, keeper(world, busLimit: 1_000_000, window: 10))
      #expect(try await world.ask("ZCARD", "{test}:bus:done:mails").int == 5)
    }
  }

  @Test func aGroupNobodyReadsForAWeekIsDropped() async throws {
    try await BusWorld.run { world in
      _ = try await world.ask("XADD", "{test}:bus", "1000-0", "message", "old")
      _ = try await world.ask("XGROUP", "CREATE", "{test}:bus", "forgotten", "1000-0", "ENTRIESREAD", "1")
      _ = try await world.ask("XADD", "{test}:bus", "2000-0", "message", "old")
      try await world.publish("test.happened", count: 200)
      _ = try await world.ask("XTRIM", "{test}:bus", "MAXLEN", "100")
      try await keep(world, keeper(world, busLimit: 1_000_000, window: 1_000))
      #expect(try await world.ask("XINFO", "GROUPS", "{test}:bus").array?.isEmpty == true)
      #expect(try await world.ask("HGET", "{test}:bus:gaps", "forgotten").int == 101)
    }
  }
}
