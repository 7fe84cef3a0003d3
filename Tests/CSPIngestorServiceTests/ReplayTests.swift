import Foundation
import HTTPTypes
import JSONBytes
import ServiceRuntime
import StatusModel
import Testing

@testable import CSPIngestorService

/// The outage day of the demo.
struct ReplayTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "demo/outage-day").path

  @Test func everyBodyIsReadAndDated() throws {
    let replay = try Replay(folder: Self.folder)
    #expect(Set(replay.steps.keys) == ["courier", "nimbus", "paywise"] && replay.providers.count == 3)
    let clock = ReplayClock(startedAt: 1_780_000_000_000, begin: replay.begin, speed: 60)
    for provider in replay.providers {
      let name = provider["name"]?.string ?? ""
      let family = Family(rawValue: provider["type"]?.string ?? "")
      var registration = provider.object ?? JSONObject()
      registration["feed_url"] = "http://127.0.0.1/feed"
      #expect(try ProviderSettings(FieldReader(registration)).name == name)
      for step in replay.steps[name] ?? [] {
        let body = replay.dated(step.body, clock)
        #expect(!String(decoding: body, as: UTF8.self).contains("{{"))
        let snapshot = try readFeed(body, contentType: nil, address: "http://127.0.0.1/feed", registered: family, now: 1_780_000_900)
        #expect(snapshot.unreadable == 0 && snapshot.unknownValues.isEmpty, "\(name) \(step.time) \(snapshot.unknownValues)")
        for event in snapshot.events { #expect((event.startedAt ?? 0) >= 1_780_000_000) }
      }
    }
    #expect(replay.step("nimbus", at: replay.begin - 1) == nil)
    #expect(replay.step("nimbus", at: replay.begin + 1800)?.time == replay.begin + 1800)
  }

  /// Within two minutes of the wall: a provider breaks, one incident opens, the one that depends on it is linked and opens none.
  @Test func theDayAtATimeThatATestHas() async throws {
    let server = try await ReplayServer.start(Replay(folder: Self.folder), speed: 2_000, port: 0)
    do {
      try await CSPBench.run { bench in
        let overview = try await bench.fetch("http://\(server.address)/")
        let providers = overview["providers"]?.array ?? []
        #expect(providers.count == 3)
        for provider in providers {
          let answer = try await bench.ask(.post, "/api/v1/csp/providers", provider)
          #expect(answer.status == 201, "\(answer.json.text)")
        }
        try await eventually {
          for name in ["nimbus", "paywise", "courier"] { _ = try await bench.refresh(name) }
          let events = try await bench.events()
          let nimbus = events.first { $0["provider"] == "nimbus" }
          let paywise = events.first { $0["provider"] == "paywise" }
          return nimbus?["status"] == "resolved" && paywise?["caused_by"]?[0]?["provider"] == "nimbus"
        }
        let incidents = try await bench.incidents()
        #expect(incidents.map { $0["external"]?["provider"] } == ["nimbus"])
        #expect(incidents[0]["status"] == "resolved" && incidents[0]["sev"] == 1)
        #expect(try await bench.events("&provider=courier").map { $0["kind"] } == ["maintenance"])
      }
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  @Test func whatIsNoReplayIsRefused() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "replay-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder.appending(path: "shop"), withIntermediateDirectories: true)
    #expect(throws: Replay.Unreadable.self) { try Replay(folder: folder.path) }
    try Data("{}".utf8).write(to: folder.appending(path: "shop/yesterday.json"))
    #expect(throws: Replay.Unreadable.self) { try Replay(folder: folder.path) }
    #expect(Replay.time("20260301T083000Z") == 1_772_353_800 && Replay.time("20260301083000Z") == nil)
  }
}
