import HTTPTypes
import JSONBytes
import ServiceCalls
import Testing

/// How the public copy follows the incident, and the incident what was announced.
struct FollowingTests {
  @Test func `severity and status follow, with nothing said of what is inside`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare("Checkout down", sev: 3)
      try await bench.announce(id)
      try await bench.change(.patch, id, "", ["sev": 1, "summary": "root password leaked"])
      try await eventually { try await bench.read("/api/v1/public/status").json[0]?["sev"] == 1 }
      try await bench.change(.post, id, "/status", ["status": "resolved"])
      try await eventually { try await bench.read("/api/v1/public/status").json[0]?["status"] == "resolved" }
      let detail = try await bench.read("/api/v1/public/incidents/\(id)")
      #expect(detail.json["resolved_at"]?.integer != nil && !detail.text.contains("leaked"))
      bench.advance(seconds: 14 * 86_400 + 60)
      try await bench.restart()
      #expect(try await bench.read("/api/v1/public/status").json == [])
      #expect(try await bench.read("/api/v1/public/incidents").json[0]?["id"] == .string(id), "the history keeps it")
    }
  }

  @Test func `the incident knows that it is public, and its timeline what was said`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare()
      try await bench.announce(id, "We look into it.")
      try await eventually { try await bench.inside(id)["public"] == true }
      let entry = try #require(try await bench.inside(id)["timeline"]?.array?.last)
      #expect(entry["type"] == "announcement" && entry["message"] == "We look into it." && entry["visibility"] == "public")
      #expect(entry["author"]?["kind"] == "user")
      #expect(try await bench.ask(.post, "/api/v1/public/incidents/\(id)/withdraw").status == 204)
      try await eventually { try await bench.inside(id)["public"] == false }
    }
  }

  @Test func `a published postmortem is announced once and follows its corrections`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare()
      try await bench.announce(id, "Over", state: "resolved")
      func save(_ what: String, _ state: String) async throws {
        try await bench.change(
          .post, id, "/postmortem",
          [
            "what_happened": .string(what), "root_cause": "That", "state": .string(state),
            "action_items": [["title": "Mend", "owner": "u1"]],
          ])
      }
      try await save("This", "draft")
      try await save("This", "published")
      try await eventually { try await bench.read("/api/v1/public/incidents/\(id)").json["postmortem"]?["what_happened"] == "This" }
      try await save("This, too", "published")
      try await eventually { try await bench.read("/api/v1/public/incidents/\(id)").json["postmortem"]?["what_happened"] == "This, too" }
      let detail = try await bench.read("/api/v1/public/incidents/\(id)")
      #expect(detail.json["updates"]?.array?.map { $0["postmortem"]?.bool } == [true, false])
      #expect(detail.json["updates"]?[0]?["state"] == "resolved" && !detail.text.contains("u1") && !detail.text.contains("author"))
      #expect(try await bench.messages("announcement.published").count == 2)
      try await save("This, too", "draft")
      try await eventually { try await bench.read("/api/v1/public/incidents/\(id)").json["postmortem"] == .null }
    }
  }
}
