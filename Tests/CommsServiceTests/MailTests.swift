import Foundation
import HTTPTypes
import JSONBytes
import Messaging
import PrivateServers
import RedisClient
import ServiceCalls
import ServiceRuntime
import StatusModel
import Synchronization
import Testing

@testable import CommsService

extension CommsBench {
  var mailStore: MailStore {
    MailStore(redis: running.node.redis, mutations: running.node.mutations, namespace: running.node.namespace)
  }

  /// Puts a message on the bus, and again under the same uuid as often as asked.
  func publish(_ name: String, _ members: JSONValue, uuid: String, times: Int = 1) async throws {
    let node = running.node
    var data = JSONObject([("cid", "cid-of-a-test")])
    for member in members.object?.members ?? [] { data[member.name] = member.value }
    let message: JSONValue = [
      "event_name": .string(name), "event_uuid": .string(uuid), "event_creation_time": "2026-03-01T09:30:00Z",
      "event_sender_id": "users", "data": .object(data),
    ]
    let bytes = message.bytes
    for _ in 0..<times {
      _ = try await node.onLoop { try await node.redis.command("XADD", "{test}:bus", "*", "message", .bytes(bytes)) }
    }
  }

  /// Makes an account without a password; its id.
  func account(_ email: String, _ more: [(String, JSONValue)] = []) async throws -> String {
    let body: JSONValue = .object(JSONObject([("name", "Ada"), ("email", .string(email))] + more))
    let answer = try await users.node.ask(users, .post, "/api/v1/users", body.text, as: admin)
    return try #require(answer.json["id"]?.string, "\(answer.text)")
  }
}

struct MailTests {
  static let uuid = "6f4703db-79b4-495e-b1d1-bdc0fcfe3d77"

  static func message(_ name: String, _ data: JSONValue) throws -> BusMessage {
    let members = [("cid", JSONValue.string("cid-of-a-test"))] + (data.object?.members ?? []).map { ($0.name, $0.value) }
    return try BusMessage(
      JSONObject([
        ("event_name", .string(name)), ("event_uuid", .string(uuid)), ("event_creation_time", "2026-03-01T09:30:00Z"),
        ("event_sender_id", "users"), ("data", .object(JSONObject(members))),
      ]))
  }

  @Test func `without a server a mail is a file for its owner, and an admin finds links that work`() async throws {
    try await CommsBench.run { bench in
      let user = try await bench.account("ada@example.org", [("language", "fr")])
      try await eventually { try await bench.mails("set_password").count == 1 }
      let mail = try #require(try await bench.mails("set_password").first)
      #expect(mail["state"] == "kept" && mail["to"] == ["kind": "user", "id": .string(user)] && mail["attempts"] == 1)

      let file = bench.redis.directory.appending(path: "mail/\(mail["id"]?.string ?? "").eml")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("To: ada@example.org\r\n") && text.contains("Message-ID: <\(mail["id"]?.string ?? "")@localhost>\r\n"))
      #expect(text.contains("X-CID: \(mail["cid"]?.string ?? "?")\r\n") && !text.contains("List-Unsubscribe"))
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)

