import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// The main job: sign in, declare, assign, follow, resolve, write the postmortem.
struct JourneyTests {
  @Test func anIncidentFromDeclarationToPostmortem() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let me = try #require(try await cluster.call(.users, .get, "/api/v1/auth/verify", token: token).json["id"]?.string)
      let created = try await cluster.call(
        .incidents, .post, "/api/v1/incidents", ["title": "Checkout is failing", "sev": 1, "services": ["checkout"]], token: token,
        headers: ["X-CID": "journey-0001"])
      #expect(created.status == .created && created.cid == "journey-0001")
      let id = try #require(created.json["id"]?.string)
      #expect(created.headerFields[.location] == "/api/v1/incidents/\(id)")

      let assigned = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/assign", ["commander": .string(me)], token: token)
      #expect(assigned.status == .ok && assigned.json["commander"]?.string == me)
      let entry = try await cluster.call(
        .incidents, .post, "/api/v1/incidents/\(id)/timeline", ["type": "update", "message": "The payment provider times out."],
        token: token)
      #expect(entry.status == .ok)
      let resolved = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/status", ["status": "resolved"], token: token)
      #expect(resolved.json["status"]?.string == "resolved" && resolved.json["resolved_at"]?.integer != nil)
      let postmortem = try await cluster.call(
        .incidents, .post, "/api/v1/incidents/\(id)/postmortem",
        ["what_happened": "Payments failed.", "root_cause": "A certificate expired.", "action_items": ["Watch expiry"]], token: token)
      #expect(postmortem.status == .ok)

      let detail = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(id)", token: token)
      let kinds = (detail.json["timeline"]?.array ?? []).compactMap { $0["type"]?.string }
      #expect(kinds == ["created", "assigned", "update", "status", "postmortem"])
      #expect(detail.json["postmortem"]?["root_cause"]?.string == "A certificate expired.")

      let names = try await cluster.messages().compactMap { $0["event_name"]?.string }.filter { $0.hasPrefix("incident.") }
      #expect(
        names == [
          "incident.created", "incident.follower.added", "incident.assigned", "incident.timeline.added", "incident.status.changed",
          "incident.postmortem.saved",
        ])
    }
  }

  @Test func oneCorrelationIDFromTheCallerToTheBusAndTheNeighbour() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let created = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "A", "sev": 2], token: token)
      let id = try #require(created.json["id"]?.string)
      let refused = try await cluster.call(
        .incidents, .post, "/api/v1/incidents/\(id)/assign", ["commander": "00000000-0000-4000-8000-000000000000"], token: token,
        headers: ["X-CID": "trace-me-42"])
      #expect(refused.status == .badRequest && refused.json["cid"]?.string == "trace-me-42")
      #expect(refused.json["errors"]?[0]?["field"]?.string == "commander")
      _ = try await cluster.call(
        .incidents, .post, "/api/v1/incidents/\(id)/timeline", ["type": "note", "message": "x"], token: token,
        headers: ["X-CID": "trace-me-43"])
      let last = try #require(try await cluster.messages().last)
      #expect(last["data"]?["cid"]?.string == "trace-me-43")
      let entries = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(id)/timeline", token: token).json.array
      #expect(entries?.last?["cid"]?.string == "trace-me-43")
    }
  }

  @Test func everyMessageOnTheBusIsValid() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      _ = try await cluster.call(
        .users, .post, "/api/v1/users",
        ["name": "Ann \"the\" SRE", "email": "ann@example.org", "role": "sre", "password": "a long password"],
        token: token)
      let created = try await cluster.call(
        .incidents, .post, "/api/v1/incidents", ["title": "Ünïcode \\ \"quoted\"", "sev": 2], token: token)
      let id = try #require(created.json["id"]?.string)
      _ = try await cluster.call(.incidents, .patch, "/api/v1/incidents/\(id)", ["title": "New", "summary": "Line\nbreak"], token: token)
      let messages = try await cluster.messages()
      #expect(messages.count >= 4)
      for message in messages { #expect(throws: Never.self) { try check(message) } }
      let uuids = Set(messages.compactMap { $0["event_uuid"]?.string })
      #expect(uuids.count == messages.count)
    }
  }
}
