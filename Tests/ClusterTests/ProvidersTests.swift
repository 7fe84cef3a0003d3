import Foundation
import HTTPTypes
import JSONBytes
import PrivateServers
import ServiceRuntime
import StatusModel
import Synchronization
import Testing

@testable import CSPIngestorService

/// What providers say of themselves, through csp-ingestor, incidents, flags and comms to the components that depend on them.
struct ProvidersTests {
  private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let recordings = checkout.deletingLastPathComponent().appending(path: "shared/data/csp").path
  private static let areRecordingsHere = FileManager.default.fileExists(atPath: "\(recordings)/replay")
  private static let outageDay = checkout.appending(path: "demo/outage-day").path

  /// Providers that are always in some trouble: who only notes them is never the worse for it, who depends on them is.
  @Test(.enabled(if: areRecordingsHere), .serialized, arguments: ["replay", "scenarios/2025-06-12_gcp_global"])
  func aNotedProviderNeverLowersAComponent(_ recording: String) async throws {
    try await Stage.with("\(Self.recordings)/\(recording)") { stage in
      for provider in stage.replay.steps.keys.sorted() {
        try await stage.watch(provider)
        try await stage.add("noting-\(provider)", dependingOn: [.string(provider)])
        try await stage.add(
          "depending-\(provider)", dependingOn: [["on": .string(provider), "effect": "state", "min_impact": "minor"]])
      }
      var troubled = false
      let steps = stage.replay.steps.flatMap { name, steps in steps.map { (name, $0.time) } }.sorted { $0.1 < $1.1 }
      for (provider, time) in steps {
        stage.move(to: time)
        try await stage.refresh(provider)
        let isTroubled = try await stage.isTroubled(provider)
        try await eventually { try await stage.component("noting-\(provider)")["notes"]?.array?.isEmpty == !isTroubled }
        #expect(try await stage.component("noting-\(provider)")["status"] == "operational", "\(provider) \(time)")
        #expect(try await (stage.component("depending-\(provider)")["status"] == "operational") == !isTroubled, "\(provider) \(time)")
        troubled = troubled || isTroubled
      }
      #expect(troubled)
      let changed = try await stage.cluster.messages().filter { $0["event_name"] == "component.status.changed" }
      #expect(changed.allSatisfy { $0["data"]?["component"]?["key"]?.string?.hasPrefix("depending-") == true })
    }
  }

  @Test func aComponentSaysWhyAndFlagsSayWhatMayBeDoneAboutIt() async throws {
    try await Stage.with(Self.outageDay) { stage in
      for provider in ["nimbus", "paywise"] { try await stage.watch(provider) }
      try await stage.add("photos", dependingOn: [["on": "nimbus:Object Storage", "effect": "state"]])
      try await stage.switchFlags(on: false)
      stage.move(minutes: 36)
      try await stage.refresh("nimbus")
      #expect(try await stage.events("nimbus").map { $0["incident_id"] } == [.null])
      #expect(try await stage.incidents().isEmpty)
      try await eventually { try await stage.component("photos")["caused_by"]?[0]?["name"] == "nimbus" }
      #expect(try await stage.component("photos")["status"] == "major_outage")
      let causes = try await stage.ask(.cspIngestor, .get, "/api/v1/csp/causes?of=photos").json
      #expect(causes[0]?["provider"] == "nimbus" && causes[0]?["linked"] == true && causes[0]?["effect"] == .null)
      #expect(causes[0]?["path"]?[0]?["from"] == "component/photos")

      try await stage.switchFlags(on: true)
      try await stage.refresh("nimbus")
      let incident = try #require(try await stage.incidents().first)
      #expect(try await stage.events("nimbus").map { $0["incident_id"] } == [incident["id"] ?? .null])
      // Of an incident that names the component as well.
      let own: JSONValue = ["title": "Photos are gone", "sev": 2, "services": ["photos"]]
      let id = try #require(try await stage.ask(.incidents, .post, "/api/v1/incidents", own).json["id"]?.string)
      #expect(try await stage.ask(.cspIngestor, .get, "/api/v1/csp/causes?of=\(id)").json[0]?["incident_id"] == incident["id"])
    }
  }

  /// What the bus has lost is found by comparing.
  @Test func aLostMessageDoesNotLeaveAComponentWrong() async throws {
    try await Stage.with(Self.outageDay) { stage in
      try await stage.watch("nimbus")
      try await stage.add("photos", dependingOn: [["on": "nimbus", "effect": "state"]])
      try await stage.add("labels", dependingOn: [["on": "paywise", "effect": "state"]])
      stage.move(minutes: 36)
      try await stage.refresh("nimbus")
      try await eventually { try await stage.component("photos")["status"] == "major_outage" }
      await stage.cluster.stop(.comms)
      let key = "{polystatus}:comms:provider-events"
      let ended: JSONValue = ["provider": "paywise", "title": "Over long ago", "impact": "critical", "components": []]
      _ = try await stage.cluster.redis.ask("DEL", key, "{polystatus}:comms:provider-told")
      _ = try await stage.cluster.redis.ask("HSET", key, "paywise paywise:gone", ended.text)
      try await stage.cluster.start(.comms)
      try await eventually { try await stage.component("photos")["status"] == "major_outage" }
      try await eventually { try await stage.component("labels")["status"] == "operational" }
    }
  }
}