      let shown = try await bench.ask(.get, "/api/v1/mails/\(mail["id"]?.string ?? "")")
      let message = try #require(shown.json["message"]?["text"]?.string)
      #expect(message.contains("Choisir un mot de passe") && shown.json["message"]?["to"] == "ada@example.org")
      let token = try bench.token(after: "/password/reset?token=", in: message)
      let body: JSONValue = ["token": .string(token), "password": "a new and long password"]
      let reset = try await bench.users.node.ask(bench.users, .post, "/api/v1/auth/password/reset", body.text)
      #expect(reset.status == 204)
      #expect(try await bench.send(.get, "/api/v1/mails").status == 401)
    }
  }

  @Test func `a message that comes twice makes one mail for each`() async throws {
    try await CommsBench.run { bench in
      for name in ["ada", "bob"] { try await bench.confirmed("\(name)@example.org") }
      let said: JSONValue = ["incident_id": "INC-1", "title": "Slow", "sev": 2, "message": "x", "state": "identified", "services": []]
      let message = try Self.message("announcement.published", ["announcement": said])
      let events = MailEvents(store: bench.mailStore, subscriptions: bench.subscriptionsStore)
      for _ in 0..<3 { try await bench.running.node.onLoop { try await events.handle(message) } }
      let mails = try await bench.mails("announcement")
      #expect(mails.count == 2 && Set(mails.map { $0["id"]?.string }).count == 2 && mails.allSatisfy { $0["attempts"] == 1 })
    }
  }

  @Test func `maintenance is told, and by hand only what makes sense`() async throws {
    try await CommsBench.run { bench in
      try await bench.confirmed("ada@example.org")
      try await bench.publish(
        "maintenance.started", ["maintenance": ["title": "New disks", "message": "Short", "components": [], "starts_at": 1_772_357_400]],
        uuid: Self.uuid)
      try await eventually { try await bench.mails("maintenance").count == 1 }
      let text = try await bench.text(of: try #require(try await bench.mails("maintenance").first))
      #expect(text.contains("Maintenance has begun: New disks") && text.contains("2026-03-01 09:30 UTC"))

      let events = MailEvents(store: bench.mailStore, subscriptions: bench.subscriptionsStore)
      for data: JSONValue in [
        ["template": "announcement", "user_id": "1"], ["template": "nothing", "user_id": "1"], ["template": "reset_password"],
        ["template": "reset_password", "user_id": "a/../b"], ["template": "incident_opened", "user_id": "1", "incident_id": "?"],
      ] {
        let message = try Self.message("request.comms.mail.send", data)
        await #expect(throws: (any Error).self, "\(data.text)") { try await bench.running.node.onLoop { try await events.handle(message) } }
      }
    }
  }

  @Test func `a mail waits for a neighbour that is away, and one for somebody who is gone fails`() async throws {
    try await CommsBench.run { bench in
      try await bench.publish("request.comms.mail.send", ["template": "reset_password", "user_id": "nobody"], uuid: Self.uuid)
      try await eventually { try await bench.ask(.get, "/api/v1/mails?state=failed").json.array?.count == 1 }
      #expect(try await bench.ask(.get, "/api/v1/mails?state=failed").json[0]?["error"]?.string?.contains("user") == true)

      let reader = MailRecipient.user(try await bench.account("ada@example.org", [("password", "a long enough password")]))
      await bench.stopIncidents()
      let store = bench.mailStore
      _ = try await bench.running.node.onLoop {
        try await store.queue(.incidentOpened, event: Self.uuid, saying: ["incident_id": "INC-1"], to: [reader])
      }
      let id = MailRules.mailID(event: Self.uuid, reader)
      var record = JSONValue.null
      try await eventually {
        record = try JSONValue(parsing: try await bench.running.node.onLoop { try await store.mail(id).json })
        return record["error"]?.string?.contains("away") == true
      }
      #expect(record["state"] == "queued" && record["next_at"]?.integer ?? 0 > record["created_at"]?.integer ?? 0)
      #expect(try await bench.ask(.get, "/api/v1/mails/\(id)").status == 503)
    }
  }

  @Test func `a machine's incident wakes who wants it, once, and an assignment tells the assigned`() async throws {
    try await CommsBench.run { bench in
      let sre = try await bench.account("sre@example.org", [("role", "sre"), ("password", "a long enough password")])
      _ = try await bench.account("quiet@example.org", [("role", "sre"), ("password", "a long enough password"), ("notify", "none")])
      _ = try await bench.account("one@example.org", [("role", "sre"), ("password", "a long enough password"), ("notify", "sev1")])
      let machine: JSONValue = ["kind": "application", "id": "probe", "name": "probe"]
      let id = try await bench.declare("Disk full", sev: 2)
      let opened: JSONValue = ["actor": machine, "incident_id": .string(id), "incident": ["sev": 2]]
      try await bench.publish("incident.created", opened, uuid: Self.uuid)
      try await bench.publish("incident.created", opened, uuid: "fc228e62-18bd-4594-99d2-60470d505cc0")
      // The administrator and the sre; a person declared it before, which wakes nobody.
      try await eventually { try await bench.mails("incident_opened").count == 2 }
      let mail = try #require(try await bench.mails("incident_opened").first { $0["to"]?["id"]?.string == sre })
      #expect(try await bench.text(of: mail).contains("/dashboard/incidents/\(id)"))

      let other = try await bench.declare("Checkout down", sev: 4)
      try await bench.change(.post, other, "/assign", ["commander": .string(sre)])
      try await eventually { try await bench.mails("incident_assigned").count == 1 }
      #expect(try await bench.mails("incident_assigned")[0]["to"]?["id"]?.string == sre)
      try await bench.change(.post, other, "/assign", ["commander": .string(sre), "role": "scribe"])
      #expect(try await bench.mails().count { $0["template"]?.string?.hasPrefix("incident_") == true } == 3)
      let commands = try await bench.messages("request.comms.mail.send")
      #expect(!commands.contains { $0.text.contains("example.org") || $0.text.contains("Disk") })
    }
  }
}

