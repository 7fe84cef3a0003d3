import HTTPTypes
import JSONBytes
import ServiceCalls
import Testing

@testable import CSPIngestorService

/// Our own look at an address.
struct ProbeTests {
  @Test func downAfterTwoFailuresUpAfterTwoSuccesses() async throws {
    try await CSPBench.run(at: 1_780_000_000) { bench in
      let site = "/site.json"
      bench.feeds.serve(site, Array("Welcome to the shop".utf8))
      let made = try await bench.register("site", [("type", "http"), ("expected_text", "Welcome")])
      #expect(made.status == 201 && made.json["type"] == "http" && made.json["family"] == .null)
      func look(_ seconds: Int) async throws -> [JSONValue] {
        try await bench.move(to: 1_780_000_000 + seconds)
        let answer = try await bench.refresh("site")
        #expect(answer.status == 200)
        return try await bench.events()
      }
      #expect(try await look(60).isEmpty)
      bench.feeds.serve(site, Array("Maintenance".utf8))
      #expect(try await look(120).isEmpty)
      bench.feeds.serve(site, [], status: 500)
      let down = try await look(180)
      #expect(down.count == 1 && down[0]["id"] == "site:probe:1780000120" && down[0]["kind"] == "probe" && down[0]["impact"] == "major")
      #expect(down[0]["status"] == "investigating" && down[0]["incident_id"] == .null)
      #expect(try await bench.ask(.get, "/api/v1/csp/providers/site").json["state"] == "major")
      bench.feeds.serve(site, [], status: 401)
      #expect(try await look(240)[0]["status"] == "monitoring")
      let up = try await look(300)
      #expect(up.count == 1 && up[0]["status"] == "resolved" && up[0]["resolution"] == "probe_ok" && up[0]["resolved_at"] == 1_780_000_300)
      #expect(try await look(360) == up)
      #expect(try await bench.incidents().isEmpty)
    }
  }

  @Test func aCertificateIsWatched() {
    var state = ProbeState()
    let now = 1_780_000_000
    func take(_ days: Int, at time: Int) -> [ProviderEvent] {
      state.take(ProbeOutcome(certificateExpiresAt: now + days * 86_400), at: time, name: "site")
    }
    #expect(take(20, at: now).isEmpty)
    let minor = take(20, at: now + 7 * 86_400)
    #expect(minor.map(\.impact) == [.minor] && minor[0].isActive)
    let major = take(20, at: now + 18 * 86_400)
    #expect(major.map(\.impact) == [.major] && major[0].externalID == minor[0].externalID)
    let renewed = take(110, at: now + 19 * 86_400)
    #expect(renewed.map(\.state) == [.resolved] && renewed[0].externalID == minor[0].externalID)
    #expect(take(110, at: now + 20 * 86_400).isEmpty)
    #expect(ProbeState(state.json) == state)
  }
}