/// A cluster beside feeds of recorded bodies, whose time moves on when the test says so.
private struct Stage {
  let cluster: Cluster
  let replay: Replay
  private let token: String
  private let feeds: ReplayServer
  private let wall: Wall

  private static let speed: Int64 = 60

  private final class Wall: Sendable {
    let start: Int64
    private let now: Mutex<Int64>

    /// So long ago that a day at the replay's speed is over by now.
    init() {
      start = Node.wallClock() - 24 * 60 * 1000
      now = Mutex(start)
    }
    var milliseconds: Int64 { now.withLock(\.self) }
    func set(_ milliseconds: Int64) { now.withLock { $0 = milliseconds } }
  }

  static func with(_ folder: String, _ body: (Stage) async throws -> Void) async throws {
    let replay = try Replay(folder: folder)
    let wall = Wall()
    let feeds = try await ReplayServer.start(replay, speed: Int(speed), port: 0) { wall.milliseconds }
    do {
      try await Cluster.with(["ALLOW_ADDRESSES": "127.0.0.1"]) { cluster in
        try await body(Stage(cluster: cluster, replay: replay, token: cluster.signIn(), feeds: feeds, wall: wall))
      }
    } catch {
      await feeds.stop()
      throw error
    }
    await feeds.stop()
  }

  func move(to time: Int) {
    let milliseconds = Int64(time - replay.begin) * 1000
    wall.set(wall.start + (milliseconds + Self.speed - 1) / Self.speed)
  }
  func move(minutes: Int) { move(to: replay.begin + minutes * 60) }

  func ask(_ service: ServiceName, _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil) async throws -> Cluster.Answer
  {
    try await cluster.call(service, method, target, body, token: token)
  }

  /// Registers a provider that is polled only when the test asks for it.
  func watch(_ provider: String) async throws {
    if let first = replay.steps[provider]?.first { move(to: first.time) }
    let body: JSONValue = [
      "name": .string(provider), "feed_url": .string("http://\(feeds.address)/\(provider)/feed"), "type": "json", "interval_s": 86_400,
    ]
    let answer = try await ask(.cspIngestor, .post, "/api/v1/csp/providers", body)
    guard answer.status == .created else { throw Unexpected(answer) }
  }

  func add(_ component: String, dependingOn dependencies: [JSONValue]) async throws {
    let body: JSONValue = ["key": .string(component), "name": .string(component), "depends_on": .array(dependencies)]
    let answer = try await ask(.comms, .post, "/api/v1/components", body)
    guard answer.status == .created else { throw Unexpected(answer) }
  }

  /// A body that is refused, as recordings hold some, changes nothing.
  func refresh(_ provider: String) async throws {
    let answer = try await ask(.cspIngestor, .post, "/api/v1/csp/refresh?provider=\(provider)")
    guard answer.status == .ok || answer.status == .badGateway else { throw Unexpected(answer) }
  }

  func events(_ provider: String) async throws -> [JSONValue] {
    try await ask(.cspIngestor, .get, "/api/v1/csp/events?active=true&provider=\(provider)").json.array ?? []
  }

  /// Whether an incident of the provider lasts that is more than information.
  func isTroubled(_ provider: String) async throws -> Bool {
    try await events(provider).contains { $0["kind"] == "incident" && $0["impact"] != "none" }
  }

  func component(_ key: String) async throws -> JSONValue { try await ask(.comms, .get, "/api/v1/components/\(key)").json }
  func incidents() async throws -> [JSONValue] { try await ask(.incidents, .get, "/api/v1/incidents").json.array ?? [] }

  /// Both flags that csp-ingestor obeys; returns when it does: reports of visitors are taken, or refused.
  func switchFlags(on isOn: Bool) async throws {
    for flag in [ClusterFlag.cspAutoIncident, .publicReports] {
      let answer = try await ask(.flags, .post, "/admin/toggle/\(flag.rawValue)", ["on": .bool(isOn)])
      guard answer.status == .ok else { throw Unexpected(answer) }
    }
    try await eventually { [cluster] in
      let report: JSONValue = ["provider": "paywise", "kind": "slow"]
      return try await cluster.call(.cspIngestor, .post, "/api/v1/csp/reports", report).status == (isOn ? .created : .forbidden)
    }
  }
}
