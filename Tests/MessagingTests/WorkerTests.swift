import JSONBytes
@testable import Messaging
import PrivateServers
import Reactor
import RedisClient
import Signing
import StatusModel
import Synchronization
import Testing

@Suite struct WorkerTests {
  @Test func eachMessageIsDoneOnceByTwoReplicas() async throws {
    try await BusWorld.run { world in
      let done = Tally()
      let shares = Tally()
      let other = try BusProcess(world.server)
      let tasks = [("a", world.own), ("b", other)].map { name, process in
        process.start(
          process.worker("mails") { message in
            done.add(message.uuid)
            shares.add(name)
            try await EventLoop.current.sleep(for: .milliseconds(2))
          })
      }
      try await world.publish("test.happened", count: 400)
      try await world.publish("other.happened", count: 50)
      try await eventually("all are done") { done.all.count == 400 }
      try await eventually("all are acknowledged") { try await world.pending("mails") == 0 }
      #expect(done.sum == 400)
      #expect(shares["a"] > 0 && shares["b"] > 0, "both have their share")
      for task in tasks { task.cancel() }
      for task in tasks { await task.value }
      await other.stop()
    }
  }

  @Test func aHandlerHasTheContextOfItsMessage() async throws {
    try await BusWorld.run { world in
      let seen = Mutex<(cid: String, actor: String)?>(nil)
      let task = world.own.start(
        world.own.worker("mails") { _ in seen.withLock { $0 = (CorrelationID.current, Caller.current.actor) } })
      let ada = Person(id: "7", name: "Ada", email: "ada@example.org", role: .admin, sessionID: nil)
      try await CorrelationID.$current.withValue("cid-of-the-request") {
        try await Caller.$current.withValue(Caller(person: ada)) { try await world.publish("test.happened") }
      }
      try await eventually("it is handled") { seen.withLock { $0 != nil } }
      #expect(seen.withLock { $0?.cid } == "cid-of-the-request")
      #expect(seen.withLock { $0?.actor } == #"{"kind":"user","id":"7","name":"Ada"}"#)
      task.cancel()
      await task.value
    }
  }

  @Test func softErrorsComeBackToTheirGroupAloneAndThenAreHard() async throws {
    try await BusWorld.run { world in
      let attempts = Tally()
      var limits = Worker.Limits.quick
      limits.attempts = 4
      let failing = world.own.start(
        world.own.worker("failing", limits: limits) { message in
          if attempts.add(message.uuid) == 1 { Worker.note(.warning, "a first look") }
          throw Failure.unavailable("The mail server is away.", retryAfter: 1)
        })
      let content = world.own.start(world.own.worker("content") { attempts.add("content " + $0.uuid) })
      try await world.publish("test.happened")
      try await eventually("it is given up") { try await world.dead("failing").count == 1 }
      let uuid = try #require(try await world.dead("failing").first)
      #expect(attempts[uuid] == 4)
      #expect(attempts["content " + uuid] == 1)
      let kinds = try await world.errors(uuid).compactMap { $0["error_type"]?.string }
      #expect(kinds == ["warning", "softerror", "softerror", "softerror", "softerror", "harderror"])
      let first = try await world.errors(uuid)[1]
      #expect(first["error_message"]?.string == "The mail server is away." && first["error_sender"]?.string == "failing")
      #expect(try await world.ask("ZCARD", "{test}:bus:deferred:failing").int == 0)
      #expect(try await world.pending("failing") == 0)
      for task in [failing, content] {
        task.cancel()
        await task.value
      }
    }
  }

  @Test func pausesDoubleUpToTheLongest() {
    let limits = Worker.Limits()
    for (count, seconds) in [(1, 2.0), (2, 4), (3, 8), (10, 1024), (11, 1800), (47, 1800)] {
      for _ in 0..<50 { #expect((seconds * 799...seconds * 1201).contains(Double(Worker.delay(after: count, limits)))) }
    }
  }

  @Test func whatCannotBeReadIsADeadLetterAtOnceAndBlocksNobody() async throws {
    try await BusWorld.run { world in
      let done = Tally()
      let tasks = ["one", "two"].map { group in world.own.start(world.own.worker(group) { _ in done.add(group) }) }
      try await world.publishRaw("no message at all")
      try await world.publishRaw(#"{"event_name":"test.happened"}"#)
      _ = try await world.ask("XADD", "{test}:bus", "*", "other", "field")
      try await world.publish("test.happened")
      try await eventually("what is behind them is done") { done.all == ["one": 1, "two": 1] }
      try await eventually("they are letters") { try await world.dead("invalid").count == 3 }
      for group in ["one", "two"] { try await eventually("nothing hangs") { try await world.pending(group) == 0 } }
      let uuid = try #require(try await world.dead("invalid").first)
      #expect(UUIDText.isValid(uuid))
      let held = try await world.ask("HGET", .string("{test}:bus:held:invalid:\(uuid)"), "message")
      #expect(held.string == "no message at all")
      #expect(try await world.errors(uuid).count == 1, "once for both groups")
      for task in tasks {
        task.cancel()
        await task.value
      }
    }
  }

  @Test func whatIsPublishedTwiceUnderOneUUIDIsDoneOnce() async throws {
    try await BusWorld.run { world in
      let done = Tally()
      let task = world.own.start(world.own.worker("mails") { done.add($0.uuid) })
      let text =
        #"{"event_name":"test.happened","event_uuid":"0b0e7a52-8a8e-4b57-9f3a-000000000001","#
        + #""event_creation_time":"2026-03-01T09:30:00Z","event_sender_id":"users","data":{"cid":"cid-00001"}}"#
      try await world.publishRaw(text)
      try await eventually("it is done") { done.sum == 1 }
      try await eventually("it is acknowledged") { try await world.pending("mails") == 0 }
      try await world.publishRaw(text)
      try await world.publish("test.happened")
      try await eventually("the last is done") { done.all.count == 2 }
      #expect(done.sum == 2)
      task.cancel()
      await task.value
    }
  }

  @Test func aSlowHandlerHoldsUpNobodyAndIsStoppedInTheEnd() async throws {
    try await BusWorld.run { world in
      let done = Tally()
      var limits = Worker.Limits.quick
      limits.handlingTime = .seconds(1)
      limits.attempts = 1
      let task = world.own.start(
        world.own.worker("mails", limits: limits) { message in
          if message.data["slow"] != nil { try await EventLoop.current.sleep(for: .seconds(600)) }
          done.add(message.uuid)
        })
      try await world.publish("test.happened", #""slow":true"#)
      try await world.publish("test.happened", count: 100)
      try await eventually("the others are done") { done.sum == 100 }
      try await eventually("it is stopped") { try await world.dead("mails").count == 1 }
      task.cancel()
      await task.value
    }
  }
}
