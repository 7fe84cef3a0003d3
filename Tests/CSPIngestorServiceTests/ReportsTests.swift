import HTTPTypes
import JSONBytes
import ServiceCalls
import StatusModel
import Testing

@testable import CSPIngestorService

/// What visitors say, and what we say of providers.
struct ReportsTests {
  private func report(_ bench: CSPBench, from address: String, _ body: JSONValue = ["provider": "shop", "kind": "slow"]) async throws
    -> Answer
  {
    try await bench.ask(.cspIngestor, .post, "/api/v1/csp/reports", body, as: nil, [HTTPField.Name("X-Forwarded-For")!: address])
  }

  @Test func enoughAddressesMakeAProviderSuspected() async throws {
    try await CSPBench.run(["TRUSTED_PROXIES": "127.0.0.1", "REPORTS_THRESHOLD": "3"]) { bench in
      bench.feeds.serve("/shop.json", ProviderRegistrationTests.quiet)
      try await bench.register("shop")
      _ = try await bench.refresh("shop")
      for number in 1...5 { #expect(try await report(bench, from: "198.51.100.1").status == 201, "\(number)") }
      let one = try await bench.ask(.cspIngestor, .get, "/api/v1/csp/reports?provider=shop", as: nil).json
      #expect(one["reporters_15_min"] == 1 && one["suspected"] == false && one["counts"]?[0]?["kinds"]?["slow"] == 5)
      _ = try await report(bench, from: "198.51.100.2")
      #expect(try await bench.events().isEmpty)
      let third = try await report(bench, from: "2001:db8::3", ["provider": "shop", "region": "eu-west-1"])
      #expect(third.json["suspected"] == true && third.json["counts"]?[0]?["regions"]?["eu-west-1"] == 1)
      _ = try await report(bench, from: "198.51.100.4")
      let events = try await bench.events("&active=true")
      #expect(events.count == 1 && events[0]["kind"] == "notice" && events[0]["impact"] == "none")
      let provider = try await bench.ask(.get, "/api/v1/csp/providers/shop").json
      #expect(provider["suspected"] == true && provider["state"] == "operational")
      // The feed, which knows nothing of it, does not end it.
      _ = try await bench.refresh("shop")
      #expect(try await bench.events("&active=true").count == 1)
      #expect(try await bench.incidents().isEmpty)
      for body: JSONValue in [["provider": "nobody"], ["kind": "slow"], ["provider": "shop", "kind": "odd"]] {
        #expect(try await report(bench, from: "198.51.100.9", body).status == 400)
      }
    }
  }

  @Test func oneAddressCountsOnceInFifteenMinutes() async throws {
    try await CSPBench.run(["LIMIT_FACTOR": "1", "TRUSTED_PROXIES": "127.0.0.1"]) { bench in
      bench.feeds.serve("/shop.json", ProviderRegistrationTests.quiet)
      try await bench.register("shop")
      try await bench.register("mall", path: "/shop.json")
      #expect(try await report(bench, from: "2001:db8::1").status == 201)
      let again = try await report(bench, from: "2001:db8::2")
      #expect(again.status == 429 && again.fields[.retryAfter] != nil)
      #expect(try await report(bench, from: "2001:db8::1", ["provider": "mall"]).status == 201)
    }
  }

  @Test func usualNoiseIsNoSuspicion() {
    func counts(_ perBucket: Int, now: Int) -> CrowdReports.Counts {
      var counts = CrowdReports.Counts(reporters: 50)
      let last = now - now % CrowdReports.bucket
      for number in 0..<288 {
        counts.rows.append(.init(at: last - number * CrowdReports.bucket, kind: "slow", region: "", count: number < 3 ? perBucket : 4))
      }
      return counts
    }
    let now = 1_780_000_123
    #expect(!counts(4, now: now).isSuspicious(at: now, threshold: 5))
    #expect(!counts(11, now: now).isSuspicious(at: now, threshold: 5))
    #expect(counts(13, now: now).isSuspicious(at: now, threshold: 5))
    #expect(!counts(13, now: now).isSuspicious(at: now, threshold: 51))
  }

  @Test func aReportCardAddsUp() throws {
    let now = 1_780_000_000
    func event(_ id: String, start: Int, end: Int?, _ impact: Impact, published: Int? = nil, edits: Int = 0) -> TrackedEvent {
      let known = KnownEvent(
        externalID: id, series: nil, kind: .incident, state: end == nil ? .investigating : .resolved, impact: impact, peakImpact: impact,
        startedAt: now - start, resolvedAt: end.map { now - $0 }, firstSeenAt: now - start, fingerprint: "")
      var tracked = TrackedEvent(known: known, wasFirstSeenOpen: true)
      tracked.publishedAt = published.map { now - $0 }
      tracked.startEdits = edits
      return tracked
    }
    let events = [
      event("a", start: 7200, end: 3600, .major, published: 6600, edits: 2), event("b", start: 5400, end: 1800, .minor, published: 5340),
      event("old", start: 9 * 86_400, end: 8 * 86_400, .critical),
    ]
    let card = ReportCard(provider: "shop", days: 1, now: now, events: events, sightings: [now - 7000]).json
    #expect(card["events"] == 2 && card["events_by_impact"] == ["none": 0, "minor": 1, "major": 1, "critical": 0])
    #expect(card["publication_delay_s"] == ["count": 2, "median": 60, "p90": 600])
    #expect(card["sighting_delay_s"]?["count"] == 2 && card["start_edits"] == 2 && card["events_with_edited_start"] == 1)
    let minutes = card["minutes"]
    #expect(minutes?["major"] == 60 && minutes?["minor"] == 30 && minutes?["operational"] == 1350 && minutes?["critical"] == 0)
  }
}
