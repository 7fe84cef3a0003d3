import HTTPTypes
import JSONBytes
import ServiceCalls
import Testing

@Suite struct EvaluationRoutesTests {
  private static let split: JSONValue = [
    "id": "split", "on": true, "kind": "multivar", "variations": ["a", "b"], "values": ["a": ["size": 1], "b": nil],
    "fallthrough": ["rollout": [["variation": "a", "weight": 50], ["variation": "b", "weight": 50]]],
  ]

  @Test func `the contract's route gives every flag's variation, and says what is missing`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "new", "on": true, "targets": ["users": ["alice": "off"], "groups": ["sre": "off"]]])
      try await world.save(["id": "dark", "on": false])
      try await world.save(["id": "hidden", "on": true, "public": false])
      let age: JSONValue = ["attr": "age", "op": "gte", "value": 18]
      try await world.save(["id": "adult", "on": true, "fallthrough": ["variation": "off"], "rules": [["if": age, "variation": "on"]]])
      let bob = try await world.ask(.get, "/flags?user=bob&role=viewer&age=21", as: nil)
      #expect(bob.status == 200 && bob.fields[.contentType] == "application/json")
      #expect(
        bob.json == [
          "adult": ["variation": "on", "off": false], "dark": ["variation": "off", "off": true], "new": ["variation": "on", "off": false],
        ])
      #expect(try await world.ask(.get, "/flags?user=alice&role=viewer", as: nil).json["new"]?["variation"] == "off")
      #expect(try await world.ask(.get, "/flags?user=carol&role=sre", as: nil).json["new"]?["variation"] == "off")
      #expect(try await world.ask(.get, "/flags?user=bob&role=viewer", as: world.viewer).json["hidden"]?["variation"] == "on")
      #expect(try await world.ask(.get, "/flags?user=bob", as: nil).refused == ["role"])
      #expect(try await world.ask(.get, "/flags?role=viewer", as: nil).refused == ["user"])
      #expect(try await world.ask(.get, "/flags", as: nil).refused == ["role", "user"])
      #expect(try await world.ask(.get, "/flags?user=&role=viewer", as: nil).refused == ["user"])
    }
  }

  @Test func `one flag by OFREP has value, variant and reason, or a code`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(Self.split)
      try await world.save(["id": "plain", "on": true])
      let plain = try await world.ask(.post, "/ofrep/v1/evaluate/flags/plain", [:], as: nil)
      #expect(plain.json == ["key": "plain", "value": true, "variant": "on", "metadata": ["version": 1], "reason": "STATIC"])
      #expect(plain.fields[.accessControlAllowOrigin] == "*" && plain.fields[.accessControlExposeHeaders]?.contains("ETag") == true)
      #expect(try await world.ask(.post, "/ofrep/v1/evaluate/flags/plain", as: nil).json["value"] == true)
      let drawn = try await world.evaluate("split", ["targetingKey": "alice"])
      #expect(drawn["reason"] == "SPLIT" && ["a", "b"].contains(drawn["variant"]))
      let nobody = try await world.evaluate("split")
      #expect(nobody["reason"] == "DEFAULT" && nobody["variant"] == "a" && nobody["value"] == ["size": 1])
      // Whose draw is b, whose value is null.
      let withoutValue = try await world.evaluate("split", ["targetingKey": "user-1"])
      #expect(withoutValue["variant"] == "b" && withoutValue["value"] == nil)

      let missing = try await world.ask(.post, "/ofrep/v1/evaluate/flags/none", [:], as: nil)
      #expect(missing.status == 404 && missing.json["errorCode"] == "FLAG_NOT_FOUND" && missing.json["key"] == "none")
      let broken = try await world.ask(.post, "/ofrep/v1/evaluate/flags/plain", text: "{", as: nil)
      #expect(broken.status == 400 && broken.json["errorCode"] == "PARSE_ERROR")
      let list = try await world.ask(.post, "/ofrep/v1/evaluate/flags/plain", ["context": []], as: nil)
      #expect(list.status == 400 && list.json["errorCode"] == "INVALID_CONTEXT")
      let number = try await world.ask(.post, "/ofrep/v1/evaluate/flags", ["context": ["targetingKey": 5]], as: nil)
      #expect(number.status == 400 && number.json["errorCode"] == "INVALID_CONTEXT" && number.json["key"] == nil)
      #expect(try await world.ask(.post, "/ofrep/v1/evaluate/flags/plain", text: "x", as: nil, [.contentType: "text/plain"]).status == 415)
    }
  }

  @Test func `flags that are not public open to keys of scope flags, signatures and people`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "hidden", "on": true, "public": false])
      let key = try await world.key("reader", scopes: ["flags"])
      let weak = try await world.key("writer", scopes: ["read", "write"])
      #expect(try await world.evaluate("hidden")["errorCode"] == "FLAG_NOT_FOUND")
      #expect(try await world.evaluate("hidden", as: weak)["errorCode"] == "FLAG_NOT_FOUND")
      #expect(try await world.evaluate("hidden", as: key)["value"] == true)
      #expect(try await world.evaluate("hidden", as: world.viewer)["value"] == true)
      let byHeader = try await world.ask(.post, "/ofrep/v1/evaluate/flags/hidden", [:], as: nil, [.apiKey: key])
      #expect(byHeader.json["value"] == true)
      #expect(try await world.ask(.post, "/ofrep/v1/evaluate/flags/hidden", [:], as: "psk_wrong").status == 401)
      #expect(try await world.ask(.post, "/ofrep/v1/evaluate/flags", [:], as: nil).json["flags"] == [])
      #expect(try await world.ask(.post, "/ofrep/v1/evaluate/flags", [:], as: key).json["flags"]?.array?.count == 4)
    }
  }

  @Test func `the ETag of all flags is that of the answer`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "a", "on": true, "targets": ["users": ["alice": "off"]]])
      try await world.save(["id": "b", "on": true])
      func all(_ user: String, knowing tag: String? = nil, _ query: String = "") async throws -> Answer {
        var fields: HTTPFields = [:]
        fields[.ifNoneMatch] = tag
        return try await world.ask(.post, "/ofrep/v1/evaluate/flags\(query)", ["context": ["targetingKey": .string(user)]], as: nil, fields)
      }
      let alice = try await all("alice")
      let tag = try #require(alice.fields[.eTag])
      #expect(alice.status == 200 && alice.json["flags"]?.array?.map { $0["variant"] } == ["off", "on"])
      #expect(alice.json["eventStreams"]?[0]?["endpoint"]?["requestUri"] == "/ofrep/v1/events")
      let known = try await all("alice", knowing: tag)
      #expect(known.status == 304 && known.body.isEmpty && known.fields[.eTag] == tag)
      #expect(known.fields[.accessControlAllowOrigin] == "*")
      #expect(try await all("bob", knowing: tag).status == 200)
      let other = try #require(try await all("bob").fields[.eTag])
      let carol = try await all("carol", knowing: other)
      #expect(other != tag && carol.status == 304)
      #expect(try await all("alice", knowing: tag, "?flagConfigEtag=%22r1%22").status == 200)
      _ = try await world.ask(.post, "/admin/toggle/b")
      #expect(try await all("alice", knowing: tag).status == 200)
    }
  }

  @Test func `a browser of any origin may ask`() async throws {
    try await FlagsWorld.run { world in
      for path in ["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/x"] {
        let answer = try await world.ask(.options, path, nil, as: nil, [HTTPField.Name("Origin")!: "https://shop.example.org"])
        #expect(answer.status == 204 && answer.fields[.accessControlAllowOrigin] == "*")
        #expect(answer.fields[.accessControlAllowMethods]?.contains("POST") == true)
        #expect(answer.fields[.accessControlAllowHeaders]?.contains("If-None-Match") == true)
      }
    }
  }
}
