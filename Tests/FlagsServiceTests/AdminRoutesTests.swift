import HTTPTypes
import JSONBytes
import Messaging
import ServiceCalls
import Testing

extension HTTPField.Name {
  static let totalCount = Self("X-Total-Count")!
  static let correlationID = Self("X-CID")!
  static let apiKey = Self("X-API-Key")!
}

@Suite struct AdminRoutesTests {
  @Test func `a flag goes its whole way over HTTP`() async throws {
    try await FlagsWorld.run { world in
      let made = try await world.ask(.post, "/admin/flags/", ["id": "shop", "on": true, "tags": ["checkout"], "owner": "Ada"])
      #expect(made.status == 201 && made.fields[.location] == "/admin/flags/shop" && made.fields[.eTag] == "\"v1\"")
      #expect(made.json["variations"] == ["on", "off"] && made.json["updated_by"]?["name"] == "The admin")
      let again = try await world.ask(.post, "/admin/flags", made.json)
      #expect(again.status == 200 && again.json == made.json)
      let changed = try await world.ask(.post, "/admin/flags", ["id": "shop", "on": true, "off_variation": "on", "tags": ["checkout"]])
      #expect(changed.status == 200 && changed.json["version"] == 2 && changed.json["owner"] == .some(.null))
      let off = try await world.ask(.post, "/admin/toggle/shop", ["on": false], as: world.sre, [.correlationID: "cid-of-the-toggle"])
      #expect(off.status == 200 && off.json["on"] == false && off.json["version"] == 3)
      #expect(try await world.ask(.post, "/admin/toggle/shop", ["on": false], as: world.sre).json["version"] == 3)
      #expect(try await world.ask(.post, "/admin/toggle/shop", as: world.sre).json["on"] == true)
      let read = try await world.ask(.get, "/admin/flags/shop", as: world.sre)
      #expect(read.json["version"] == 4 && read.fields[.eTag] == "\"v4\"")
      #expect(try await world.ask(.get, "/admin/flags/shop", as: world.sre, [.ifNoneMatch: "\"v4\""]).status == 304)

      let history = try await world.ask(.get, "/admin/flags/shop/history", as: world.sre)
      #expect(history.json.array?.map { $0["change"] } == ["toggled", "toggled", "updated", "created"])
      #expect(history.json[1]?["diff"] == ["on": ["old": true, "new": false]])
      #expect(history.json[1]?["cid"] == "cid-of-the-toggle" && history.json[1]?["by"]?["name"] == "The sre")
      #expect(history.json[2]?["diff"]?["owner"] == ["old": "Ada", "new": nil])
      #expect(try await world.ask(.get, "/admin/flags/shop/history?startIndex=3&maxResults=5").json.array?.count == 1)

      let back = try await world.ask(.post, "/admin/flags/shop/rollback", ["version": 1])
      #expect(back.status == 200 && back.json["version"] == 5 && back.json["owner"] == "Ada" && back.json["off_variation"] == "off")
      #expect(try await world.ask(.post, "/admin/flags/shop/rollback", ["version": 77]).status == 404)
      #expect(try await world.ask(.delete, "/admin/flags/shop").status == 204)
      #expect(try await world.ask(.get, "/admin/flags/shop").status == 404)
      #expect(try await world.ask(.get, "/admin/flags/shop/history").json[0]?["change"] == "deleted")
      #expect(try await world.save(["id": "shop"]).json["version"] == 7)
      let events = try await world.messages("flag.changed").filter { $0.data["flag"] == "shop" }
      #expect(events.map { $0.data["change"] } == ["created", "updated", "toggled", "toggled", "rolled_back", "deleted", "created"])
      #expect(events[2].data["cid"] == "cid-of-the-toggle" && events[2].data["tags"] == ["checkout"] && events[2].data["on"] == false)
    }
  }

