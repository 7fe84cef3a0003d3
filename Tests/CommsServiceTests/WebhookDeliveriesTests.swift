import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import Reactor
import ServiceCalls
import ServiceRuntime
import Signing
import StatusModel
import Testing

@testable import CommsService

struct WebhookDeliveriesTests {
  @Test func `an event is one signed call`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      let uuid = UUIDText.random()
      for _ in 1...3 { try await bench.announce(uuid) }
      let delivery = try await bench.delivery(of: webhook, "delivered")
      #expect(bench.endpoint.calls.count == 1, "the same event again is nothing new")
      let call = bench.endpoint.calls[0]
      #expect(call.id == delivery["id"]?.string && call.isSigned(with: webhook.secret))
      #expect(call.fields[.contentType] == "application/json" && call.fields[HTTPField.Name("X-CID")!] == "cid-of-announcing")
      #expect(call.fields[HTTPField.Name("webhook-timestamp")!] == "1800000000")
      #expect(try JSONValue(parsing: call.body)["data"]?["announcement"]?["message"] == "We look")
      let attempt = try #require(delivery["attempts"]?[0])
      #expect(attempt["status"] == 204 && attempt["error"] == .null && attempt["answer"] == "" && attempt["at"] == 1_800_000_000)
      #expect(delivery["next_at"] == .null && delivery["event_uuid"] == .string(uuid) && delivery["cid"] == "cid-of-announcing")
      try await bench.announce()
      try await soon { bench.endpoint.calls.count == 2 }
      #expect(bench.endpoint.calls[1].id != call.id)
    }
  }

  @Test func `what is on the bus goes out, in every replica's share`() async throws {
    try await WebhooksBench.run { bench in
      try await bench.withReplica { _ in
        let webhook = try await bench.register("/hook", ["events": ["flag.changed"]])
        let publish = MutationScript(name: "publish", source: #"publish('flag.changed', '"flag":"' .. arg(1) .. '"'); return { 'ok' }"#)
        for number in 1...20 {
          _ = try await bench.node.onLoop { [node = bench.node] in try await node.mutations.run(publish, ["flag-\(number)"]) }
        }
        try await soon { try await bench.deliveries(of: webhook).filter { $0["state"] == "delivered" }.count == 20 }
        let flags = try bench.endpoint.calls.map { try JSONValue(parsing: $0.body)["data"]?["flag"]?.string }
        #expect(flags.count == 20 && Set(flags).count == 20)
      }
    }
  }

  @Test func `a failed call is repeated by the schedule, under its id`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      bench.endpoint.answers(.internalServerError, [:], "broken")
      try await bench.announce()
      var delivery = try await bench.delivery(of: webhook, attempts: 1)
      #expect(delivery["state"] == "queued" && delivery["attempts"]?[0]?["answer"] == "broken")
      let next = try #require(delivery["next_at"]?.integer)
      #expect((1_800_000_005...1_800_000_006).contains(next))
      bench.clock.advance(seconds: 4)
      try await Task.sleep(for: .milliseconds(1_500))  // More than the sender's round: nothing is due.
      #expect(bench.endpoint.calls.count == 1)
      bench.clock.advance(seconds: 2)
      delivery = try await bench.delivery(of: webhook, attempts: 2)
      #expect(delivery["tries"] == 2)
      bench.endpoint.answers(.ok)
      bench.clock.advance(seconds: 331)
      delivery = try await bench.delivery(of: webhook, "delivered")
      let calls = bench.endpoint.calls
      #expect(calls.count == 3 && Set(calls.map(\.id)).count == 1 && Set(calls.map(\.body)).count == 1)
      #expect(calls.allSatisfy { $0.isSigned(with: webhook.secret) }, "signed anew for its time")
      #expect(try await bench.webhook(webhook)["state"] == "active")
    }
  }

  @Test func `at the end of the schedule the endpoint is failing, its owner is told, and a success ends that`() async throws {
    try await WebhooksBench.run { bench in
      let owner = Caller(person: Person(id: "6f4703db-79b4-495e-b1d1-bdc0fcfe3d77", name: "Ada", email: "a@b", role: .sre, sessionID: nil))
      let address = try TypedAddress(bench.endpoint.url + "/hook")
      let webhook = WebhooksBench.Registered(id: UUIDText.random(), secret: SecretToken.make(.webhookSecret))
      _ = try await bench.node.onLoop { [node = bench.node] in
        let new = NewWebhook(address: address, events: ["#"], description: "", format: .standard)
        return try await Caller.$current.withValue(owner) {
          try await Webhooks(node).store.create(new, id: webhook.id, secret: webhook.secret)
        }
      }
      bench.endpoint.answers(.badGateway)
      try await bench.announce()
      for attempt in 1...10 {
        _ = try await bench.delivery(of: webhook, attempts: attempt)
        bench.clock.advance(seconds: 86_400 * 11 / 10 + 1)
      }
      let delivery = try await bench.delivery(of: webhook, "failed")
      #expect(delivery["tries"] == 10 && bench.endpoint.calls.count == 10)
      let failing = try await bench.webhook(webhook)
      #expect(failing["state"] == "failing" && failing["failing_since"]?.integer != nil)
      let messages = try await bench.messages()
      #expect(messages.filter { $0.name == "webhook.failing" }.count == 1)
      let mail = try #require(messages.first { $0.name == "request.comms.mail.send" })
      #expect(mail.data["template"] == "webhook_failing" && mail.data["user_id"]?.string == owner.person?.id)
      #expect(mail.data["webhook_id"] == .string(webhook.id))

      bench.endpoint.answers(.ok)
      try await bench.announce()
      _ = try await bench.delivery(of: webhook, "delivered")
      #expect(try await bench.webhook(webhook)["state"] == "active", "a failing one is called all the same")
      #expect(try await bench.messages().contains { $0.name == "webhook.recovered" })
    }
  }

  @Test func `410 disables, and what waited is cancelled`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      bench.endpoint.answers(.serviceUnavailable)
      try await bench.announce()
      _ = try await bench.delivery(of: webhook, attempts: 1)
      bench.endpoint.answers(.gone)
      try await bench.announce()
      try await soon { try await bench.webhook(webhook)["state"] == "disabled" }
      bench.clock.advance(seconds: 10)
      try await soon { Set(try await bench.deliveries(of: webhook).map { $0["state"]?.string }) == ["failed", "cancelled"] }
      try await bench.announce()
      #expect(try await bench.deliveries(of: webhook).count == 2 && bench.endpoint.calls.count == 2)
      #expect(try await bench.messages().map(\.name).suffix(1) == ["webhook.disabled"])
      bench.endpoint.answers(.ok)
      #expect(try await bench.ask(.patch, webhook.path, ["state": "active"]).json["state"] == "active")
      try await bench.announce()
      _ = try await bench.delivery(of: webhook, "delivered")
    }
  }

  @Test func `Retry-After is waited for, as a number and as a date`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      bench.endpoint.answers(.tooManyRequests, [.retryAfter: "600"])
      try await bench.announce()
      var delivery = try await bench.delivery(of: webhook, attempts: 1)
      #expect((1_800_000_600...1_800_000_660).contains(delivery["next_at"]?.integer ?? 0))
      bench.clock.advance(seconds: 661)
      bench.endpoint.answers(.serviceUnavailable, [.retryAfter: "Fri, 15 Jan 2027 10:00:00 GMT"])
      delivery = try await bench.delivery(of: webhook, attempts: 2)
      #expect((1_800_007_200...1_800_007_900).contains(delivery["next_at"]?.integer ?? 0))
    }
  }

  @Test func `a redirect is not followed`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      bench.endpoint.answers(.found, [.location: "\(bench.endpoint.url)/inside"])
      try await bench.announce()
      let delivery = try await bench.delivery(of: webhook, attempts: 1)
      #expect(delivery["attempts"]?[0]?["status"] == 302 && delivery["state"] == "queued")
      #expect(bench.endpoint.calls.map(\.path) == ["/hook"])
    }
  }

  @Test func `of a huge answer the beginning is kept`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      bench.endpoint.answers { _ in
        Response(
          body: .stream { stream in
            for _ in 1...100_000 { try await stream.write(Array("0123456789abcdef".repeated(64).utf8)) }
          })
      }
      try await bench.announce()
      let delivery = try await bench.delivery(of: webhook, "delivered")
      #expect(delivery["attempts"]?[0]?["answer"] == .string("0123456789abcdef".repeated(64)))
    }
  }

  @Test func `one that hangs is given up after fifteen seconds, and holds up nobody`() async throws {
    try await WebhooksBench.run { bench in
      let hanging = try await bench.register("/hangs")
      let quick = try await bench.register("/quick")
      bench.endpoint.answers { request in
        if request.path == "/hangs" { try await EventLoop.current.sleep(for: .seconds(120)) }
        return Response(status: .noContent)
      }
      for _ in 1...3 { try await bench.announce() }
      try await soon { try await bench.deliveries(of: quick).allSatisfy { $0["state"] == "delivered" } }
      #expect(bench.endpoint.calls(of: "/hangs").count == 1, "one call at a time")
      try await soon { try await bench.deliveries(of: hanging).contains { $0["attempts"]?.array?.isEmpty == false } }
      let attempt = try #require(try await bench.deliveries(of: hanging).compactMap { $0["attempts"]?[0] }.first)
      #expect(attempt["status"] == .null && attempt["error"]?.string?.hasPrefix("No answer in time") == true)
    }
  }

  @Test func `a replay is the same call, and needs one that is over`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      bench.endpoint.answers(.internalServerError)
      try await bench.announce()
      let delivery = try await bench.delivery(of: webhook, attempts: 1)
      let path = "\(webhook.path)/deliveries/\(delivery["id"]?.string ?? "")"
      #expect(try await bench.ask(.post, path + "/replay").status == 409)
      bench.endpoint.answers(.ok)
      bench.clock.advance(seconds: 6)
      _ = try await bench.delivery(of: webhook, "delivered")
      let answer = try await bench.ask(.post, path + "/replay")
      #expect(answer.status == 202 && answer.json["state"] == "queued" && answer.json["attempts"]?.array?.count == 2)
      _ = try await bench.delivery(of: webhook, "delivered", attempts: 3)
      #expect(Set(bench.endpoint.calls.map(\.id)).count == 1 && bench.endpoint.calls.count == 3)
      #expect(try await bench.ask(.get, path).json["attempts"]?.array?.count == 3)
      let other = try await bench.register("/other")
      #expect(try await bench.ask(.post, "\(other.path)/deliveries/\(delivery["id"]?.string ?? "")/replay").status == 404)
    }
  }

  @Test func `a test is sent once, and harms nothing`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register("/hook", ["format": "slack"])
      bench.endpoint.answers(.gone)
      let made = try await bench.ask(.post, webhook.path + "/test")
      #expect(made.status == 202 && made.json["event"] == "webhook.tested")
      let failed = try await bench.delivery(of: webhook, "failed")
      #expect(failed["id"] == made.json["id"] && failed["attempts"]?.array?.count == 1)
      #expect(try await bench.webhook(webhook)["state"] == "active")
      #expect(try JSONValue(parsing: bench.endpoint.calls[0].body)["text"]?.string?.contains("A test") == true)
    }
  }

  @Test func `two replicas send each delivery once`() async throws {
    try await WebhooksBench.run { bench in
      try await bench.withReplica { _ in
        var webhooks: [WebhooksBench.Registered] = []
        for number in 1...10 { webhooks.append(try await bench.register("/hook-\(number)")) }
        for _ in 1...5 { try await bench.announce() }
        for webhook in webhooks {
          try await soon { try await bench.deliveries(of: webhook).filter { $0["state"] == "delivered" }.count == 5 }
        }
        #expect(bench.endpoint.calls.count == 50 && Set(bench.endpoint.calls.map(\.id)).count == 50)
      }
    }
  }

  @Test func `what a dead sender had is another's when its lease ends`() async throws {
    try await WebhooksBench.run(sends: false) { bench in
      let store = WebhooksStore(redis: bench.node.redis, mutations: bench.node.mutations, namespace: bench.node.namespace)
      let webhook = try await bench.register()
      try await bench.announce()
      let delivery = try await bench.delivery(of: webhook)
      let (clock, node) = (bench.clock, bench.node)
      try await node.onLoop {
        let first = try await store.claim(lease: "first", limit: 10)
        #expect(first.map(\.id) == [delivery["id"]?.string] && first[0].secrets == [webhook.secret])
        let none = try await store.claim(lease: "second", limit: 10)
        #expect(none.isEmpty)
        clock.advance(seconds: 31)
        let second = try await store.claim(lease: "second", limit: 10)
        #expect(second.map(\.id) == first.map(\.id))
        let late = try await store.settle(first[0], .delivered, attempt: [:])
        let settled = try await store.settle(second[0], .delivered, attempt: [:])
        #expect(!late && settled)
        clock.advance(seconds: 31)
        let nothing = try await store.claim(lease: "third", limit: 10)
        #expect(nothing.isEmpty)
      }
    }
  }
}
