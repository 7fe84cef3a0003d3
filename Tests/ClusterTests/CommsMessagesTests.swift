import Foundation
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// Everything comms' public side does, so that each of its messages is seen (`Cluster.with` checks them against their schemas).
struct CommsMessagesTests {
  @Test func whatThePublicSideOfCommsPublishesKeepsItsSchema() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      @discardableResult func call(_ service: ServiceName, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil)
        async throws -> JSONValue
      {
        let answer = try await cluster.call(service, method, path, body, token: token)
        #expect(answer.status.kind == .successful, "\(method) \(path): \(String(decoding: answer.body, as: UTF8.self))")
        return answer.json
      }
      let now = Int(Date().timeIntervalSince1970)
      try await call(.comms, .post, "/api/v1/components", ["key": "shop", "name": "The \"shop\""])
      try await call(.comms, .patch, "/api/v1/components/shop", ["group": "Front"])
      let incident = try await call(.incidents, .post, "/api/v1/incidents", ["title": "Déjà \\ vu", "sev": 2, "services": ["Shop"]])
      let id = incident["id"]?.string ?? ""
      let said = try await call(
        .comms, .post, "/api/v1/public/announce", ["incident_id": .string(id), "message": "Line\nbreak", "state": "identified"])
      try await call(.comms, .patch, "/api/v1/public/announcements/\(said["id"]?.string ?? "")", ["message_fr": "Là"])
      try await call(.incidents, .post, "/api/v1/incidents/\(id)/status", ["status": "mitigated"])
      let names: Set = [
        "announcement.published", "announcement.corrected", "announcement.followed", "announcement.withdrawn", "component.created",
        "component.updated", "component.status.changed", "component.deleted", "maintenance.scheduled", "maintenance.started",
        "maintenance.updated", "maintenance.cancelled", "banner.changed", "banner.removed",
      ]
      func seen() async throws -> Set<String> { Set(try await cluster.messages().compactMap { $0["event_name"]?.string }) }
      try await eventually { try await seen().isSuperset(of: ["announcement.followed", "component.status.changed"]) }
      try await call(.comms, .post, "/api/v1/public/incidents/\(id)/withdraw")
      let maintenance = try await call(
        .comms, .post, "/api/v1/maintenances",
        ["title": "Disks", "message": "New", "components": ["SHOP"], "starts_at": .integer(now - 5), "ends_at": .integer(now + 500)])
      let path = "/api/v1/maintenances/\(maintenance["id"]?.string ?? "")"
      try await call(.comms, .patch, path, ["title": "All disks"])
      try await call(.comms, .delete, path)
      try await call(.comms, .put, "/api/v1/public/banner", ["message": "Hm", "level": "info"])
      try await call(.comms, .delete, "/api/v1/public/banner")
      try await call(.comms, .delete, "/api/v1/components/shop")
      let missing = names.subtracting(try await seen())
      #expect(missing.isEmpty, "not published: \(missing)")
    }
  }
}
