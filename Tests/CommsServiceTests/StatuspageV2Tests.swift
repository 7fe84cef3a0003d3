import HTTPTypes
import JSONBytes
import ServiceCalls
import Testing

/// The shape of Statuspage's public API: exactly these members, in this order.
struct StatuspageV2Tests {
  private static let page = ["id", "name", "url", "time_zone", "updated_at"]
  private static let component = [
    "id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date", "group_id", "page_id", "group",
    "only_show_if_degraded",
  ]
  private static let incident = [
    "id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink", "started_at", "page_id",
    "incident_updates", "components", "reminder_intervals",
  ]
  private static let update = [
    "id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components", "deliver_notifications",
    "custom_tweet", "tweet_id",
  ]

  private func names(_ json: JSONValue?) -> [String] { json?.object?.members.map(\.name) ?? [] }

  @Test func `every member is there`() async throws {
    try await CommsBench.run(["PAGE_NAME": "Shop", "PUBLIC_URL": "https://status.example.org/"]) { bench in
      for body: JSONValue in [["key": "web", "name": "Web", "group": "Front"], ["key": "api", "name": "API", "show": "if_degraded"]] {
        #expect(try await bench.ask(.post, "/api/v1/components", body).status == 201)
      }
      let id = try await bench.declare("Down", sev: 2, services: ["WEB"])
      try await bench.announce(id, "First", state: "identified")
      try await bench.announce(id, "Second", state: "resolved")
      _ = try await bench.ask(
        .post, "/api/v1/maintenances",
        [
          "title": "Disks", "message": "New ones", "components": ["api"], "starts_at": .integer(bench.now + 1000),
          "ends_at": .integer(bench.now + 2000),
        ])
      let summary = try await bench.read("/api/v2/summary.json").json
      #expect(names(summary) == ["page", "components", "incidents", "scheduled_maintenances", "status"])
      #expect(names(summary["page"]) == Self.page && summary["page"]?["url"] == "https://status.example.org")
      #expect(summary["status"] == ["indicator": "major", "description": "Partial System Outage"])
      let group = summary["components"]?[0]
      #expect(names(group) == Self.component + ["components"] && group?["group"] == true && group?["components"] == ["web"])
      #expect(names(summary["components"]?[1]) == Self.component && summary["components"]?[1]?["group_id"] == group?["id"])
      #expect(summary["components"]?[2]?["only_show_if_degraded"] == true && summary["components"]?[2]?["group_id"] == .null)
      let incident = summary["incidents"]?[0]
      #expect(names(incident) == Self.incident && incident?["status"] == "monitoring" && incident?["impact"] == "major")
      #expect(incident?["shortlink"] == .string("https://status.example.org/incidents/\(id)") && incident?["resolved_at"] == .null)
      let updates = incident?["incident_updates"]
      #expect(updates?.array?.map { $0["body"] } == ["Second", "First"] && names(updates?[0]) == Self.update)
      #expect(
        updates?[1]?["affected_components"]?[0]
          == ["code": "web", "name": "Web", "old_status": "operational", "new_status": "partial_outage"])
      let maintenance = summary["scheduled_maintenances"]?[0]
      #expect(names(maintenance) == Self.incident + ["scheduled_for", "scheduled_until"] && maintenance?["impact"] == "maintenance")
      #expect(maintenance?["created_at"]?.string?.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) == true)
    }
  }

  @Test func `each list has what belongs to it`() async throws {
    try await CommsBench.run { bench in
      #expect(try await bench.read("/api/v2/status.json").json["status"]?["indicator"] == "none")
      let over = try await bench.declare("Over", sev: 1)
      try await bench.announce(over)
      try await bench.change(.post, over, "/status", ["status": "resolved"])
      let open = try await bench.declare("Open", sev: 4)
      try await bench.announce(open)
      try await eventually {
        try await bench.read("/api/v2/incidents/unresolved.json").json["incidents"]?.array?.map { $0["id"] } == [.string(open)]
      }
      let all = try await bench.read("/api/v2/incidents.json").json["incidents"]
      #expect(Set(all?.array?.compactMap { $0["id"]?.string } ?? []) == [open, over])
      _ = try await bench.ask(
        .post, "/api/v1/maintenances",
        ["title": "Now", "message": "x", "starts_at": .integer(bench.now - 5), "ends_at": .integer(bench.now + 500)])
      for (path, count) in [("", 1), ("/upcoming", 0), ("/active", 1)] {
        let list = try await bench.read("/api/v2/scheduled-maintenances\(path).json").json["scheduled_maintenances"]?.array
        #expect(list?.count == count, "\(path)")
      }
      let status = try await bench.read("/api/v2/status.json", [.acceptEncoding: "gzip"])
      #expect(status.fields[.accessControlAllowOrigin] == "*" && status.fields[.vary] == "Accept-Encoding")
    }
  }
}
