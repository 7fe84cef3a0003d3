import Foundation
import HTTPTypes
import JSONBytes
import ServiceCalls
import Testing

@testable import CSPIngestorService

/// Every recorded sequence and outage day, step by step through HTTP, Redis and incidents.
@Suite(.enabled(if: Recordings.areHere)) struct ScenarioTests {
  @Test(arguments: Recordings.names("replays")) func aReplay(_ name: String) async throws {
    let replay = Recordings.expected["replays"]?[name] ?? .null
    let steps = replay["steps"]?.array ?? []
    let provider = replay["provider"]?.string ?? ""
    try await CSPBench.run(at: steps[0]["poll_time"]?.integer) { bench in
      try await walk(steps, in: bench, edges: [], vendors: [:])
      for event in replay["final"]?.array ?? [] { try await expect(event, of: provider, in: bench) }
      let before = try await bench.events()
      // The last body again, and again: nothing changes.
      for _ in 0..<2 {
        let again = try await bench.refresh(provider).json
        for member in ["opened", "recorded", "updated", "resolved"] { #expect(again[member] == 0) }
      }
      #expect(try await bench.events() == before)
    }
  }

  @Test(arguments: Recordings.names("scenarios")) func anOutageDay(_ name: String) async throws {
    let scenario = Recordings.expected["scenarios"]?[name] ?? .null
    let steps = scenario["steps"]?.array ?? []
    var vendors: [String: String] = [:]
    for member in scenario["vendors"]?.object?.members ?? [] { vendors[member.name] = member.value.string }
    try await CSPBench.run(at: steps[0]["poll_time"]?.integer) { bench in
      try await walk(steps, in: bench, edges: scenario["edges"]?.array ?? [], vendors: vendors)
      for member in scenario["final"]?.object?.members ?? [] {
        for event in member.value.array ?? [] { try await expect(event, of: member.name, in: bench) }
      }
      let events = try await bench.events()
      try expectLinks(scenario, events)
      let incidents = try await bench.incidents()
      let externals = Set(incidents.map { "\($0["external"]?["provider"]?.string ?? ""):\($0["external"]?["id"]?.string ?? "")" })
      #expect(externals == Set((scenario["internal_incidents"]?.array ?? []).compactMap(\.string)))
      #expect(incidents.count == externals.count)
      #expect(incidents.allSatisfy { $0["status"] == "resolved" })
    }
  }

  /// Serves each body, refreshes, and compares what the refresh says and does.
  private func walk(_ steps: [JSONValue], in bench: CSPBench, edges: [JSONValue], vendors: [String: String]) async throws {
    var watched: Set<String> = []
    var bodies: [String: String] = [:]
    for step in steps where bodies[step["provider"]?.string ?? ""] == nil { bodies[step["provider"]?.string ?? ""] = step["file"]?.string }
    for (provider, file) in bodies {
      bench.feeds.serve("/\(provider).json", try Recordings.body(file))
      let dependencies = edges.filter { $0["from"]?.string == provider }.map { edge -> JSONValue in
        [
          "on": edge["to"] ?? .null, "level": edge["level"] ?? .null, "region": edge["region"] ?? .null,
          "components": .array(edge["component"].map { [$0] } ?? []), "to_components": edge["to_components"] ?? .array([]),
        ]
      }
      let answer = try await bench.register(
        provider, [("depends_on", .array(dependencies)), ("vendor", .string(vendors[provider] ?? provider))])
      #expect(answer.status == 201, "\(provider) \(answer.json.text)")
      watched.insert(provider)
    }
    for step in steps { try await take(step, in: bench) }
  }

  private func take(_ step: JSONValue, in bench: CSPBench) async throws {
    let provider = step["provider"]?.string ?? ""
    let file = step["file"]?.string ?? ""
    try await bench.move(to: step["poll_time"]?.integer ?? 0)
    bench.feeds.serve("/\(provider).json", try Recordings.body(file))
    let answer = try await bench.refresh(provider)
    if let refused = step["refused"]?.string {
      #expect(answer.status == 502 && answer.json["detail"]?.string?.contains(refused) == true, "\(file) \(answer.json.text)")
    } else {
      for member in ["fetched", "opened", "updated", "resolved", "unchanged", "recorded"] {
        #expect(answer.json[member] == step[member], "\(file) \(member) \(answer.json.text)")
      }
    }
    let events = try await bench.events("&provider=\(provider)")
    let active = try await bench.events("&provider=\(provider)&active=true")
    #expect(
      active.compactMap { $0["external_id"]?.string }.sorted() == (step["active"]?.array ?? []).compactMap(\.string).sorted(), "\(file)")
    for reaction in step["internal_incidents"]?.array ?? [] {
      let event = events.first { $0["id"] == reaction["event"] } ?? .null
      #expect((event["incident_id"]?.string != nil) == (reaction["action"] != "suppressed"), "\(file) \(event.text)")
      if let other = reaction["incident_of"]?.string {
        #expect(event["incident_id"] == events.first { $0["id"]?.string == other }?["incident_id"], "\(file)")
      }
      if let cause = reaction["caused_by"]?.string {
        let provider = cause.split(separator: ":").first.map(String.init)
        #expect(event["caused_by"]?[0]?["provider"]?.string == provider, "\(file) \(event.text)")
      }
    }
  }

  private func expect(_ expected: JSONValue, of provider: String, in bench: CSPBench) async throws {
    let id = expected["external_id"]?.string ?? ""
    let event = try await bench.ask(.get, "/api/v1/csp/events/\("\(provider):\(id)".pathSegment)").json
    #expect(event["title"] == expected["title"] && event["kind"] == expected["kind"] && event["status"] == expected["state"], "\(id)")
    #expect(event["impact"] == expected["impact"] && event["peak_impact"] == expected["peak_impact"], "\(id)")
    #expect(
      event["ts_start"] == expected["started_at"] && event["resolved_at"] == expected["resolved_at"], "\(id) \(event.text.prefix(600))")
    #expect(event["resolution"] == expected["resolution"] && event["updates"]?.array?.count == expected["updates"]?.integer, "\(id)")
    let names = Set((event["components"]?.array ?? []).compactMap { $0["name"]?.string })
    #expect(names == Set((expected["components"]?.array ?? []).compactMap(\.string)), "\(id)")
    #expect(strings(event["regions"]) == strings(expected["regions"]), "\(id)")
    #expect(event["raw"]?.object != nil || event["raw"] == .null, "\(id)")
  }

  private func expectLinks(_ scenario: JSONValue, _ events: [JSONValue]) throws {
    let expected = scenario["links"]?.array ?? []
    let linked = events.filter { $0["caused_by"]?.array?.isEmpty == false }
    #expect(Set(linked.compactMap { $0["id"]?.string }) == Set(expected.compactMap { $0["effect"]?.string }))
    for link in expected {
      let best = try #require(linked.first { $0["id"] == link["effect"] }?["caused_by"]?[0])
      #expect(best["provider"] == link["cause_provider"], "\(best.text)")
      #expect(abs((best["score"]?.number ?? 0) - (link["score"]?.number ?? 0)) < 0.001, "\(best.text)")
    }
    for id in scenario["truth"]?["not_effects"]?.array ?? [] { #expect(!linked.contains { $0["id"] == id }) }
  }
}

private func strings(_ list: JSONValue?) -> Set<String> { Set((list?.array ?? []).compactMap(\.string)) }
