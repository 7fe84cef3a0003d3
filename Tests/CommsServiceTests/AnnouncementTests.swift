import HTTPTypes
import JSONBytes
import ServiceCalls
import ServiceRuntime
import Testing

struct AnnouncementTests {
  @Test func `nothing is public before somebody announces it`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare("Checkout down", sev: 1)
      #expect(try await bench.read("/api/v1/public/status").json == [])
      #expect(try await bench.read("/api/v1/public/incidents/\(id)").status == 404)

      let said = try await bench.announce(id, "We look into it.\nMore at 10:00 https://example.org")
      #expect(said.json["message"] == "We look into it.\nMore at 10:00 https://example.org" && said.json["state"] == "investigating")
      #expect(said.json["ts"]?.integer != nil && said.json["id"] == .string("\(id)-1"))
      let shown = try await bench.read("/api/v1/public/status")
      #expect(shown.json[0]?["id"] == .string(id) && shown.json[0]?["title"] == "Checkout down" && shown.json[0]?["sev"] == 1)
      #expect(shown.json[0]?["last_public"]?["message"] == said.json["message"] && shown.json[0]?["last_public"]?["ts"] == said.json["ts"])
      #expect(shown.fields[.accessControlAllowOrigin] == "*")
      #expect(shown.fields[.cacheControl] == "public, max-age=5, stale-while-revalidate=60, stale-if-error=86400")
      #expect(!shown.text.contains("incident_id") && !shown.text.contains("services"))

      let message = try #require(try await bench.messages("announcement.published").first)
      #expect(message["data"]?["announcement"]?["id"] == said.json["id"] && message["data"]?["incident"]?["status"] == "open")
      #expect(message["data"]?["announcement"]?["services"] == [])
    }
  }

  @Test func `the public title stays as it was said, corrections are marked and mail nobody`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare("db-7 is on fire", sev: 2)
      let first = try await bench.ask(
        .post, "/api/v1/public/announce",
        ["incident_id": .string(id), "message": "Slow", "message_fr": "Lent", "state": "identified", "title": "Checkout is slow"])
      #expect(first.json["title"] == "Checkout is slow" && first.json["message_fr"] == "Lent")
      try await bench.change(.patch, id, "", ["title": "db-7 is still on fire"])
      try await bench.announce(id, "Better", state: "monitoring")
      #expect(try await bench.read("/api/v1/public/status").json[0]?["title"] == "Checkout is slow")

      let corrected = try await bench.ask(.patch, "/api/v1/public/announcements/\(id)-1", ["message": "Very slow", "message_fr": .null])
      #expect(corrected.status == 200 && corrected.json["edited_at"]?.integer != nil && corrected.json["message_fr"] == .null)
      let detail = try await bench.read("/api/v1/public/incidents/\(id.lowercased())")
      #expect(detail.json["updates"]?.array?.map { $0["message"] } == ["Better", "Very slow"])
      #expect(detail.json["updates"]?[0]?["edited_at"] == .null)
      #expect(try await bench.messages("announcement.published").count == 2)
      #expect(try await bench.messages("announcement.corrected").count == 1)
      #expect(try await bench.ask(.patch, "/api/v1/public/announcements/\(id)-1", ["message": "Very slow"]).status == 200)
      #expect(try await bench.messages("announcement.corrected").count == 1, "what does not differ is no correction")
      #expect(try await bench.ask(.patch, "/api/v1/public/announcements/\(id)-9", ["message": "x"]).status == 404)
      #expect(try await bench.ask(.patch, "/api/v1/public/announcements/none", ["message": "x"]).status == 404)
    }
  }

  @Test func `a withdrawn incident is out of sight, and comes back without what was said`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare()
      try await bench.announce(id, "Not meant for the public")
      for _ in 0..<2 { #expect(try await bench.ask(.post, "/api/v1/public/incidents/\(id)/withdraw").status == 204) }
      #expect(try await bench.read("/api/v1/public/status").json == [])
      #expect(try await bench.read("/api/v1/public/incidents").json == [])
      #expect(try await bench.read("/api/v1/public/incidents/\(id)").status == 404)
      #expect(try await bench.messages("announcement.withdrawn").count == 1)
      try await bench.announce(id, "This is")
      let again = try await bench.read("/api/v1/public/incidents/\(id)")
      #expect(again.json["updates"]?.array?.map { $0["message"] } == ["This is"])
      #expect(try await bench.ask(.post, "/api/v1/public/incidents/INC-NEVER0/withdraw").status == 404)
    }
  }

  @Test func `a dry run says what would happen and writes nothing`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare("Checkout down", sev: 2)
      let trial = try await bench.ask(
        .post, "/api/v1/public/announce?dry_run=true", ["incident_id": .string(id), "message": "Slow", "state": "identified"])
      #expect(trial.status == 200 && trial.json["mails"] == 0 && trial.json["webhooks"] == 0)
      #expect(trial.json["page"]?["title"] == "Checkout down" && trial.json["page"]?["last_public"]?["message"] == "Slow")
      #expect(try await bench.read("/api/v1/public/status").json == [])
      #expect(try await bench.messages("announcement.published").isEmpty)
    }
  }

  @Test func `what cannot be announced is refused, with every reason`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare()
      let empty = try await bench.ask(.post, "/api/v1/public/announce", [:])
      #expect(empty.status == 400 && empty.refused == ["incident_id", "message", "state"])
      for unknown in ["INC-000000", "../../users", "x"] {
        let refused = try await bench.ask(
          .post, "/api/v1/public/announce", ["incident_id": .string(unknown), "message": "x", "state": "resolved"])
        #expect(refused.status == 400 && refused.refused == ["incident_id"])
      }
      let state = try await bench.ask(.post, "/api/v1/public/announce", ["incident_id": .string(id), "message": "x", "state": "fixed"])
      #expect(state.status == 400 && state.refused == ["state"])
      let body: JSONValue = ["incident_id": .string(id), "message": "x", "state": "resolved"]
      let nobody = try await bench.users.node.ask(bench.running, .post, "/api/v1/public/announce", body.text)
      #expect(nobody.status == 401)
      await bench.stopIncidents()
      let away = try await bench.ask(.post, "/api/v1/public/announce", body)
      #expect(away.status == 503 && away.fields[.retryAfter] != nil)
      #expect(try await bench.read("/api/v1/public/status").json == [])
    }
  }

  @Test func `announcing resolved leaves the incident to its responder`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare()
      try await bench.announce(id, "It works again", state: "resolved")
      let shown = try await bench.read("/api/v1/public/status")
      #expect(shown.json[0]?["status"] == "open" && shown.json[0]?["last_public"]?["state"] == "resolved")
    }
  }
}
