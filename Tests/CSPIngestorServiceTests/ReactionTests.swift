import HTTPTypes
import JSONBytes
import PrivateServers
import ServiceCalls
import StatusModel
import Testing

/// What a provider's event does to incidents.
struct IncidentReactionTests {
  /// A page of our own writing with one incident.
  static func page(
    _ id: String = "evt1", _ title: String = "Checkout fails", status: String = "investigating", impact: String = "major",
    updates: [String] = ["We are looking into it."], at minute: Int = 0
  ) -> JSONValue {
    let list = updates.enumerated().map { number, text -> JSONValue in
      let time = JSONValue.string("2026-03-01T09:0\(number):00Z")
      return ["id": .string("\(id)-\(number)"), "status": .string(status), "body": .string(text), "created_at": time, "display_at": time]
    }
    let incident: JSONValue = [
      "id": .string(id), "name": .string(title), "status": .string(status), "impact": .string(impact), "started_at": "2026-03-01T09:00:00Z",
      "created_at": "2026-03-01T09:00:00Z", "shortlink": .string("https://stspg.example/\(id)"), "components": [],
      "incident_updates": .array(list.reversed()),
    ]
    var page = ProviderRegistrationTests.quiet.object ?? JSONObject()
    let time = "2026-03-01T09:\(minute < 10 ? "0" : "")\(minute):30Z"
    page["page"] = ["id": "shop00000001", "updated_at": .string(time)]
    page["incidents"] = [incident]
    return .object(page)
  }

