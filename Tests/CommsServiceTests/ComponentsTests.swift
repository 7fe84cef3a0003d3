import HTTPTypes
import JSONBytes
import ServiceCalls
import ServiceRuntime
import Testing

struct ComponentsTests {
  private func add(_ bench: CommsBench, _ body: JSONValue) async throws {
    let answer = try await bench.ask(.post, "/api/v1/components", body)
    try #require(answer.status == 201, "\(answer.text)")
  }

  private func status(_ bench: CommsBench, _ key: String) async throws -> String? {
    try await bench.read("/api/v1/components/\(key)").json["status"]?.string
  }

  @Test func `a component is added, changed, found and removed`() async throws {
    try await CommsBench.run { bench in
      let made = try await bench.ask(.post, "/api/v1/components", ["key": "Shop", "name": "The shop", "depends_on": ["cloudflare"]])
      #expect(made.status == 201 && made.fields[.eTag] == "\"v1\"" && made.json["position"] == 1 && made.json["status"] == "operational")
      #expect(made.json["depends_on"]?[0] == ["on": "cloudflare", "effect": "note", "min_impact": "minor"])
      #expect(try await bench.ask(.post, "/api/v1/components", ["key": "shop", "name": "Again"]).status == 409)
      let changed = try await bench.ask(.patch, "/api/v1/components/SHOP", ["group": "Front", "show": "if_degraded"], [.ifMatch: "\"v1\""])
      #expect(changed.status == 200 && changed.json["group"] == "Front" && changed.json["version"] == 2)
      #expect(try await bench.ask(.patch, "/api/v1/components/shop", ["name": "x"], [.ifMatch: "\"v1\""]).status == 412)
      let listed = try await bench.read("/api/v1/components")
      #expect(listed.json[0]?["key"] == "Shop" && listed.json[0]?["depends_on"] == nil && listed.fields[.totalCount] == "1")
      #expect(!listed.text.contains("cloudflare") && listed.fields[.cacheControl]?.hasPrefix("public") == true)
      let inside = try await bench.ask(.get, "/api/v1/components")
      #expect(inside.json[0]?["depends_on"]?[0]?["on"] == "cloudflare" && inside.fields[.cacheControl]?.hasPrefix("private") == true)
      #expect(try await bench.ask(.delete, "/api/v1/components/shop").status == 204)
      #expect(try await bench.read("/api/v1/components/shop").status == 404)
      #expect(try await bench.messages("component.created").count == 1)
      #expect(try await bench.messages("component.deleted").count == 1)
    }
  }

