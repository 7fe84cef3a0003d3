import Foundation
import Gzip
import HTTPTypes
import JSONBytes
import PrivateServers
import ServiceCalls
import StatusModel
import Testing

@testable import CSPIngestorService

/// Who asks what when, and what an answer is worth.
struct PollingTests {
  @Test func whatHasNotChangedIsNotSentAgain() async throws {
    try await CSPBench.run { bench in
      let body = IncidentReactionTests.page(impact: "minor").bytes
      bench.feeds.serve("/shop.json", body, [.eTag: "W/\"one\"", .lastModified: "Sun, 01 Mar 2026 09:00:00 GMT"])
      try await bench.register("shop")
      #expect(try await bench.refresh("shop").json["opened"] == 1)
      let again = try await bench.refresh("shop").json
      #expect(again["fetched"] == 1 && again["unchanged"] == 1 && again["opened"] == 0)
      let asked = bench.feeds.asked("/shop.json").map(\.fields)
      #expect(asked.count == 3 && asked[1][.ifNoneMatch] == nil && asked[2][.ifNoneMatch] == "W/\"one\"")
      #expect(asked[2][.ifModifiedSince] == "Sun, 01 Mar 2026 09:00:00 GMT" && asked[2][.acceptEncoding]?.contains("gzip") == true)
      // The same body under another coding has a tag of its own; both are sent from then on.
      bench.feeds.serve("/shop.json", Gzip.compressed(body), [.eTag: "W/\"two\"", .contentEncoding: "gzip"])
      #expect(try await bench.refresh("shop").json["unchanged"] == 1)
      _ = try await bench.refresh("shop")
      let last = try #require(bench.feeds.asked("/shop.json").last?.fields[.ifNoneMatch])
      #expect(last.contains("W/\"one\"") && last.contains("W/\"two\""))
    }
  }

