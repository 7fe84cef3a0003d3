import HTTPTypes
import JSONBytes
import ServiceCalls
import StatusModel
import Testing

/// Watching, changing and forgetting providers.
struct ProviderRegistrationTests {
  static let quiet: JSONValue = [
    "page": ["id": "shop00000001", "name": "Shop", "url": "https://status.shop.example", "updated_at": "2026-03-01T09:00:00Z"],
    "status": ["indicator": "none", "description": "All Systems Operational"], "components": [], "incidents": [],
    "scheduled_maintenances": [],
  ]

  @Test func aProviderIsReadBeforeItIsWatched() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/shop.json", Self.quiet)
      let made = try await bench.register("shop", [("depends_on", ["aws", "dns:Resolver"]), ("interval_s", 120)])
      #expect(made.status == 201 && made.fields[.location] == "/api/v1/csp/providers/shop" && made.fields[.eTag] == "\"v1\"")
      #expect(made.json["family"] == "statuspage" && made.json["type"] == "json" && made.json["state"] == "unknown")
      #expect(made.json["depends_on"]?[1]?["on"] == "dns" && made.json["depends_on"]?[1]?["to_components"] == ["Resolver"])
      let again = try await bench.register("shop", [("interval_s", 600)])
      #expect(again.status == 200 && again.json["interval_s"] == 600 && again.json["version"] == 2)
      #expect(try await bench.ask(.get, "/api/v1/csp/providers").json.array?.count == 1)
      #expect(try await bench.refresh("shop").json["fetched"] == 0)
      let one = try await bench.ask(.get, "/api/v1/csp/providers/shop").json
      #expect(one["state"] == "operational" && one["health"]?["last_success_at"]?.integer != nil)
      #expect(try await bench.ask(.delete, "/api/v1/csp/providers/shop").status == 204)
      #expect(try await bench.ask(.delete, "/api/v1/csp/providers/shop").status == 404)
      #expect(try await bench.ask(.get, "/api/v1/csp/providers/shop").status == 404)
      let names = try await bench.messages("csp.provider.registered", "csp.provider.updated", "csp.provider.deleted")
      #expect(names.count == 3)
    }
  }

  @Test func whatIsWrongWithAnAddressIsSaid() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/page.json", Array("<!doctype html><html><body>Gateway time-out</body></html>".utf8))
      bench.feeds.serve("/empty.json", [UInt8]())
      bench.feeds.serve("/cut.json", Array(Self.quiet.bytes.dropLast(9)))
      bench.feeds.serve("/other.json", ["status": 500, "error": "Internal Server Error"])
      bench.feeds.serve("/slack.json", ["status": "ok", "active_incidents": []])
      for (path, word) in [("/page", "web page"), ("/empty", "empty"), ("/cut", "complete"), ("/other", "status page"), ("/none", "404")] {
        let answer = try await bench.register("shop", path: "\(path).json")
        #expect(answer.status == 400 && answer.refused == ["feed_url"], "\(path)")
        #expect(answer.json["detail"]?.string?.contains(word) == true, "\(answer.json.text)")
      }
      #expect(try await bench.register("shop", path: "/slack.json", [("type", "statuspage")]).status == 400)
      #expect(try await bench.register("shop", path: "/slack.json", [("type", "slack")]).status == 201)
      let wrong: JSONValue = ["name": "a:b", "feed_url": "ftp://x", "type": "nagios", "interval_s": 3, "depends_on": [7]]
      let refused = try await bench.ask(.post, "/api/v1/csp/providers", wrong)
      #expect(refused.status == 400 && refused.refused == ["depends_on[0]", "feed_url", "interval_s", "name", "type"])
    }
  }

  @Test func inwardAddressesAreRefused() async throws {
    try await CSPBench.run(["ALLOW_ADDRESSES": "10.0.0.0/8"]) { bench in
      bench.feeds.serve("/shop.json", Self.quiet)
      let answer = try await bench.register("shop")
      #expect(answer.status == 400 && answer.json["detail"]?.string?.contains("not allowed") == true, "\(answer.json.text)")
      #expect(bench.feeds.asked("/shop.json").isEmpty)
    }
  }

  @Test func theFamilyIsDetected() async throws {
    try await CSPBench.run { bench in
      bench.feeds.serve("/a/summary.json", Self.quiet)
      bench.feeds.serve("/b/status.json", ["page": ["id": "shop00000001"], "status": ["indicator": "none", "description": "Fine"]])
      let found = try await bench.ask(.post, "/api/v1/csp/providers/detect", ["url": .string(bench.feeds.url("/a/summary.json"))])
      #expect(found.status == 200 && found.json["family"] == "statuspage" && found.json["warnings"] == [])
      let without = try await bench.ask(.post, "/api/v1/csp/providers/detect", ["url": .string(bench.feeds.url("/b/status.json"))])
      #expect(without.json["warnings"]?[0]?.string?.contains("summary.json") == true, "\(without.json.text)")
    }
  }

  @Test func theCatalogueAddsByName() async throws {
    try await CSPBench.run { bench in
      let all = try await bench.ask(.get, "/api/v1/csp/providers/catalogue").json.array ?? []
      #expect(all.count >= 25 && all.allSatisfy { $0["feed_url"]?.string?.hasPrefix("https://") == true })
      let names = Set(all.compactMap { $0["name"]?.string })
      // Whoever is depended on can be watched too.
      for entry in all { for edge in entry["depends_on"]?.array ?? [] { #expect(names.contains(edge["on"]?.string ?? "")) } }
      let added = try await bench.ask(.post, "/api/v1/csp/providers/catalogue", ["names": ["Atlassian", "github"]])
      #expect(added.status == 200 && added.json.array?.compactMap { $0["name"]?.string } == ["jira", "confluence", "bitbucket", "github"])
      #expect(added.json[0]?["vendor"] == "atlassian")
      let unknown = try await bench.ask(.post, "/api/v1/csp/providers/catalogue", ["names": ["nobody"]])
      #expect(unknown.status == 400 && unknown.refused == ["names"])
    }
  }

  @Test func theSevenComeAtTheFirstStartAndNeverAgain() async throws {
    try await CSPBench.run(["PROVIDERS": "seven", "ALLOW_ADDRESSES": "10.0.0.0/8"]) { bench in
      let groups: Set = ["cloudflare", "github", "jira", "confluence", "bitbucket", "google-cloud", "aws", "gitlab", "docker"]
      func watched() async throws -> Set<String> {
        Set(try await bench.ask(.get, "/api/v1/csp/providers").json.array?.compactMap { $0["name"]?.string } ?? [])
      }
      try await eventually { try await watched() == groups }
      #expect(try await bench.ask(.delete, "/api/v1/csp/providers/docker").status == 204)
      await bench.stop("csp-ingestor")
      try await bench.start(.cspIngestor)
      try await bench.start(.cspIngestor, replica: "-2")
      #expect(try await watched() == groups.subtracting(["docker"]))
    }
  }
}