  @Test func `what cannot be is refused`() async throws {
    try await CommsBench.run { bench in
      let empty = try await bench.ask(
        .post, "/api/v1/components", ["key": "a b", "status_override": ["status": "fine"], "depends_on": [1]])
      #expect(empty.refused == ["depends_on[0]", "key", "name", "status_override.reason", "status_override.status"])
      try await add(bench, ["key": "a", "name": "A", "depends_on": ["b"]])
      try await add(bench, ["key": "b", "name": "B", "depends_on": ["c"]])
      let circle = try await bench.ask(.post, "/api/v1/components", ["key": "c", "name": "C", "depends_on": ["A"]])
      #expect(circle.status == 400 && circle.refused == ["depends_on"])
      try await add(bench, ["key": "c", "name": "C"])
      #expect(try await bench.ask(.patch, "/api/v1/components/c", ["depends_on": ["c"]]).refused == ["depends_on"])
      #expect(
        try await bench.ask(.patch, "/api/v1/components/c", ["depends_on": [["on": "a", "effect": "state"]]]).refused == ["depends_on"])
      #expect(try await bench.ask(.patch, "/api/v1/components/none", ["name": "x"]).status == 404)
      #expect(try await bench.read("/api/v1/components/a/uptime?days=401").status == 400)
    }
  }

  @Test func `a public incident lowers its components, and each change is told once`() async throws {
    try await CommsBench.run { bench in
      try await add(bench, ["key": "Shop", "name": "The shop"])
      try await add(bench, ["key": "api", "name": "API", "depends_on": [["on": "shop", "effect": "state"]]])
      let id = try await bench.declare("Checkout down", sev: 1, services: ["SHOP", "internal-db"])
      #expect(try await status(bench, "shop") == "operational", "nothing is public yet")
      let other = try await bench.replica()
      let said = try await bench.announce(id)
      #expect(said.json["services"] == ["Shop"])
      for key in ["shop", "api"] { #expect(try await status(bench, key) == "major_outage") }
      let shown = try await bench.read("/api/v1/public/status")
      #expect(shown.json[0]?["components"] == ["Shop"] && !shown.text.contains("internal-db"))
      try await eventually { try await bench.messages("component.status.changed").count == 2 }
      let api = try await bench.read("/api/v1/components/api")
      #expect(api.json["caused_by"]?[0]?["name"] == "The shop" && api.json["reasons"] == [])

      try await bench.change(.post, id, "/status", ["status": "mitigated"])
      try await eventually { try await status(bench, "shop") == "degraded_performance" }
      try await bench.change(.post, id, "/status", ["status": "resolved"])
      try await eventually { try await status(bench, "shop") == "operational" }
      try await eventually { try await bench.messages("component.status.changed").count == 5 }
      await other.stop()
      let changes = try await bench.messages("component.status.changed").filter { $0["data"]?["component"]?["key"] == "Shop" }
      #expect(changes.map { $0["data"]?["to"]?.string } == ["major_outage", "degraded_performance", "operational"])
      #expect(changes[0]["data"]?["cause"]?["name"] == "Checkout down")
    }
  }

  @Test func `a provider's trouble reaches who depends on it`() async throws {
    try await CommsBench.run { bench in
      try await add(bench, ["key": "web", "name": "Web", "depends_on": [["on": "Cloudflare:CDN", "effect": "state"], "github"]])
      try await bench.publish(
        "csp.event.opened",
        [
          "provider": "cloudflare",
          "event": ["id": "e1", "kind": "incident", "title": "Errors", "impact": "critical", "components": ["CDN"]],
        ])
      try await eventually { try await status(bench, "web") == "major_outage" }
      #expect(try await bench.read("/api/v1/components/web").json["caused_by"]?[0]?["name"] == "Cloudflare")
      try await bench.publish(
        "csp.event.opened", ["provider": "github", "event": ["id": "e2", "kind": "incident", "title": "Slow", "impact": "minor"]])
      try await eventually { try await bench.read("/api/v1/components/web").json["notes"]?[0]?["name"] == "github" }
      try await bench.publish("csp.event.resolved", ["provider": "cloudflare", "event": ["id": "e1", "kind": "incident"]])
      try await eventually { try await status(bench, "web") == "operational" }
    }
  }

  @Test func `uptime has what was noted`() async throws {
    try await CommsBench.run(["PAGE_TIME_ZONE": "Europe/Paris"]) { bench in
      try await add(bench, ["key": "a", "name": "A"])
      bench.advance(seconds: 1000)
      let down: JSONValue = ["status_override": ["status": "major_outage", "reason": "Fire"]]
      #expect(try await bench.ask(.patch, "/api/v1/components/a", down).status == 200)
      try await eventually { try await bench.messages("component.status.changed").count == 1 }
      bench.advance(seconds: 500)
      #expect(try await bench.ask(.patch, "/api/v1/components/a", ["status_override": .null]).status == 200)
      try await eventually { try await bench.messages("component.status.changed").count == 2 }
      try await bench.restart()
      let uptime = try await bench.read("/api/v1/components/a/uptime?days=3").json
      #expect(uptime["days"]?.array?.count == 3 && uptime["time_zone"] == "Europe/Paris")
      let downtime = try #require(uptime["downtime_seconds"]?.integer)
      #expect((500...530).contains(downtime))
      let percentage = try #require(uptime["percentage"]?.number)
      #expect(percentage < 70 && percentage > 50)
    }
  }
}
