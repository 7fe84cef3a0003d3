import Foundation
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// A flag's change is told where somebody looks for what changed: on the timeline of the incidents it may have to do with.
struct FlagTimelineTests {
  @Test func aFlagsChangeIsToldOnceToTheIncidentsOfItsTags() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      func declare(_ service: String) async throws -> String {
        let body: JSONValue = ["title": "It is slow", "sev": 2, "services": [.string(service)]]
        return try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token).json["id"]?.string ?? ""
      }
      func told(_ id: String) async throws -> [JSONValue] {
        let timeline = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(id)/timeline", token: token).json.array ?? []
        return timeline.filter { $0["type"] == "flag" }
      }
      let (concerned, ended, other) = (try await declare("checkout"), try await declare("checkout"), try await declare("search"))
      _ = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(ended)/status", ["status": "resolved"], token: token)
      let flag: JSONValue = ["id": "new_cart", "on": true, "kind": "boolean", "tags": ["checkout"], "fallthrough": ["variation": "on"]]
      let made = try await cluster.call(.flags, .post, "/admin/flags", flag, token: token)
      #expect(made.status == .created)
      let toggled = try await cluster.call(.flags, .post, "/admin/toggle/new_cart", ["on": false], token: token)
      #expect(toggled.status == .ok)
      try await eventually { try await told(concerned).count == 2 }
      // Two messages of one moment are worked on side by side: their entries have no order.
      let off = try #require(try await told(concerned).first { $0["message"] == "Flag new_cart switched off" })
      #expect(off["visibility"] == "internal" && off["cid"]?.string == toggled.cid && off["details"]?["on"] == false)
      let (endedTold, otherTold) = (try await told(ended), try await told(other))
      #expect(endedTold.isEmpty && otherTold.isEmpty)
      let record = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(concerned)", token: token).json
      #expect(record["touched_by_human"] == false && record["acknowledged_at"] == .null)
    }
  }
}
