import Foundation
import JSONBytes
import Messaging
import PrivateServers
import Reactor
import RedisClient
import StatusModel
import Synchronization
import Testing

/// What a process leaves behind when it dies.
@Suite struct TakeoverTests {
  @Test func whatADeadProcessHadInFlightItsSiblingsDo() async throws {
    try await BusWorld.run { world in
      let dying = try BusProcess(world.server)
      let begun = Tally()
      let hanging = dying.start(
        dying.worker("mails") { message in
          begun.add(message.uuid)
          try await EventLoop.current.sleep(for: .seconds(600))
        })
      try await world.publish("test.happened", count: 5)
      try await eventually("they are in flight") { begun.all.count == 5 }
      await dying.stop()
      let done = Tally()
      let task = world.own.start(world.own.worker("mails") { done.add($0.uuid) })
      try await eventually("a sibling does them") { done.all.count == 5 }
      try await eventually("nothing hangs") { try await world.pending("mails") == 0 }
      #expect(Set(done.all.keys) == Set(begun.all.keys) && done.sum == 5)
      try await eventually("the dead consumer is forgotten") {
        try await world.ask("XINFO", "CONSUMERS", "{test}:bus", "mails").array?.count == 1
      }
      hanging.cancel()
      task.cancel()
      await task.value
    }
  }

  /// A process of its own, killed with `kill -9` between reading and acknowledging.
  @Test func whatAKilledProcessHadReadIsNotLost() async throws {
    try await BusWorld.run { world in
      let task = world.own.start(world.own.worker("mails") { _ in })
      try await world.publish("test.happened")
      try await eventually("the group is there") { try await world.ask("ZCARD", "{test}:bus:done:mails").int == 1 }
      task.cancel()
      await task.value
      try await world.publish("test.happened", count: 20)

      let other = Process()
      other.executableURL = URL(filePath: "/usr/bin/env")
      other.arguments = ["redis-cli", "-s", "\(world.server.directory.path)/redis.sock"]
      let words = Pipe()
      other.standardInput = words
      other.standardOutput = FileHandle.nullDevice
      try other.start()
      words.fileHandleForWriting.write(Data("XREADGROUP GROUP mails killed COUNT 20 STREAMS {test}:bus >\n".utf8))
      try await eventually("it has read them") { try await world.pending("mails") == 20 }
      #expect(other.isRunning && kill(other.processIdentifier, SIGKILL) == 0)
      other.waitUntilExit()

      let done = Tally()
      let second = world.own.start(world.own.worker("mails") { done.add($0.uuid) })
      try await eventually("all are done") { done.all.count == 20 }
      #expect(done.sum == 20)
      second.cancel()
      await second.value
    }
  }

  @Test func aMessageThatKillsEveryProcessIsADeadLetterInTheEnd() async throws {
    try await BusWorld.run { world in
      var limits = Worker.Limits.quick
      limits.deaths = 2
      limits.lifetime = .seconds(1)
      try await world.publish("test.happened", #""deadly":true"#)
      for _ in 0..<2 {
        let dying = try BusProcess(world.server)
        let begun = Atomic(false)
        let task = dying.start(
          dying.worker("mails", limits: limits) { _ in
            begun.store(true, ordering: .relaxed)
            try await EventLoop.current.sleep(for: .seconds(600))
          })
        try await eventually("it is in flight") { begun.load(ordering: .relaxed) }
        await dying.stop()
        task.cancel()
      }
      let done = Tally()
      let task = world.own.start(world.own.worker("mails", limits: limits) { done.add($0.uuid) })
      try await eventually("it is given up") { try await world.dead("mails").count == 1 }
      #expect(done.sum == 0)
      let uuid = try #require(try await world.dead("mails").first)
      #expect(try await world.errors(uuid).first?["error_code"]?.string == "deaths")
      task.cancel()
      await task.value
    }
  }

  @Test func aWorkerThatStopsHandsOverAtOnce() async throws {
    try await BusWorld.run { world in
      let begun = Atomic(false)
      var limits = Worker.Limits.quick
      limits.lifetime = .seconds(600)
      let first = world.own.start(
        world.own.worker("mails", limits: limits) { _ in
          begun.store(true, ordering: .relaxed)
          try await EventLoop.current.sleep(for: .seconds(600))
        })
      try await world.publish("test.happened")
      try await eventually("it is in flight") { begun.load(ordering: .relaxed) }
      first.cancel()
      await first.value
      let done = Tally()
      let second = world.own.start(world.own.worker("mails", limits: limits) { done.add($0.uuid) })
      try await eventually("another does it") { done.sum == 1 }
      second.cancel()
      await second.value
    }
  }

  @Test func redisMayGoAndComeBack() async throws {
    try await BusWorld.run { world in
      _ = try await world.ask("CONFIG", "SET", "appendonly", "yes")
      _ = try await world.ask("CONFIG", "SET", "appendfsync", "always")
      let done = Tally()
      let task = world.own.start(world.own.worker("mails") { done.add($0.uuid) })
      try await world.publish("test.happened", count: 50)
      try await eventually("the first are done") { done.all.count == 50 }
      await world.server.kill()
      try await world.server.restart(adding: ["--appendonly", "yes"])
      try await eventually("it can be published") {
        (try? await world.publish("test.happened", count: 50)) != nil
      }
      try await eventually("those after it are done") { done.all.count >= 100 }
      try await eventually("nothing hangs") { try await world.pending("mails") == 0 }
      task.cancel()
      await task.value
    }
  }

  /// 10,000 messages of which every third fails softly at first and every hundredth for good, by two replicas.
  @Test func tenThousandMessages() async throws {
    try await BusWorld.run { world in
      let other = try BusProcess(world.server)
      var limits = Worker.Limits.quick
      limits.inFlight = 64
      let (attempts, done) = (Tally(), Tally())
      let lastFirst = Mutex(ContinuousClock.now)
      let tasks = [world.own, other].map { process in
        process.start(
          process.worker("mails", limits: limits) { message in
            let number = message.data["number"]?.integer ?? 0
            let attempt = attempts.add("\(number)")
            if attempt == 1 { lastFirst.withLock { $0 = ContinuousClock.now } }
            if number % 100 == 0 { throw ConsumerError.hard("number \(number) is impossible") }
            if number % 3 == 0, attempt == 1 { throw ConsumerError.soft("the network") }
            done.add("\(number)")
          })
      }
      try await world.publish("test.happened", #""number":$i"#, count: 10_000)
      try await eventually("all are done", within: .seconds(300)) { done.all.count == 9_900 }
      try await eventually("the impossible are dead letters") { try await world.dead("mails").count == 100 }
      try await eventually("nothing hangs") { try await world.pending("mails") == 0 }
      #expect(done.sum == 9_900, "each once")
      for number in 1...10_000 { #expect(attempts["\(number)"] == (number % 100 != 0 && number % 3 == 0 ? 2 : 1)) }
      for uuid in try await world.dead("mails") {
        let history = try await world.errors(uuid)
        #expect(history.count == 1 && history[0]["error_type"]?.string == "harderror")
        #expect(history[0]["error_message"]?.string?.hasSuffix("is impossible") == true)
      }
      #expect(try await world.ask("ZCARD", "{test}:bus:deferred:mails").int == 0)
      for task in tasks {
        task.cancel()
        await task.value
      }
      await other.stop()
    }
  }
}