  @Test func oneEventIsOneIncidentFromItsOpeningToItsEnd() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page())
      try await bench.register("shop")
      #expect(try await bench.refresh("shop", cid: "the-first-sight").json["opened"] == 1)
      let incident = try #require(try await bench.incidents().first)
      #expect(incident["title"] == "shop: Checkout fails" && incident["sev"] == 2 && incident["source"] == "csp")
      #expect(incident["external"]?["provider"] == "shop" && incident["external"]?["id"] == "evt1" && incident["cid"] == "the-first-sight")
      #expect(incident["touched_by_human"] == false)
      bench.feeds.serve("/shop.json", Self.page(status: "identified", impact: "critical", updates: ["Looking.", "Found it."], at: 5))
      #expect(try await bench.refresh("shop").json["updated"] == 1)
      #expect(try await bench.refresh("shop").json["unchanged"] == 1)
      let path = "/api/v1/incidents/\(incident["id"]?.string ?? "")"
      let told = try await bench.ask(.incidents, .get, path, as: bench.token).json["timeline"]?.array ?? []
      let messages = told.compactMap { $0["message"]?.string }
      #expect(messages.count { $0.contains("Found it.") } == 1 && messages.count { $0.contains("We are looking into it.") } == 1)
      bench.feeds.serve("/shop.json", ProviderRegistrationTests.quiet)
      // The quiet page is older than the last one.
      #expect(try await bench.refresh("shop").status == 502)
      var over = ProviderRegistrationTests.quiet.object ?? JSONObject()
      over["page"] = ["id": "shop00000001", "updated_at": "2026-03-01T10:00:00Z"]
      bench.feeds.serve("/shop.json", .object(over))
      #expect(try await bench.refresh("shop").json["resolved"] == 1)
      #expect(try await bench.ask(.incidents, .get, path, as: bench.token).json["status"] == "resolved")
      #expect(try await bench.incidents().count == 1)
      let bus = try await bench.messages("csp.event.opened", "csp.event.updated", "csp.event.resolved")
      #expect(
        bus.compactMap { $0["event_name"]?.string } == ["csp.event.opened", "csp.event.updated", "csp.event.resolved"])
      #expect(bus.allSatisfy { $0["data"]?["provider"] == "shop" && $0["data"]?["event"]?["id"] == "shop:evt1" })
      #expect(bus[0]["data"]?["event"]?["raw"] == nil && bus[0]["data"]?["cid"] == "the-first-sight")
    }
  }

  @Test func anIncidentSomebodyWorksOnStaysOpen() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page())
      try await bench.register("shop")
      _ = try await bench.refresh("shop")
      let id = try #require(try await bench.incidents().first?["id"]?.string)
      let note: JSONValue = ["type": "note", "message": "On it."]
      #expect(try await bench.ask(.incidents, .post, "/api/v1/incidents/\(id)/timeline", note, as: bench.token).status == 200)
      bench.feeds.serve("/shop.json", Self.page(status: "resolved", updates: ["Looking.", "Done."], at: 9))
      #expect(try await bench.refresh("shop").json["resolved"] == 1)
      let incident = try await bench.ask(.incidents, .get, "/api/v1/incidents/\(id)", as: bench.token).json
      #expect(incident["status"] == "open")
      #expect(incident["timeline"]?.array?.last?["message"]?.string?.contains("stays as it is") == true)
    }
  }

  @Test func anEventThatComesBackOpensItsIncidentAgain() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page())
      try await bench.register("shop")
      _ = try await bench.refresh("shop")
      bench.feeds.serve("/shop.json", Self.page(status: "resolved", updates: ["Looking.", "Done."], at: 8))
      _ = try await bench.refresh("shop")
      #expect(try await bench.incidents()[0]["status"] == "resolved")
      bench.feeds.serve("/shop.json", Self.page(status: "investigating", updates: ["Looking.", "Done.", "Not done."], at: 9))
      #expect(try await bench.refresh("shop").json["updated"] == 1)
      let incidents = try await bench.incidents()
      #expect(incidents.count == 1 && incidents[0]["status"] == "open")
    }
  }

  @Test func incidentsAwayMeansLaterNotNever() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page())
      try await bench.register("shop")
      await bench.stop("incidents")
      #expect(try await bench.refresh("shop", cid: "while-it-was-away").json["opened"] == 1)
      #expect(try await bench.refresh("shop").json["unchanged"] == 1)
      #expect(try await bench.events()[0]["incident_id"] == .null)
      try await bench.start(.incidents)
      try await eventually { try await bench.events()[0]["incident_id"]?.string != nil }
      let incidents = try await bench.incidents()
      #expect(incidents.count == 1 && incidents[0]["cid"] == "while-it-was-away")
      let created = try await bench.messages("incident.created")
      #expect(created.count == 1 && created[0]["data"]?["cid"] == "while-it-was-away")
    }
  }

  @Test func twoReplicasAtOnceOpenOne() async throws {
    try await CSPBench.run { bench in
      try await bench.start(.cspIngestor, replica: "-2")
      bench.feeds.serve("/shop.json", Self.page())
      bench.feeds.serve("/mall.json", Self.page("evt2", "checkout FAILS"))
      try await bench.register("shop", [("vendor", "acme")])
      try await bench.register("mall", [("vendor", "acme")])
      let answers = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<12 {
          group.addTask {
            try await bench.refresh(number % 3 == 0 ? "mall" : "shop", replica: number % 2 == 0 ? "" : "-2").status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers == [Int](repeating: 200, count: 12))
      // Two pages of one vendor under one title share it.
      try await eventually { try await bench.events().allSatisfy { $0["incident_id"]?.string != nil } }
      #expect(try await bench.incidents().count == 1)
      #expect(try await bench.messages("incident.created").count == 1)
      #expect(try await bench.messages("csp.event.opened").count == 2)
    }
  }

  @Test func whatIsSharedEndsWithTheLast() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page())
      bench.feeds.serve("/mall.json", Self.page("evt2"))
      for name in ["shop", "mall"] {
        try await bench.register(name, [("vendor", "acme")])
        _ = try await bench.refresh(name)
      }
      bench.feeds.serve("/shop.json", Self.page(status: "resolved", at: 8))
      _ = try await bench.refresh("shop")
      #expect(try await bench.incidents().map { $0["status"] } == ["open"])
      #expect(try await bench.ask(.delete, "/api/v1/csp/providers/mall").status == 204)
      #expect(try await bench.incidents().map { $0["status"] } == ["resolved"])
      #expect(try await bench.events().count == 1)
    }
  }

  @Test func whatADeletedProviderOpenedEndsOnceIncidentsIsBack() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page())
      bench.feeds.serve("/mall.json", Self.page("evt2", "Parking is full", at: 30))
      for name in ["shop", "mall"] {
        try await bench.register(name)
        _ = try await bench.refresh(name)
      }
      let shop = try #require(try await bench.incidents().first { $0["external"]?["provider"] == "shop" }?["id"]?.string)
      await bench.stop("incidents")
      let cid = [HTTPField.Name("X-CID")!: "deleted-meanwhile"] as HTTPFields
      #expect(try await bench.ask(.delete, "/api/v1/csp/providers/shop", nil, cid).status == 204)
      #expect(try await bench.events().map { $0["provider"] } == ["mall"])
      // The process that deleted it may be gone by then.
      await bench.stop("csp-ingestor")
      try await bench.start(.incidents)
      try await bench.start(.cspIngestor)
      let path = "/api/v1/incidents/\(shop)"
      try await eventually { try await bench.ask(.incidents, .get, path, as: bench.token).json["status"] == "resolved" }
      let told = try await bench.ask(.incidents, .get, path, as: bench.token).json["timeline"]?.array?.last
      #expect(told?["message"]?.string?.contains("not watched any more") == true)
      #expect(try await bench.incidents().filter { $0["status"] == "open" }.map { $0["external"]?["provider"] } == ["mall"])
      let ended = try await bench.messages("incident.status.changed")
      #expect(ended.map { $0["data"]?["cid"] } == ["deleted-meanwhile"])
      try await eventually { try await bench.redis.ask("ZCARD", "{test}:csp:partings") == "0" }
    }
  }

  @Test func whoMayNotOpenDoesNot() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.page(impact: "minor"))
      try await bench.register("shop")
      _ = try await bench.refresh("shop")
      #expect(try await bench.incidents().isEmpty)
      // The rule changes; the event need not.
      try await bench.register("shop", [("auto_incident", ["min_impact": "minor", "sev_map": ["minor": 4]])])
      _ = try await bench.refresh("shop")
      #expect(try await bench.incidents().map { $0["sev"] } == [4])
      try await bench.register("mall", path: "/shop.json", [("auto_incident", ["min_impact": "never"])])
      _ = try await bench.refresh("mall")
      #expect(try await bench.incidents().count == 1)
    }
  }
}
