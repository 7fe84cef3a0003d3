import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// Incidents beyond their life cycle, over HTTP.
struct IncidentWorkTests {
  private static func alerts(_ status: String) -> JSONValue {
    let labels: JSONValue = ["alertname": "Errors", "severity": "page", "service": "shop", "cid": "cid-of-a-shop"]
    let alert: JSONValue = [
      "status": .string(status), "labels": labels, "startsAt": "2026-09-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
    ]
    return ["version": "4", "groupKey": "{}:{alertname=\"Errors\"}", "receiver": "polystatus", "alerts": [alert]]
  }

  @Test func alertsNeedTheirScopeOrAnSRE() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      func key(_ name: String, _ scopes: [JSONValue]) async throws -> String {
        let application: JSONValue = ["name": .string(name), "scopes": .array(scopes)]
        return try await cluster.call(.users, .post, "/api/v1/apps", application, token: token).json["key"]?.string ?? ""
      }
      let path = "/api/v1/alerts/alertmanager"
      let other = try await cluster.call(
        .incidents, .post, path, Self.alerts("firing"), token: try await key("grafana", ["read", "write"]))
      #expect(other.status == .forbidden && other.json["detail"] == "This application lacks the scope alerts.")
      #expect(try await cluster.call(.incidents, .post, path, Self.alerts("firing")).status == .unauthorized)

      let alertmanager = try await key("alertmanager", ["alerts"])
      let opened = try await cluster.call(.incidents, .post, path, Self.alerts("firing"), token: alertmanager)
      #expect(opened.status == .ok && opened.json["outcome"] == "opened" && opened.json["incident"]?["cid"] == "cid-of-a-shop")
      let again = try await cluster.call(.incidents, .post, path, Self.alerts("firing"), token: token)
      #expect(again.json["outcome"] == "unchanged" && again.json["incident"] == opened.json["incident"])
      let id = opened.json["incident"]?["id"]?.string ?? ""
      let detail = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(id)", token: token).json
      #expect(detail["timeline"]?[1]?["author"] == ["kind": "application", "id": "alertmanager", "name": "alertmanager"])
      #expect(detail["timeline"]?[1]?["cid"]?.string == opened.cid)
      let over = try await cluster.call(.incidents, .post, path, Self.alerts("resolved"), token: alertmanager)
      #expect(over.json["outcome"] == "resolved" && over.json["incident"]?["status"] == "resolved")
      let refused = try await cluster.call(.incidents, .post, path, ["groupKey": "g", "alerts": [["status": "off"]]], token: alertmanager)
      #expect(refused.status == .badRequest && refused.json["errors"]?[0]?["field"] == "alerts[0].status")
    }
  }

  private static func viewer(_ cluster: Cluster, by admin: String) async throws -> (id: String, token: String) {
    let (mail, password) = ("vic@example.org", "a long enough password")
    let person: JSONValue = ["name": "Vic", "email": .string(mail), "role": "viewer", "password": .string(password)]
    let made = try await cluster.call(.users, .post, "/api/v1/users", person, token: admin)
    return (made.json["id"]?.string ?? "", try await cluster.signIn(mail, password))
  }

  @Test func whoFollowsOwnsAndCounts() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let viewer = try await Self.viewer(cluster, by: token)
      func incidents(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, as other: String? = nil) async throws
        -> Cluster.Answer
      {
        try await cluster.call(.incidents, method, path, body, token: other ?? token)
      }
      let id = try await incidents(.post, "/api/v1/incidents", ["title": "Slow", "sev": 3, "services": ["Shop"]]).json["id"]?.string ?? ""
      let path = "/api/v1/incidents/\(id)"
      let followed = try await incidents(.put, "\(path)/followers/me", as: viewer.token)
      #expect(followed.status == .noContent)
      let list = try await incidents(.get, "\(path)/followers", as: viewer.token)
      #expect(list.json[0]?["id"]?.string == viewer.id && list.headerFields[.init("X-Total-Count")!] == "1")
      let mine = try await incidents(.get, "/api/v1/incidents?follower=\(viewer.id)", as: viewer.token)
      #expect(mine.json[0]?["id"]?.string == id)

      let items: JSONValue = [["title": "Mine", "owner": .string(viewer.id), "due_at": 1], "Nobody's"]
      _ = try await incidents(.post, "\(path)/postmortem", ["what_happened": "w", "root_cause": "r", "action_items": items])
      let overdue = try await incidents(.get, "/api/v1/action-items?owner=\(viewer.id)&overdue=true", as: viewer.token)
      #expect(overdue.json.array?.map { $0["id"] } == [.string("\(id)-1")])
      let done = try await incidents(.patch, "/api/v1/action-items/\(id)-1", ["done": true], as: viewer.token)
      #expect(done.status == .ok && done.json["done"] == true)
      let others = try await incidents(.patch, "/api/v1/action-items/\(id)-2", ["done": true], as: viewer.token)
      #expect(others.status == .forbidden)
      let draft = try await incidents(.get, "\(path)/postmortem/draft", as: viewer.token)
      #expect(draft.json["incident_id"]?.string == id && draft.json["state"] == "draft")

      try await eventually {
        let counted = try await incidents(.get, "/api/v1/incidents/metrics?group=service", as: viewer.token)
        return counted.json["groups"]?[0]?["key"] == "shop" && counted.json["groups"]?[0]?["count"] == 1
      }
      let refused = try await incidents(.get, "/api/v1/incidents/metrics?group=colour&from=2&to=1")
      #expect(refused.status == .badRequest && refused.json["errors"]?.array?.count == 2)
    }
  }

  @Test func aLinkIsMadeOnceAndRefusedInACircle() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      func declare() async throws -> String {
        try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "T", "sev": 4], token: token).json["id"]?.string ?? ""
      }
      let (one, other) = (try await declare(), try await declare())
      func link(_ id: String, _ target: String, _ kind: String = "duplicate_of") async throws -> Cluster.Answer {
        let body: JSONValue = ["kind": .string(kind), "target": .string(target)]
        return try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/links", body, token: token)
      }
      let (made, again) = (try await link(one, other.lowercased()), try await link(one, other))
      #expect(made.status == .created && again.status == .ok && made.json == again.json)
      let circle = try await link(other, one)
      #expect(circle.status == .conflict)
      let (event, parent) = (try await link(other, "aws:e1", "caused_by"), try await link(other, "aws:e1", "parent"))
      #expect(event.status == .created && parent.status == .badRequest)
      let unknown = try await link(other, "INC-000000", "related")
      #expect(unknown.status == .badRequest && unknown.json["errors"]?[0]?["field"] == "target")
      _ = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(other)/status", ["status": "resolved"], token: token)
      let duplicate = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(one)", token: token)
      #expect(duplicate.json["status"] == "resolved")
    }
  }
}
