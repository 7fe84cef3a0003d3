import HTTPTypes
import JSONBytes
import ServiceCalls
import StatusModel
import Testing

/// Who is to blame, over HTTP.
struct CausesTests {
  @Test func anEffectIsLinkedSuppressedAndExplained() async throws {
    try await CSPBench.run(at: 1_772_356_500) { bench in
      bench.feeds.serve("/cloud.json", IncidentReactionTests.page("c1", "Storage is down", impact: "critical"))
      bench.feeds.serve("/shop.json", IncidentReactionTests.page("s1", "Pictures are missing", updates: ["Our upstream, Cloud, is down."]))
      bench.feeds.serve("/mall.json", IncidentReactionTests.page("m1", "Parking is full", impact: "minor"))
      try await bench.register("cloud")
      try await bench.register("shop", [("depends_on", ["cloud"])])
      try await bench.register("mall")
      for name in ["cloud", "shop", "mall"] { _ = try await bench.refresh(name) }
      let events = try await bench.events()
      let shop = try #require(events.first { $0["provider"] == "shop" })
      #expect(shop["caused_by"]?[0]?["event"] == "cloud:c1" && shop["caused_by"]?[0]?["score"] == 0.98)
      #expect(shop["incident_id"] == .null)
      #expect(try await bench.incidents().map { $0["title"] } == ["cloud: Storage is down"])
      #expect(events.filter { $0["caused_by"]?.array?.isEmpty == false }.count == 1)
      let rows = try await bench.ask(.get, "/api/v1/csp/causes?of=shop").json
      #expect(rows[0]?["event"] == "cloud:c1" && rows[0]?["effect"] == "shop:s1" && rows[0]?["linked"] == true)
      #expect(rows[0]?["reason"]?.string?.contains("shop depends on cloud (evidence A)") == true)
      #expect(rows[0]?["incident_id"]?.string?.hasPrefix("INC-") == true)
      for subject in ["shop:s1", "shop:Pictures"] {
        #expect(try await bench.ask(.get, "/api/v1/csp/causes?of=\(subject)").json[0]?["event"] == "cloud:c1", "\(subject)")
      }
      let incident = try #require(try await bench.incidents()[0]["id"]?.string)
      #expect(try await bench.ask(.get, "/api/v1/csp/causes?of=\(incident)").json == [])
      #expect(try await bench.ask(.get, "/api/v1/csp/causes?of=mall").json == [])
      for wrong in ["?of=nobody", "?of=", "", "?of=INC-000000"] {
        #expect(try await bench.ask(.get, "/api/v1/csp/causes\(wrong)").refused == ["of"], "\(wrong)")
      }
      let graph = try await bench.ask(.get, "/api/v1/csp/graph").json
      #expect(graph["edges"]?.array?.count == 1 && graph["edges"]?[0]?["from"] == "shop" && graph["edges"]?[0]?["to"] == "cloud")
      let states = Dictionary((graph["providers"]?.array ?? []).map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") }) { $1 }
      #expect(states == ["cloud": "critical", "shop": "major", "mall": "minor"] && graph["components_known"] == false)
    }
  }

  @Test func nobodyLearnsOfIncidents() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", IncidentReactionTests.page())
      try await bench.register("shop")
      _ = try await bench.refresh("shop")
      let known = try await bench.events()
      #expect(known[0]["incident_id"]?.string != nil)
      let open = try await bench.ask(.cspIngestor, .get, "/api/v1/csp/events?active=true&provider=shop&q=checkout", as: nil)
      #expect(open.status == 200 && open.json.array?.count == 1 && open.json[0]?["incident_id"] == .null)
      #expect(open.json[0]?["title"] == "Checkout fails" && open.fields[HTTPField.Name("X-Total-Count")!] == "1")
      for query in ["?q=nothing", "?provider=mall", "?from=9000000000", "?to=1"] {
        #expect(try await bench.ask(.get, "/api/v1/csp/events\(query)").json == [], "\(query)")
      }
      let wrong = try await bench.ask(.get, "/api/v1/csp/events?active=perhaps&from=x&q=,&maxResults=0")
      #expect(wrong.status == 400 && wrong.refused == ["active", "from", "maxResults", "q"])
      #expect(try await bench.ask(.cspIngestor, .get, "/api/v1/csp/events/shop:evt1", as: nil).status == 401)
      #expect(try await bench.ask(.get, "/api/v1/csp/events/shop:evt1").json["raw"]?["id"] == "evt1")
      #expect(try await bench.ask(.get, "/api/v1/csp/events/shop:none").status == 404)
    }
  }

  @Test func anIncidentByHandGoesToIncidents() async throws {
    try await CSPBench.run { bench in
      let cid: HTTPFields = [HTTPField.Name("X-CID")!: "declared-by-hand"]
      let made = try await bench.ask(.post, "/api/v1/incidents", ["title": "Search is slow", "sev": 3, "source": "csp"], cid)
      #expect(made.status == 201 && made.json["source"] == "csp" && made.json["status"] == "open")
      #expect(try await bench.messages("incident.created")[0]["data"]?["cid"] == "declared-by-hand")
      #expect(try await bench.ask(.post, "/api/v1/incidents", ["sev": 9]).refused == ["sev", "title"])
      await bench.stop("incidents")
      let away = try await bench.ask(.post, "/api/v1/incidents", ["title": "Search is slow", "sev": 3])
      #expect(away.status == 503 && away.fields[.retryAfter] != nil)
    }
  }
}
