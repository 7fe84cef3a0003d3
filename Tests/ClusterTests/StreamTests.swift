import Foundation
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// The stream of changes, read line by line as a browser reads it.
struct StreamTests {
  @Test func changesArriveAndAReaderGoesOnWhereItWas() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let reader = try await cluster.follow(token)
      try await reader.until("retry: 2000")
      let created = try await cluster.call(.incidents, .post, "/api/v1/incidents", ["title": "Seen", "sev": 2], token: token)
      let id = try #require(created.json["id"]?.string)
      try await reader.until("event: incident.created")
      let position = try #require(reader.text.firstMatch(of: /id: (\d+-\d+)\n/)?.1)
      reader.close()

      _ = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/status", ["status": "mitigated"], token: token)
      let again = try await cluster.follow(token, after: String(position))
      try await again.until("event: incident.status.changed")
      #expect(!again.text.contains("event: incident.created"))
      _ = try await cluster.call(.incidents, .post, "/api/v1/incidents/\(id)/status", ["status": "resolved"], token: token)
      try await again.until("\"resolved\"")
      #expect(again.text.components(separatedBy: "event: incident.status.changed").count == 3)
      again.close()
    }
  }

  @Test func aStrangerAndABadPositionAreRefused() async throws {
    try await Cluster.with { cluster in
      #expect(try await cluster.call(.incidents, .get, "/api/v1/incidents/stream").status == .unauthorized)
      let token = try await cluster.signIn()
      let bad = try await cluster.call(.incidents, .get, "/api/v1/incidents/stream", token: token, headers: ["Last-Event-ID": "x"])
      #expect(bad.status == .badRequest)
    }
  }

  @Test func anAddressHasItsShareOfStreams() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      var readers: [StreamReader] = []
      for _ in 0..<20 {
        let reader = try await cluster.follow(token)
        try await reader.until("retry: 2000")
        readers.append(reader)
      }
      #expect(try await cluster.call(.incidents, .get, "/api/v1/incidents/stream", token: token).status == .tooManyRequests)
      for reader in readers { reader.close() }
      try await eventually {
        let reader = try await cluster.follow(token)
        defer { reader.close() }
        try await reader.until("200 OK")
        return true
      }
    }
  }
}
