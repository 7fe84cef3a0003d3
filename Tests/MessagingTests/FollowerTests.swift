import Messaging
import PrivateServers
import Synchronization
import Testing

@Suite struct FollowerTests {
  @Test func itRebuildsAtTheStartOnWhatConcernsItAndAfterAnAbsence() async throws {
    try await BusWorld.run { world in
      let watcher = Watcher(redis: world.own.redis, namespace: BusWorld.namespace)
      let built = Atomic(0)
      let follower = Follower(watcher, concerns: { $0.hasPrefix("flag.") }) { built.add(1, ordering: .relaxed) }
      let tasks = [
        Task { try? await world.own.onLoop { _ in await watcher.run() } },
        Task { try? await world.own.onLoop { _ in await follower.run() } },
      ]
      func count() -> Int { built.load(ordering: .relaxed) }
      // Once at the start, once more when the watcher has begun to read, or both in one.
      let seen = watcher.subscribe()
      for await event in seen { if case .gap = event { break } }
      try await eventually("it is built") { count() >= 1 }
      try await world.publish("flag.changed")
      let before = count()
      try await eventually("it is built anew") { count() > before || count() >= 3 }

      let settled = try await settled(count)
      try await world.publish("other.changed", count: 20)
      try await world.publish("flag.changed", count: 500)
      try await eventually("the burst is seen") { count() > settled }
      let afterwards = try await self.settled(count)
      #expect(afterwards - settled < 50, "a burst is joined")

      try await world.server.restart()
      try await eventually("it is built after the absence") { count() > afterwards }
      for task in tasks {
        task.cancel()
        await task.value
      }
    }
  }

  @Test func aRebuildThatFailsIsRepeatedAndOneIsMadeEveryPeriod() async throws {
    try await BusWorld.run { world in
      struct Away: Error {}
      let watcher = Watcher(redis: world.own.redis, namespace: BusWorld.namespace)
      let tries = Atomic(0)
      let follower = Follower(watcher, every: .milliseconds(100), concerns: { _ in false }) {
        if tries.add(1, ordering: .relaxed).newValue == 1 { throw Away() }
      }
      let task = Task { try? await world.own.onLoop { _ in await follower.run() } }
      try await eventually("it is tried again, and periodically") { tries.load(ordering: .relaxed) >= 5 }
      task.cancel()
      await task.value
    }
  }

  /// The count once it has stood still for half a second.
  private func settled(_ count: () -> Int) async throws -> Int {
    var last = count()
    var since = ContinuousClock.now
    try await eventually("it stands still") {
      if count() != last { (last, since) = (count(), ContinuousClock.now) }
      return ContinuousClock.now - since > .milliseconds(500)
    }
    return last
  }
}
