import Foundation
import HTTPTypes
import JSONBytes
import ServiceCalls
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

  /// At 60 times the speed, polled every 15 seconds: within two minutes a provider breaks, one incident opens, and the one that depends on it
  /// is linked and opens none.
  @Test func theDayAtTheSpeedOfTheDemo() async throws {
    try await CSPBench.run(at: 1_780_000_000) { bench in
      let clock = bench.clock
      let server = try await ReplayServer.start(Replay(folder: Self.folder), speed: 60, port: 0) { clock.milliseconds }
      do { try await follow(server, in: bench) } catch {
        await server.stop()
        throw error
      }
      await server.stop()
    }
  }

  private func follow(_ server: ReplayServer, in bench: CSPBench) async throws {
    for provider in try await bench.fetch("http://\(server.address)/")["providers"]?.array ?? [] {
      let answer = try await bench.ask(.post, "/api/v1/csp/providers", provider)
      #expect(answer.status == 201, "\(answer.json.text)")
    }
    var opened: Int?
    for second in stride(from: 0, through: 150, by: 15) {
      try await bench.move(to: 1_780_000_000 + second)
      for name in ["nimbus", "paywise", "courier"] { #expect(try await bench.refresh(name).status == 200) }
      if opened == nil, try await !bench.incidents().isEmpty { opened = second }
      let paywise = try await bench.events("&provider=paywise&active=true")
      if second == 60 { #expect(paywise[0]["caused_by"]?[0]?["provider"] == "nimbus" && paywise[0]["impact"] == "major") }
    }
    #expect(try #require(opened) <= 60)
    let incidents = try await bench.incidents()
    #expect(incidents.map { $0["external"]?["provider"] } == ["nimbus"])
    #expect(incidents[0]["status"] == "resolved" && incidents[0]["sev"] == 1)
    #expect(try await bench.events("&provider=courier").map { $0["kind"] } == ["maintenance"])
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
