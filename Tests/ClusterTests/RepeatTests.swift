import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// Idempotency-Key: the first answer again, and nothing done twice.
struct RepeatTests {
  @Test func aRepeatGetsTheFirstAnswer() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let body: JSONValue = ["title": "Once", "sev": 3]
      let first = try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token, headers: ["Idempotency-Key": "k-1"])
      let again = try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token, headers: ["Idempotency-Key": "k-1"])
      #expect(first.status == .created && again.status == .created && first.body == again.body)
      #expect(again.headerFields[.location] == first.headerFields[.location])
      let other = try await cluster.call(
        .incidents, .post, "/api/v1/incidents", ["title": "Other", "sev": 3], token: token, headers: ["Idempotency-Key": "k-1"])
      #expect(other.status == .conflict)
      let free = try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token, headers: ["Idempotency-Key": "k-2"])
      #expect(free.json["id"] != first.json["id"])
      #expect(try await cluster.call(.incidents, .get, "/api/v1/incidents", token: token).json.array?.count == 2)
    }
  }

  @Test func aRefusalIsRepeatedToo() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      for _ in 0..<2 {
        let refused = try await cluster.call(
          .incidents, .post, "/api/v1/incidents", ["title": ""], token: token, headers: ["Idempotency-Key": "bad"])
        #expect(refused.status == .badRequest && refused.json["errors"]?.array?.count == 2)
      }
    }
  }

  /// The answer is lost with the record of it, as when the process dies in between; the change itself remembers.
  @Test func whatWasDoneIsNotDoneTwiceWhenItsAnswerWasLost() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let body: JSONValue = ["title": "Once", "sev": 3]
      let headers = ["Idempotency-Key": "lost"]
      let first = try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token, headers: headers)
      try await cluster.forgetAnswers()
      let again = try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token, headers: headers)
      #expect(again.status == .created && again.json["id"] == first.json["id"])
      let created = try await cluster.messages().filter { $0["event_name"]?.string == "incident.created" }
      #expect(created.count == 1)
    }
  }

  @Test func manyAtOnceUnderOneKeyMakeOne() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await cluster.call(
              .incidents, .post, "/api/v1/incidents", ["title": "Once", "sev": 3], token: token, headers: ["Idempotency-Key": "race"]
            ).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.allSatisfy { $0 == .created || $0 == .conflict } && statuses.contains(.created))
      #expect(try await cluster.call(.incidents, .get, "/api/v1/incidents", token: token).json.array?.count == 1)
    }
  }

  /// A secret that is shown once is not kept, and a stranger's key means nothing.
  @Test func secretsAreNotKept() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let headers = ["Idempotency-Key": "secret"]
      let first = try await cluster.call(.users, .post, "/api/v1/apps", ["name": "shop"], token: token, headers: headers)
      #expect(first.status == .created && first.json["key"]?.string?.hasPrefix("psk_") == true)
      let again = try await cluster.call(.users, .post, "/api/v1/apps", ["name": "shop"], token: token, headers: headers)
      #expect(again.status == .conflict)
    }
  }
}