extension CommsBench {
  var subscriptionsStore: SubscriptionsStore {
    SubscriptionsStore(
      redis: running.node.redis, mutations: running.node.mutations, namespace: running.node.namespace, isLimited: false)
  }
}

/// The records alone: the clock stands, and nobody sends.
struct MailStoreTests {
  static func run(_ body: @escaping @Sendable (MailStore, CommsBench.Offset) async throws -> Void) async throws {
    try await CommsBench.run { bench in
      let offset = CommsBench.Offset()
      offset.value.withLock { $0 = 1_800_000_000_000 }
      let node = bench.running.node
      let mutations = Mutations(redis: node.redis, namespace: "{other}", sender: .comms, clock: { offset.value.withLock { $0 } })
      let store = MailStore(redis: node.redis, mutations: mutations, namespace: "{other}")
      try await node.onLoop { try await body(store, offset) }
    }
  }

  @Test func `a lease keeps a mail from others until it ends`() async throws {
    try await Self.run { store, offset in
      #expect(try await store.queue(.announcement, event: "e", saying: ["a": 1], to: [.subscription("1"), .user("2")]) == 2)
      #expect(try await store.queue(.announcement, event: "e", saying: ["a": 2], to: [.subscription("1"), .user("3")]) == 1)
      var taken: [TakenMail] = []
      while let mail = try await store.take() { taken.append(mail) }
      #expect(Set(taken.map(\.recipient)) == [.subscription("1"), .user("2"), .user("3")] && taken[0].template == .announcement)
      offset.value.withLock { $0 += Int64(MailRules.lease) - 1 }
      #expect(try await store.take() == nil)
      try await store.renew([taken[0].id], now: offset.value.withLock { $0 })
      try await store.settle(taken[1].id, .sent, due: 0, error: nil)
      offset.value.withLock { $0 += 1 }
      #expect(try await store.take()?.id == taken[2].id)
      #expect(try await store.take() == nil)
      offset.value.withLock { $0 += Int64(MailRules.lease) }
      let again = [try await store.take()?.id, try await store.take()?.id]
      #expect(Set(again) == [taken[0].id, taken[2].id])
    }
  }

  @Test func `a postponed mail comes back when it is due, and errors hold no secret`() async throws {
    try await Self.run { store, offset in
      try await store.queue(.announcement, event: "e", saying: [:], to: [.subscription("1")])
      let mail = try #require(try await store.take())
      let link = "psl_" + String(repeating: "a", count: 64)
      try await store.settle(mail.id, .queued, due: 1_800_000_060_000, error: "451 \(link)")
      #expect(try await store.take() == nil)
      let listed = try await store.list(.queued, start: 0, count: 10)
      let record = try JSONValue(parsing: try #require(listed.items.first))
      #expect(listed.total == 1 && record["attempts"] == 1 && record["next_at"] == 1_800_000_060 && record["error"] == "451 psl_")
      offset.value.withLock { $0 += 60_000 }
      #expect(try await store.take()?.attempts == 1)
    }
  }

  @Test func `kept mails younger than an hour are queued when there is a server, and old ones are swept`() async throws {
    try await Self.run { store, offset in
      for event in ["old", "young"] {
        try await store.queue(.announcement, event: event, saying: [:], to: [.subscription("1")])
        try await store.settle(try #require(try await store.take()).id, .kept, due: 0, error: nil)
        offset.value.withLock { $0 += 3_000_000 }
      }
      let now = offset.value.withLock { $0 }
      let released = try await store.release(since: now - Int64(MailRules.keptLife) * 1000)
      #expect(released == [MailRules.mailID(event: "young", .subscription("1"))])
      #expect(try await store.take()?.id == released[0])
      #expect(try await store.list(.kept, start: 0, count: 10).total == 1)
      _ = try await store.redis.command("DEL", .string("{other}:comms:mail:\(MailRules.mailID(event: "old", .subscription("1")))"))
      offset.value.withLock { $0 += 8 * 86_400_000 }
      try await store.sweep()
      #expect(try await store.list(.kept, start: 0, count: 10).total == 0)
      #expect(try await store.list(nil, start: 0, count: 10).total == 1)
    }
  }
}
