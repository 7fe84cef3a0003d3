import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// Who is told of what happens to incidents, from the call that causes it to the mail.
struct NoticesTests {
  private func account(_ cluster: Cluster, _ name: String, _ notify: String?, token: String) async throws -> String {
    var body = JSONObject([
      ("name", .string(name)), ("email", .string("\(name)@example.org")), ("role", "sre"), ("password", "a long enough password"),
    ])
    body["notify"] = notify.map { .string($0) }
    let answer = try await cluster.call(.users, .post, "/api/v1/users", .object(body), token: token)
    guard let id = answer.json["id"]?.string else { throw Unexpected(answer) }
    return id
  }

  private func told(_ cluster: Cluster, _ template: String, token: String) async throws -> [String] {
    let mails = try await cluster.call(.comms, .get, "/api/v1/mails?maxResults=500", token: token).json.array ?? []
    return mails.filter { $0["template"]?.string == template && $0["state"] == "kept" }.compactMap { $0["to"]?["id"]?.string }
  }

  @Test func whatHappensIsNewsToFollowersButNotToWhoDidIt() async throws {
    try await Cluster.with { cluster in
      let admin = try await cluster.signIn()
      let ada = try await account(cluster, "ada", "mine", token: admin)
      let quiet = try await account(cluster, "quiet", "none", token: admin)
      let incident = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "Slow", "sev": 3], token: admin).json
      let path = "/api/v1/incidents/\(incident["id"]?.string ?? "")"
      for name in ["ada", "quiet"] {
        let token = try await cluster.signIn("\(name)@example.org", "a long enough password")
        #expect(try await cluster.call(.incidents, .put, "\(path)/followers/me", token: token).status.kind == .successful)
      }
      for message in ["The database is full.", "It has room again."] {
        let entry: JSONValue = ["type": "update", "message": .string(message)]
        #expect(try await cluster.call(.incidents, .post, "\(path)/timeline", entry, token: admin).status == .ok)
      }
      _ = try await cluster.call(.incidents, .post, "\(path)/assign", ["commander": .string(quiet)], token: admin)
      try await eventually { try await !told(cluster, "incident_news", token: admin).isEmpty }
      try await eventually { try await settled(cluster, token: admin) }
      #expect(try await told(cluster, "incident_news", token: admin) == [ada], "once; the admin did it, the other wants no mails")
      #expect(try await told(cluster, "incident_assigned", token: admin) == [])

      let led = try await cluster.call(.users, .get, "/api/v2/profile/realization/all?profileId=\(quiet)", token: admin).json
      #expect(led["totalResults"] == 1 && led["results"]?[0]?["kind"] == "incident" && led["results"]?[0]?["title"] == "Slow")
      let postmortem: JSONValue = ["what_happened": "w", "root_cause": "r"]
      _ = try await cluster.call(.incidents, .post, "\(path)/postmortem", postmortem, token: admin)
      let me = try await cluster.call(.users, .get, "/api/v1/auth/verify", token: admin).json["id"]?.string ?? ""
      let wrote = try await cluster.call(.users, .get, "/api/v2/profile/realization/all?profileId=\(me)", token: admin).json
      #expect(wrote["results"]?.array?.map { $0["kind"]?.string } == ["postmortem"], "\(wrote.text)")
      await cluster.stop(.incidents)
      let away = try await cluster.call(.users, .get, "/api/v2/profile/realization/all?profileId=\(me)", token: admin)
      #expect(away.status == .serviceUnavailable)
    }
  }

  /// No group has anything left to do.
  private func settled(_ cluster: Cluster, token: String) async throws -> Bool {
    let groups = try await cluster.call(.comms, .get, "/api/v1/messages/consumers", token: token).json.array ?? []
    return !groups.isEmpty && groups.allSatisfy { $0["lag"] == 0 && $0["pending"] == 0 }
  }

  @Test func aSev1ThatAMachineOpensReachesThoseWhoAskedForItOnce() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let admin = try await cluster.call(.users, .get, "/api/v1/auth/verify", token: token).json["id"]?.string ?? ""
      let one = try await account(cluster, "one", "sev1", token: token)
      let all = try await account(cluster, "all", "all", token: token)
      for (name, notify) in [("mine", "mine"), ("quiet", "none")] { _ = try await account(cluster, name, notify, token: token) }
      let app = try await cluster.call(.users, .post, "/api/v1/apps", ["name": "probe"], token: token).json
      let key = try #require(app["key"]?.string)

      let body: JSONValue = ["title": "Checkout down", "sev": 1, "external": ["provider": "probe", "id": "42"]]
      let begun = ContinuousClock.now
      let answers = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<5 {
          group.addTask { try await cluster.call(.incidents, .post, "/api/v1/incidents", body, headers: ["X-API-Key": key]).status.code }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.sorted() == [200, 200, 200, 200, 201])
      try await eventually { try await told(cluster, "incident_opened", token: token).count >= 3 }
      let took = ContinuousClock.now - begun
      #expect(took < .seconds(10), "5 s on a machine of its own; it took \(took)")
      try await eventually { try await settled(cluster, token: token) }
      #expect(try await told(cluster, "incident_opened", token: token).sorted() == [admin, one, all].sorted())
    }
  }
}
