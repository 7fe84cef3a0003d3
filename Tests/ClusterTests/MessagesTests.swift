import Foundation
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// Notes as an issue what a message of the bus breaks: the schema of all messages, and that of its own data.
/// What a person sent by hand may be called what they like.
func checkSchema(of message: JSONValue) {
  let name = message["event_name"]?.string ?? "?"
  for problem in JSONSchema("message.schema.json")?.problems(of: message) ?? ["docs/schemas/message.schema.json cannot be read"] {
    Issue.record("\(name): \(problem) in \(message.text)")
  }
  guard message["data"]?["sent_by"] == nil, let data = message["data"] else { return }
  guard let schema = JSONSchema("\(name).schema.json") else {
    Issue.record("\(name) is published and docs/schemas/\(name).schema.json is missing (or no JSON)")
    return
  }
  for problem in schema.problems(of: data) { Issue.record("docs/schemas/\(name).schema.json: data\(problem) in \(message.text)") }
}

/// docs/messages.md and docs/schemas against the code.
struct MessagesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  /// The names in the table of docs/messages.md.
  private static var listed: Set<String> {
    let text = (try? String(contentsOf: root.appending(path: "docs/messages.md"), encoding: .utf8)) ?? ""
    return Set(text.matches(of: /(?m)^\| `([a-z_.]+)` \|/).map { String($0.1) })
  }

  /// Names of events in scripts, and beginnings of names (`csp.event.`) that a script completes.
  private static var published: Set<String> {
    let names = FileManager.default.enumerator(atPath: root.appending(path: "Sources").path)?.compactMap { $0 as? String } ?? []
    var found: Set<String> = []
    for name in names where name.hasSuffix(".lua") || name.hasSuffix(".swift") {
      guard let text = try? String(contentsOf: root.appending(path: "Sources/\(name)"), encoding: .utf8) else { continue }
      let code = text.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      if name.hasSuffix(".lua") {
        found.formUnion(code.matches(of: /'([a-z_]+(?:\.[a-z_]+)+\.?|[a-z_]+\.)'/).map { String($0.1) })
      } else {
        found.formUnion(code.matches(of: /publish\('([a-z_.]+)'/).map { String($0.1) })
      }
    }
    return found
  }

  @Test func everyMessageHasItsLineAndItsSchema() {
    let (listed, published) = (Self.listed, Self.published)
    #expect(published.contains("incident.created") && listed.contains("incident.created"), "the test finds names at all")
    for name in published where !name.hasSuffix(".") && !listed.contains(name) {
      Issue.record("\(name) is published by a script and has no line in docs/messages.md")
    }
    for name in published where name.hasSuffix(".") && !listed.contains(where: { $0.hasPrefix(name) }) {
      Issue.record("\(name)… is published by a script and has no line in docs/messages.md")
    }
    for name in listed where !published.contains(where: { $0 == name || $0.hasSuffix(".") && name.hasPrefix($0) }) {
      Issue.record("\(name) has a line in docs/messages.md and is published nowhere")
    }
    for name in listed where JSONSchema("\(name).schema.json") == nil {
      Issue.record("\(name) has a line in docs/messages.md; docs/schemas/\(name).schema.json is missing (or no JSON)")
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: JSONSchema.folder.path)) ?? []
    for file in files where file.hasSuffix(".schema.json") && file != "message.schema.json" {
      let name = String(file.dropLast(".schema.json".count))
      if !listed.contains(name) { Issue.record("docs/schemas/\(file) belongs to no line of docs/messages.md") }
    }
  }

  @Test func theCheckFindsWhatIsWrong() throws {
    let schema = try #require(JSONSchema("incident.status.changed.schema.json"))
    let problems = schema.problems(of: ["cid": "x", "actor": ["kind": "user", "id": 7, "name": "Ada"], "old": "shut", "message": "m"])
    for words in ["lacks incident_id, incident, new", ".cid does not match", ".actor.id is no string or null", ".old is none of"] {
      #expect(problems.contains { $0.contains(words) }, "\(words) in \(problems)")
    }
    #expect(try #require(JSONSchema("message.schema.json")).problems(of: ["event_name": "A", "extra": 1]).count >= 3)
  }

  /// Everything users and incidents do, so that each of their messages is seen (`Cluster.with` checks them).
  @Test func whatUsersAndIncidentsPublishKeepsItsSchema() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      func call(_ service: ServiceName, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let answer = try await cluster.call(service, method, path, body, token: token)
        #expect(answer.status.kind == .successful, "\(method) \(path): \(String(decoding: answer.body, as: UTF8.self))")
        return answer.json
      }
      let user = try await call(.users, .post, "/api/v1/users", ["name": "Ann", "email": "ann@example.org", "role": "sre"])
      let userID = user["id"]?.string ?? ""
      _ = try await call(.users, .put, "/api/v1/users/\(userID)", ["name": "Anna"])
      _ = try await call(.users, .put, "/api/v2/profile/personal/\(userID)", ["about": "Minds the database."])
      _ = try await call(.users, .post, "/api/v1/apps", ["name": "grafana"])
      _ = try await call(.users, .post, "/api/v1/apps/grafana/rotate")
      _ = try await call(.users, .delete, "/api/v1/apps/grafana")
      let me = try await call(.users, .get, "/api/v1/auth/verify")["id"]?.string ?? ""
      let incident = try await call(
        .incidents, .post, "/api/v1/incidents", ["title": "Ünïcode \"quoted\" \\", "sev": 2, "services": ["a"]])
      let id = incident["id"]?.string ?? ""
      let path = "/api/v1/incidents/\(id)"
      try await cluster.leaveAlone(id)
      try await eventually { try await cluster.messages().contains { $0["event_name"] == "incident.reminder" } }
      _ = try await call(.incidents, .patch, path, ["title": "New", "sev": 1, "services": ["b", "c"], "summary": "Line\nbreak"])
      _ = try await call(.incidents, .post, "\(path)/assign", ["commander": .string(me)])
      _ = try await call(.incidents, .post, "\(path)/timeline", ["type": "note", "message": "m"])
      _ = try await call(.incidents, .post, "\(path)/status", ["status": "mitigated", "message": "m"])
      _ = try await call(.incidents, .post, "\(path)/status", ["status": "resolved"])
      _ = try await call(
        .incidents, .post, "\(path)/postmortem", ["what_happened": "w", "root_cause": "r", "action_items": ["a"], "state": "published"])
      _ = try await call(.incidents, .patch, "/api/v1/action-items/\(id)-1", ["done": true, "owner": .string(me)])
      _ = try await call(.incidents, .post, "\(path)/links", ["kind": "caused_by", "target": "aws:e/1"])
      _ = try await call(.incidents, .delete, "\(path)/links/1")
      _ = try await call(.incidents, .delete, "\(path)/followers/me")
      _ = try await call(.incidents, .post, "/api/v1/templates", ["key": "t", "name": "T", "message": "m"])
      _ = try await call(.incidents, .patch, "/api/v1/templates/t", ["message_fr": "f"])
      _ = try await call(.incidents, .delete, "/api/v1/templates/t")
      _ = try await call(.users, .delete, "/api/v1/users/\(userID)")
      let seen = Set(try await cluster.messages().compactMap { $0["event_name"]?.string })
      let expected = Self.listed.filter { ["user.", "application.", "incident.", "template."].contains(where: $0.hasPrefix) }
      #expect(expected.subtracting(seen).isEmpty, "not published: \(expected.subtracting(seen))")
    }
  }
}