  @Test func aBadDayIsSurvived() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", IncidentReactionTests.page(impact: "minor"))
      try await bench.register("shop")
      _ = try await bench.refresh("shop")
      let before = try await bench.events()
      bench.feeds.serve("/shop.json", Array("<html><body>502</body></html>".utf8))
      for number in 1...3 {
        let answer = try await bench.refresh("shop")
        #expect(answer.status == 502 && answer.json["detail"]?.string?.contains("html") == true)
        let provider = try await bench.ask(.get, "/api/v1/csp/providers/shop").json
        #expect(provider["state"] == (number < 3 ? "minor" : "unknown"))
        #expect(provider["health"]?["format_drift"]?["refusal"] == "html" && provider["health"]?["refusals_in_a_row"]?.integer == number)
      }
      #expect(try await bench.events() == before)
      bench.feeds.serve("/shop.json", IncidentReactionTests.page(impact: "minor"))
      #expect(try await bench.refresh("shop").json["unchanged"] == 1)
      let provider = try await bench.ask(.get, "/api/v1/csp/providers/shop").json
      #expect(provider["state"] == "minor" && provider["health"]?["format_drift"] == .null)
      #expect(provider["health"]?["last_error"]?.string?.contains("web page") == true)
      // One item that cannot be read costs its neighbours nothing, and ends nothing.
      var page = IncidentReactionTests.page("evt2", impact: "minor", at: 7).object ?? JSONObject()
      page["incidents"] = .array([7, page["incidents"]?[0] ?? .null])
      bench.feeds.serve("/shop.json", .object(page))
      let partly = try await bench.refresh("shop").json
      #expect(partly["opened"] == 1 && partly["resolved"] == 0)
      #expect(try await bench.ask(.get, "/api/v1/csp/providers/shop").json["health"]?["format_drift"]?["unreadable"] == 1)
    }
  }

  @Test func noRedirectLeadsToPlainHTTP() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/real.json", ProviderRegistrationTests.quiet)
      bench.feeds.serve("/shop.json", [], status: 302, [.location: bench.feeds.url("/real.json")])
      let answer = try await bench.register("shop")
      #expect(answer.status == 400)
      #expect(bench.feeds.asked("/real.json").isEmpty)
    }
  }

  @Test func aServerThatWantsToBeLeftAloneIs() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", ProviderRegistrationTests.quiet)
      try await bench.register("shop", [("interval_s", 15)])
      func pause() async throws -> Int {
        let now = Int(bench.clock.milliseconds / 1000)
        return (try await bench.ask(.get, "/api/v1/csp/providers/shop").json["health"]?["next_poll_at"]?.integer ?? 0) - now
      }
      bench.feeds.serve("/shop.json", [], status: 429, [.retryAfter: "600"])
      _ = try await bench.refresh("shop")
      #expect(try await (590...670).contains(pause()))
      bench.feeds.serve("/shop.json", [], status: 503)
      _ = try await bench.refresh("shop")
      #expect(try await (50...70).contains(pause()))
      bench.feeds.serve("/shop.json", ProviderRegistrationTests.quiet.bytes, [.cacheControl: "public, max-age=120"])
      _ = try await bench.refresh("shop")
      #expect(try await (110...140).contains(pause()))
    }
  }

  @Test func eachProviderIsPolledByOneReplica() async throws {
    try await CSPBench.run { bench in
      try await bench.start(.cspIngestor, replica: "-2")
      let names = (1...20).map { "p\($0)" }
      for name in names {
        bench.feeds.serve("/\(name).json", ProviderRegistrationTests.quiet)
        try await bench.register(name)
      }
      let due = names.flatMap { ["1", $0] }
      _ = try await bench.redis.ask(["ZADD", "{test}:csp:due", "XX"] + due)
      try await eventually { names.allSatisfy { bench.feeds.asked("/\($0).json").count > 1 } }
      try await eventually {
        try await bench.redis.ask("ZCOUNT", "{test}:csp:due", "-inf", String(bench.clock.milliseconds + 50_000)) == "0"
      }
      #expect(names.allSatisfy { bench.feeds.asked("/\($0).json").count == 2 })
      #expect(try await bench.ask(.get, "/api/v1/csp/providers").json.array?.allSatisfy { $0["state"] == "operational" } == true)
    }
  }

  @Test func theScheduleGrowsAndIsBounded() {
    func delay(_ refusals: Int, backsOff: Bool = true, fresh: Int? = nil, retry: Int? = nil) -> Int {
      Schedule.delay(interval: 60, refusals: refusals, backsOff: backsOff, freshFor: fresh, retryAfter: retry)
    }
    #expect(delay(0, backsOff: false) == 60 && delay(5, backsOff: false) == 60)
    #expect([1, 2, 3, 4, 60].map { delay($0) } == [120, 240, 480, 900, 900])
    #expect(Schedule.delay(interval: 3600, refusals: 9, backsOff: true, freshFor: nil, retryAfter: nil) == 3600)
    #expect(delay(1, retry: 3000) == 3000 && delay(1, retry: 90_000) == Schedule.longestRetryAfter && delay(1, retry: 1) == 120)
    #expect(delay(0, backsOff: false, fresh: 300) == 300 && delay(0, backsOff: false, fresh: 90_000) == Schedule.longestBackOff)
    #expect(Schedule.jittered(100, random: -1, mayBeEarlier: true) == 90_000)
    #expect(Schedule.jittered(100, random: -1, mayBeEarlier: false) == 110_000)
  }

  @Test func freshnessIsReadFromTheFields() {
    func freshness(_ control: String, age: String? = nil) -> Int? {
      var fields: HTTPFields = [.cacheControl: control]
      fields[.age] = age
      return Fetcher.freshness(fields)
    }
    #expect(freshness("public, max-age=120") == 120 && freshness("max-age=\"60\"", age: "20") == 40)
    #expect(
      freshness("no-store") == nil && freshness("max-age=0") == nil && freshness("s-maxage=9") == nil && freshness("max-age=x") == nil)
  }
}
