import HTTPTypes
import JSONBytes
import PrivateServers
import StatusModel
import Testing

/// A neighbour or Redis away: the right answers, and recovery by itself.
struct FailureTests {
  @Test func withoutUsersNobodyIsAssignedAndAllElseWorks() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let me = try #require(try await cluster.call(.users, .get, "/api/v1/auth/verify", token: token).json["id"]?.string)
      await cluster.stop(.users)
      let created = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "A", "sev": 1], token: token)
      #expect(created.status == .created)
      let id = try #require(created.json["id"]?.string)
      let refused = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/assign", ["commander": .string(me)], token: token)
      #expect(refused.status == .serviceUnavailable && refused.headerFields[.retryAfter] != nil)
      let ready = try await cluster.call(.incidents, .get, "/ready")
      #expect(ready.status == .ok && ready.json["dependencies"]?["users"]?.string == "down")
      try await cluster.start(.users)
      try await cluster.untilReady(.users)
      let assigned = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/assign", ["commander": .string(me)], token: token)
      #expect(assigned.status == .ok)
    }
  }

  @Test func withoutRedisNothingIsPromisedAndEverythingComesBack() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let before = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "Before", "sev": 3], token: token)
      let id = try #require(before.json["id"]?.string)
      await cluster.redis.kill()
      let refused = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "During", "sev": 3], token: token)
      #expect(refused.status == .serviceUnavailable && refused.headerFields[.retryAfter] != nil)
      #expect(refused.headerFields[.contentType] == "application/problem+json")
      #expect(try await cluster.call(.incidents, .get, "/health").status == .ok)
      #expect(try await cluster.call(.incidents, .get, "/ready").status == .serviceUnavailable)
      try await cluster.redis.restart()
      for service in ServiceName.allCases { try await cluster.untilReady(service) }
      let after = try await cluster.call(.incidents, .get, "/api/v1/incidents", token: token)
      #expect(after.json.array?.count == 1 && after.json[0]?["id"]?.string == id)
    }
  }

  @Test func aRestartedServiceKnowsWhatTheOldOneDid() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      _ = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "Kept", "sev": 3], token: token)
      await cluster.stop(.incidents)
      try await cluster.start(.incidents)
      try await cluster.untilReady(.incidents)
      #expect(try await cluster.call(.incidents, .get, "/api/v1/incidents", token: token).json[0]?["title"]?.string == "Kept")
    }
  }
}
