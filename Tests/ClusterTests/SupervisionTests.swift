import HTTPTypes
import JSONBytes
import Messaging
import PrivateServers
import ServiceRuntime
import StatusModel
import Testing

/// What operators see of the bus, and what they can do.
struct SupervisionTests {
  @Test func messagesAreFoundByNameSenderCidTextAndTime() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      for (title, cid) in [("Checkout down", "cid-of-one"), ("Search slow", "cid-of-two")] {
        let answer = try await cluster.call(
          .incidents, .post, "/api/v1/incidents", ["title": .string(title), "sev": 2], token: token, headers: ["X-CID": cid])
        #expect(answer.status == .created)
      }
      func names(_ query: String) async throws -> [String] {
        let answer = try await cluster.call(.comms, .get, "/api/v1/messages\(query)", token: token)
        #expect(answer.status == .ok)
        #expect(answer.json["totalResults"]?.integer == answer.json["results"]?.array?.count && answer.json["searched_to"] == .null)
        return (answer.json["results"]?.array ?? []).map { "\($0["event_name"]?.string ?? "") \($0["data"]?["cid"]?.string ?? "")" }
      }
      let both = ["incident.created cid-of-two", "incident.created cid-of-one"]
      #expect(try await names("?name=incident.%23") == both)
      #expect(try await names("?name=*.created&sender=incidents") == both)
      #expect(try await names("?cid=cid-of-one") == ["incident.created cid-of-one"])
      #expect(try await names("?q=CHECKOUT") == ["incident.created cid-of-one"])
      #expect(try await names("?name=incident.%23&state=ok") == both)
      #expect(try await names("?name=incident.%23&to=1000").isEmpty)
      #expect(try await names("?name=incident.%23&from=1000") == both)
      #expect(try await names("?name=incident.*.changed").isEmpty)
      #expect(try await names("?sender=nobody").isEmpty)
      let page = try await cluster.call(.comms, .get, "/api/v1/messages?name=incident.%23&startIndex=1&maxResults=1", token: token).json
      #expect(page["totalResults"]?.integer == 2 && page["results"]?[0]?["data"]?["cid"]?.string == "cid-of-one")
      for query in ["name=A", "name=a..b", "from=x", "to=-1", "state=lost", "maxResults=0", "q="] {
        #expect(try await cluster.call(.comms, .get, "/api/v1/messages?\(query)", token: token).status == .badRequest, "\(query)")
      }
    }
  }

  @Test func aMessageIsSentByHandAndSaysWhoSentIt() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      let sent = try await cluster.call(
        .comms, .post, "/api/v1/messages",
        ["event_name": "audit.note", "data": ["text": "done", "sent_by": ["id": "somebody else"], "actor": "me"]], token: admin,
        headers: ["X-CID": "cid-of-the-note"])
      #expect(sent.status == .created && sent.json["event_sender_id"]?.string == "comms")
      let uuid = try #require(sent.json["event_uuid"]?.string)
      #expect(sent.headerFields[.location] == "/api/v1/messages/\(uuid)")
      let read = try await cluster.call(.comms, .get, "/api/v1/messages/\(uuid)", token: admin).json
      #expect(read["data"]?["text"]?.string == "done" && read["data"]?["cid"]?.string == "cid-of-the-note")
      #expect(read["data"]?["sent_by"]?["kind"]?.string == "user" && read["data"]?["sent_by"]?["id"]?.string != "somebody else")
      #expect(read["data"]?["actor"]?["kind"]?.string == "user")
      #expect(read["state"]?.string == "ok" && read["errors_count"]?.integer == 0)
      let given: JSONValue = [
        "event_name": "audit.note", "event_uuid": "0B0E7A52-8A8E-4B57-9F3A-000000000001", "event_creation_time": "2026-03-01T09:30:00Z",
      ]
      _ = try await cluster.call(.comms, .post, "/api/v1/messages", given, token: admin)
      let other = try await cluster.call(.comms, .get, "/api/v1/messages/0B0E7A52-8A8E-4B57-9F3A-000000000001", token: admin)
      #expect(other.json["event_creation_time"]?.string == "2026-03-01T09:30:00Z")

      for body: JSONValue in [
        [:], ["event_name": "Audit"], ["event_name": "a..b"], ["event_name": "a", "event_uuid": "x"],
        ["event_name": "a", "event_creation_time": "2026-02-30T00:00:00Z"], ["event_name": "a", "data": []],
        ["event_name": "a", "data": ["cid": "no\"cid"]],
      ] {
        #expect(try await cluster.call(.comms, .post, "/api/v1/messages", body, token: admin).status == .badRequest, "\(body.text)")
      }
    }
  }

  @Test func commandsAreForAdministratorsAndNothingIsForViewers() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      for (name, role) in [("vera", "viewer"), ("sam", "sre")] {
        let body: JSONValue = [
          "name": .string(name), "email": .string("\(name)@example.org"), "role": .string(role), "password": "a long password",
        ]
        #expect(try await cluster.call(.users, .post, "/api/v1/users", body, token: admin).status == .created)
      }
      let sre = try await cluster.signIn("sam@example.org", "a long password")
      let viewer = try await cluster.signIn("vera@example.org", "a long password")
      let command: JSONValue = ["event_name": "request.comms.nothing.do"]
      #expect(try await cluster.call(.comms, .post, "/api/v1/messages", command, token: sre).status == .forbidden)
      #expect(try await cluster.call(.comms, .post, "/api/v1/messages", ["event_name": "audit.note"], token: sre).status == .created)
      #expect(try await cluster.call(.comms, .get, "/api/v1/messages", token: sre).status == .ok)
      for path in ["", "/consumers", "/stream", "/0b0e7a52-8a8e-4b57-9f3a-000000000001"] {
        #expect(try await cluster.call(.comms, .get, "/api/v1/messages\(path)", token: viewer).status == .forbidden)
        #expect(try await cluster.call(.comms, .get, "/api/v1/messages\(path)").status == .unauthorized)
      }
    }
  }

  @Test func aCommandNobodyTakesIsADeadLetterThatIsReplayedAndDiscarded() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      func state(_ uuid: String) async throws -> JSONValue {
        try await cluster.call(.comms, .get, "/api/v1/messages/\(uuid)", token: admin).json
      }
      for name in ["request.flags.nothing.do", "request.nowhere.nothing.do"] {
        let sent = try await cluster.call(.comms, .post, "/api/v1/messages", ["event_name": .string(name)], token: admin)
        let uuid = try #require(sent.json["event_uuid"]?.string)
        try await eventually { try await state(uuid)["state"]?.string == "dead" }
        let dead = try await state(uuid)
        #expect(dead["errors"]?.array?.count == 1 && dead["errors"]?[0]?["error_type"]?.string == "harderror")
        #expect(dead["errors"]?[0]?["error_message"]?.string == "nobody handles \(name)")
        #expect(dead["consumers"]?.array?.count == 1)
        let listed = try await cluster.call(.comms, .get, "/api/v1/messages?state=dead&name=request.%23", token: admin).json
        #expect(listed["results"]?.array?.contains { $0["event_uuid"]?.string == uuid } == true)

        let replayed = try await cluster.call(.comms, .post, "/api/v1/messages/\(uuid)/replay", token: admin)
        #expect(replayed.status == .ok && replayed.json["groups"]?.array?.count == 1)
        try await eventually { try await state(uuid)["errors"]?.array?.count == 3 }
        #expect(try await state(uuid)["errors"]?[1]?["error_message"]?.string == "replayed by Administrator")
        try await eventually { try await state(uuid)["state"]?.string == "dead" }
        let discarded = try await cluster.call(.comms, .post, "/api/v1/messages/\(uuid)/discard", ["group": .null], token: admin)
        #expect(discarded.status == .ok)
        #expect(try await state(uuid)["state"]?.string == "ok")
        #expect(try await cluster.call(.comms, .post, "/api/v1/messages/\(uuid)/discard", token: admin).status == .notFound)
        #expect(try await cluster.call(.comms, .post, "/api/v1/messages/\(uuid)/replay", token: admin).status == .notFound)
      }
      let told = try await cluster.messages().compactMap { $0["event_name"]?.string }.filter { $0.hasPrefix("message.") }
      #expect(told == ["message.replayed", "message.discarded", "message.replayed", "message.discarded"])
    }
  }

  @Test func whatBreaksTheSchemaIsShownAndCannotBeReplayed() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      _ = try await cluster.redis.ask("XADD", "{polystatus}:bus", "*", "message", "no message, psu_0123456789abcdef")
      func letters() async throws -> [JSONValue] {
        try await cluster.call(.comms, .get, "/api/v1/messages?state=dead", token: admin).json["results"]?.array ?? []
      }
      try await eventually { try await letters().count == 1 }
      let letter = try await letters()[0]
      #expect(letter["event_name"]?.string == "bus.invalid" && letter["data"]?["text"]?.string == "no message, psu_")
      let uuid = try #require(letter["event_uuid"]?.string)
      #expect(try await cluster.call(.comms, .get, "/api/v1/messages/\(uuid)", token: admin).json["errors"]?.array?.count == 1)
      #expect(try await cluster.call(.comms, .post, "/api/v1/messages/\(uuid)/replay", token: admin).status == .conflict)
      #expect(try await cluster.call(.comms, .post, "/api/v1/messages/\(uuid)/discard", token: admin).status == .ok)
      #expect(try await letters().isEmpty)
    }
  }

  @Test func consumersAndMetricsSayHowFarEachIs() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      let sent = try await cluster.call(.comms, .post, "/api/v1/messages", ["event_name": "request.comms.nothing.do"], token: admin)
      #expect(sent.status == .created)
      func consumer(_ name: String) async throws -> JSONValue? {
        try await cluster.call(.comms, .get, "/api/v1/messages/consumers", token: admin).json.array?.first { $0["name"]?.string == name }
      }
      try await eventually { try await consumer("comms.commands")?["dead"]?.integer == 1 }
      for service in ServiceName.allCases {
        let found = try await consumer("\(service.rawValue).commands")
        #expect(found?["replicas"]?.array?.count == 1 && found?["retrying"]?.integer == 0 && found?["missed"]?.integer == 0, "\(service)")
        try await eventually { try await consumer("\(service.rawValue).commands")?["lag"]?.integer == 0 }
      }
      #expect(try await consumer("invalid")?["dead"]?.integer == 0)
      let json = try await cluster.call(.comms, .get, "/metrics").json["bus"]?.array
      #expect(json?.first { $0["group"]?.string == "comms.commands" }?["dead"]?.integer == 1)
      let text = String(decoding: try await cluster.call(.comms, .get, "/prom").body, as: UTF8.self)
      #expect(
        text.contains(#"polystatus_bus_dead{group="comms.commands"} 1.0"#) && text.contains(#"polystatus_bus_lag{group="comms.commands"}"#))
      #expect(!text.contains("users.commands"), "each service tells of its own")
    }
  }

  @Test func theStreamPassesOnWhatIsAskedFor() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      let reader = try StreamReader(
        port: cluster.port(of: .comms), token: admin, after: nil, path: "/api/v1/messages/stream?name=audit.%23")
      try await reader.until("retry: 2000")
      for name in ["other.note", "audit.first", "audit.second"] {
        _ = try await cluster.call(.comms, .post, "/api/v1/messages", ["event_name": .string(name)], token: admin)
      }
      try await reader.until("event: audit.second")
      #expect(reader.text.contains("event: audit.first") && !reader.text.contains("other.note"))
      reader.close()
    }
  }

  /// The line that explains a failed request lies on the bus under its correlation id, without the secret it held.
  @Test func anErrorLineIsAMessage() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      try await cluster.logError("the disk is full", error: "at psu_0123456789abcdef", cid: "cid-of-the-error", in: .flags)
      try await eventually {
        try await cluster.call(.comms, .get, "/api/v1/messages?name=audit.log&cid=cid-of-the-error", token: admin)
          .json["totalResults"]?.integer == 1
      }
      let line = try await cluster.call(.comms, .get, "/api/v1/messages?cid=cid-of-the-error", token: admin).json["results"]?[0]?["data"]
      #expect(line?["service"]?.string == "flags" && line?["message"]?.string == "the disk is full" && line?["error"]?.string == "at psu_")
    }
  }
}