  @Test func `who may do what`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "shop"])
      for path in [
        "/admin/flags", "/admin/flags/", "/admin/flags/shop", "/admin/flags/shop/history", "/admin/flags/stale", "/admin/segments",
      ] {
        #expect(try await world.ask(.get, path, as: nil).status == 401, "\(path)")
        #expect(try await world.ask(.get, path, as: world.viewer).status == 403, "\(path)")
        #expect(try await world.ask(.get, path, as: world.sre).status == 200, "\(path)")
      }
      #expect(try await world.ask(.post, "/admin/flags", ["id": "x"], as: world.sre).status == 403)
      #expect(try await world.ask(.delete, "/admin/flags/shop", as: world.sre).status == 403)
      #expect(try await world.ask(.post, "/admin/flags/shop/rollback", ["version": 1], as: world.sre).status == 403)
      #expect(try await world.ask(.put, "/admin/segments/s", [:], as: world.sre).status == 403)
      #expect(try await world.ask(.post, "/admin/toggle/shop", as: world.viewer).status == 403)
      #expect(try await world.ask(.post, "/admin/toggle/shop", as: nil).status == 401)
      #expect(try await world.ask(.post, "/admin/toggle/nothing", as: world.sre).status == 404)
      #expect(try await world.ask(.post, "/admin/toggle/shop", ["on": "yes"], as: world.sre).refused == ["on"])
    }
  }

  @Test func `the cluster's own flags are there, private, and changed by admins only`() async throws {
    try await FlagsWorld.run { world in
      let list = try await world.ask(.get, "/admin/flags", as: world.sre)
      #expect(list.json.array?.map { $0["id"] } == ["capture_traffic", "csp_auto_incident", "public_reports"])
      #expect(list.json.array?.allSatisfy { $0["on"] == true && $0["public"] == false } == true && list.fields[.totalCount] == "3")
      #expect(try await world.ask(.post, "/admin/toggle/public_reports", ["on": false], as: world.sre).status == 403)
      #expect(try await world.ask(.post, "/admin/toggle/public_reports", ["on": false]).json["on"] == false)
      #expect(try await world.ask(.delete, "/admin/flags/public_reports").status == 409)
      #expect(try await world.ask(.post, "/admin/flags", ["id": "public_reports", "public": true]).refused == ["public"])
      let other = try await world.replica()
      #expect(try await world.ask(.get, "/admin/flags/public_reports", as: world.sre, at: other).json["version"] == 2)
    }
  }

  @Test func `what is needed is not deleted, and references are checked`() async throws {
    try await FlagsWorld.run { world in
      #expect(
        try await world.ask(.post, "/admin/flags", ["id": "a", "prerequisites": [["flag": "b", "variation": "on"]]]).refused == [
          "prerequisites[0].flag"
        ])
      let rule: JSONValue = ["if": ["op": "in_segment", "value": "beta"], "variation": "on"]
      #expect(try await world.ask(.post, "/admin/flags", ["id": "a", "rules": [rule]]).refused == ["rules[0].if.value"])
      let segment = try await world.ask(.put, "/admin/segments/beta", ["users": ["alice"]])
      #expect(segment.status == 201 && segment.json["version"] == 1)
      try await world.save(["id": "b"])
      try await world.save(["id": "a", "rules": [rule], "prerequisites": [["flag": "b", "variation": "on"]]])
      #expect(
        try await world.ask(.post, "/admin/flags", ["id": "b", "prerequisites": [["flag": "a", "variation": "on"]]]).refused == [
          "prerequisites[0].flag"
        ])
      #expect(try await world.ask(.delete, "/admin/flags/b").status == 409)
      #expect(try await world.ask(.delete, "/admin/segments/beta").status == 409)
      #expect(try await world.ask(.put, "/admin/segments/beta", ["users": ["bob"]]).status == 200)
      #expect(try await world.ask(.get, "/admin/segments", as: world.sre).json.array?.map { $0["name"] } == ["beta"])
      #expect(try await world.ask(.delete, "/admin/flags/a").status == 204)
      #expect(try await world.ask(.delete, "/admin/segments/beta").status == 204)
      #expect(try await world.ask(.get, "/admin/segments/beta", as: world.sre).status == 404)
      #expect(try await world.messages("flag.segment.changed").map { $0.data["change"] } == ["created", "updated", "deleted"])
    }
  }

  @Test func `who has what, by target`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "a", "targets": ["users": ["alice": "on"], "groups": ["sre": "off"]]])
      try await world.save(["id": "b", "targets": ["users": ["alice": "off", "bob": "on"]]])
      let grouped = try await world.ask(.get, "/admin/flags?group_by=target", as: world.sre)
      #expect(grouped.json["users"]?["alice"] == [["flag": "a", "variation": "on"], ["flag": "b", "variation": "off"]])
      #expect(grouped.json["groups"] == ["sre": [["flag": "a", "variation": "off"]]])
      #expect(try await world.ask(.get, "/admin/flags?group_by=colour").refused == ["group_by"])
    }
  }

  @Test func `an explanation says which rules were tried, and why`() async throws {
    try await FlagsWorld.run { world in
      let rule: JSONValue = [
        "if": ["all": [["attr": "country", "op": "eq", "value": "FR"], ["attr": "plan", "op": "ne", "value": "free"]]], "variation": "on",
      ]
      try await world.save([
        "id": "a", "on": true, "fallthrough": ["variation": "off"], "rules": [rule], "targets": ["users": ["alice": "on"]],
      ])
      let context: JSONValue = ["targetingKey": "bob", "country": "FR", "plan": "free"]
      let answer = try await world.ask(.post, "/admin/flags/a/explain", ["context": context], as: world.sre)
      #expect(answer.status == 200 && answer.json["variation"] == "off" && answer.json["reason"] == "DEFAULT")
      #expect(answer.json["steps"]?.array?.map { $0["step"] } == ["targets.users", "rules[0]", "fallthrough"])
      let tests = answer.json["steps"]?[1]?["condition"]?["all"]
      #expect(tests?[0]?["matched"] == true && tests?[1]?["matched"] == false && tests?[1]?["actual"] == "free")
      #expect(try await world.ask(.post, "/admin/flags/none/explain", ["context": [:]]).status == 404)
      #expect(try await world.ask(.post, "/admin/flags/a/explain", ["context": 5]).refused == ["context"])
    }
  }

  @Test func `old flags are listed as stale`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "old", "on": true])
      try await world.save(["id": "gone", "targets": ["users": ["a": "on"]], "expires_at": .integer(world.clock.seconds + 60)])
      #expect(try await world.ask(.get, "/admin/flags/stale", as: world.sre).json == [])
      let key = try await world.key("cleaner", scopes: ["read"])
      world.clock.advance(.seconds(31 * 86_400))
      let stale = try await world.ask(.get, "/admin/flags/stale", as: key).json
      #expect(stale.array?.map { [$0["id"], $0["reasons"]] } == [["gone", ["expired", "off"]], ["old", ["settled"]]])
    }
  }
}
