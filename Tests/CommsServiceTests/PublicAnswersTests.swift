import HTTPTypes
import JSONBytes
import PrivateServers
import ServiceCalls
import ServiceRuntime
import Testing

struct PublicAnswersTests {
  @Test func `an answer that is known is not sent again`() async throws {
    try await CommsBench.run { bench in
      try await bench.announce(try await bench.declare())
      for path in ["/api/v1/public/status", "/api/v1/public/incidents"] {
        let plain = try await bench.read(path)
        let tag = try #require(plain.fields[.eTag])
        let again = try await bench.read(path, [.ifNoneMatch: tag])
        #expect(again.status == 304 && again.body.isEmpty && again.fields[.cacheControl] != nil)
      }
    }
  }

  @Test func `with Redis gone the last answers stand, with their age`() async throws {
    try await CommsBench.run { bench in
      let id = try await bench.declare()
      try await bench.announce(id)
      let before = try await bench.read("/api/v1/public/status")
      #expect(before.fields[.age] == nil && before.fields[.dataAsOf] == nil)
      await bench.redis.kill()
      try await eventually { try await bench.read("/api/v1/public/status").fields[.age] != nil }
      let after = try await bench.read("/api/v1/public/status")
      #expect(after.status == 200 && after.body == before.body && after.fields[.dataAsOf] != nil)
      #expect(after.fields[.eTag] == before.fields[.eTag])
      let detail = try await bench.read("/api/v1/public/incidents/\(id)")
      #expect(detail.status == 200 && detail.fields[.age] != nil)
      #expect(try await bench.read("/api/v1/public/incidents/INC-000000").status == 503)
    }
  }

  @Test func `another replica shows it too, without being asked to`() async throws {
    try await CommsBench.run { bench in
      let other = try await bench.replica()
      let id = try await bench.declare()
      try await bench.announce(id)
      let outcome: Result<Void, any Error>
      do {
        try await eventually { try await bench.read("/api/v1/public/status", from: other).json[0]?["id"] == .string(id) }
        outcome = .success(())
      } catch { outcome = .failure(error) }
      let tags = try await (bench.read("/api/v1/public/status"), bench.read("/api/v1/public/status", from: other))
      await other.stop()
      try outcome.get()
      #expect(tags.0.fields[.eTag] == tags.1.fields[.eTag], "the tag is of the content, whichever replica answers")
    }
  }
}
