import CSPIngestorService
import HTTPTypes
import JSONBytes
import PrivateServers
import Reactor
import ServiceCalls
import ServiceClients
import ServiceRuntime
import StatusModel
import Testing

/// Replicas, time, and what is away.
@Suite struct LiveTests {
  @Test func `a toggle is live in another replica, within a second on a quiet machine`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "live", "on": false])
      let other = try await world.replica()
      try await eventually { try await world.evaluate("live", at: other)["reason"] == "DISABLED" }
      _ = try await world.ask(.post, "/admin/toggle/live", ["on": true], as: world.sre)
      let toggled = ContinuousClock.now
      #expect(try await world.evaluate("live")["value"] == true)
      try await eventually { try await world.evaluate("live", at: other)["value"] == true }
      #expect(ContinuousClock.now - toggled < .seconds(10))
      #expect(try await world.ask(.delete, "/admin/flags/live").status == 204)
      try await eventually { try await world.evaluate("live", at: other)["errorCode"] == "FLAG_NOT_FOUND" }
    }
  }

  @Test func `every replica, and the same one after a restart, draws the same`() async throws {
    try await FlagsWorld.run { world in
      let shares: JSONValue = [["variation": "a", "weight": 10], ["variation": "b", "weight": 20], ["variation": "c", "weight": 70]]
      try await world.save([
        "id": "split", "on": true, "kind": "multivar", "variations": ["a", "b", "c"], "fallthrough": ["rollout": shares],
      ])
      let other = try await world.replica()
      for number in 0..<40 {
        let user: JSONValue = ["targetingKey": .string("user-\(number)")]
        let here = try await world.evaluate("split", user)
        #expect(try await world.evaluate("split", user, at: other) == here)
        #expect(
          here["variant"]?.string
            == Array("2222222022212221222122221222211122222022".map { ["a", "b", "c"][Int(String($0)) ?? 0] })[number])
      }
    }
  }

  @Test func `evaluating asks Redis nothing`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "a", "on": true])
      func calls() async throws -> Int {
        try await world.redis.ask("INFO", "commandstats").split(separator: "\n").reduce(0) { sum, line in
          let name = line.split(separator: ":")[0]
          // What heartbeats and readers of the bus do, whoever asks.
          if ["cmdstat_set", "cmdstat_xread", "cmdstat_info", "cmdstat_xrevrange"].contains(String(name)) { return sum }
          return sum + (line.split(separator: "calls=").last?.split(separator: ",").first.flatMap { Int($0) } ?? 0)
        }
      }
      _ = try await world.evaluate("a")
      let before = try await calls()
      for number in 0..<100 {
        _ = try await world.evaluate("a", ["targetingKey": .string("user-\(number)")])
        _ = try await world.ask(.post, "/ofrep/v1/evaluate/flags", [:], as: nil)
        _ = try await world.ask(.get, "/flags?user=a&role=b", as: nil)
      }
      // A command for each request of any one kind would be a hundred.
      #expect(try await calls() - before < 100)
    }
  }

  @Test func `with Redis away flags are evaluated, and changes are not promised`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "a", "on": true])
      #expect(try await world.ask(.get, "/admin/flags/a").status == 200)
      await world.redis.kill()
      #expect(try await world.evaluate("a")["value"] == true)
      #expect(try await world.ask(.get, "/flags?user=a&role=b", as: nil).json["a"]?["variation"] == "on")
      for (method, path) in [(HTTPRequest.Method.post, "/admin/toggle/a"), (.delete, "/admin/flags/a")] {
        let refused = try await world.ask(method, path)
        #expect(refused.status == 503 && refused.fields[.retryAfter] != nil)
      }
      try await world.redis.restart()
      try await eventually { try await world.ask(.get, "/admin/flags/a").status == 200 }
    }
  }

  @Test func `of those who change one version, one wins`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "a"])
      let other = try await world.replica()
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<10 {
          group.addTask {
            let body: JSONValue = ["id": "a", "description": .string("Edit \(number)")]
            let service = number % 2 == 0 ? other : world.flags
            return try await world.ask(.post, "/admin/flags", body, as: world.admin, [.ifMatch: "\"v1\""], at: service).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 9))
      #expect(try await world.ask(.post, "/admin/toggle/a", nil, as: world.sre, [.ifMatch: "\"v1\""]).status == 412)
      #expect(try await world.ask(.delete, "/admin/flags/a", nil, [.ifMatch: "\"v1\""]).status == 412)
      #expect(try await world.ask(.post, "/admin/flags", ["id": "new"], [.ifMatch: "\"v1\""]).status == 412)
    }
  }

  @Test func `edits of many at once are all kept`() async throws {
    try await FlagsWorld.run { world in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<20 {
          group.addTask { try await world.ask(.post, "/admin/flags", ["id": .string("flag-\(number)")]).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 201, count: 20))
      #expect(try await world.ask(.get, "/admin/flags").fields[.totalCount] == "23")
    }
  }

  @Test func `a planned change is made once, at its time`() async throws {
    try await FlagsWorld.run { world in
      let at = world.clock.seconds + 3600
      let plans: JSONValue = [
        ["at": .integer(at), "change": ["on": true]], ["at": .integer(at + 3600), "change": ["fallthrough": ["variation": "off"]]],
      ]
      try await world.save(["id": "planned", "on": false, "schedule": plans])
      _ = try await world.replica()
      #expect(try await world.evaluate("planned")["reason"] == "DISABLED")
      world.clock.advance(.seconds(3600))
      try await eventually { try await world.evaluate("planned")["value"] == true }
      world.clock.advance(.seconds(3600))
      try await eventually { try await world.evaluate("planned")["value"] == false }
      let history = try await world.ask(.get, "/admin/flags/planned/history").json
      #expect(history.array?.map { $0["change"] } == ["scheduled", "scheduled", "created"])
      #expect(history[0]?["by"] == ["kind": "application", "id": "flags", "name": "flags"])
      let flag = try await world.ask(.get, "/admin/flags/planned").json
      #expect(flag["schedule"] == [] && flag["version"] == 3)
    }
  }

  @Test func `an open sev 1 freezes what does not help, when configured`() async throws {
    try await FlagsWorld.run(["FLAGS_FREEZE_ON_SEV1": "true"]) { world in
      for (id, changes) in [("other", [:]), ("shop", ["tags": ["Checkout"]]), ("kill", ["kill_switch": true])] as [(String, JSONValue)] {
        try await world.save(.object(JSONObject([("id", .string(id))] + (changes.object?.members.map { ($0.name, $0.value) } ?? []))))
      }
      #expect(try await world.ask(.post, "/admin/toggle/other", as: world.sre).status == 200)
      try await world.startIncidents()
      #expect(try await world.ask(.post, "/admin/toggle/other", as: world.sre).status == 200)
      let id = try await world.declare(["title": "Down", "sev": 1, "services": ["checkout"]])
      let frozen = try await world.ask(.post, "/admin/toggle/other", as: world.sre)
      #expect(frozen.status == 409 && frozen.json["detail"]?.string?.contains(id) == true)
      #expect(try await world.ask(.post, "/admin/toggle/shop", as: world.sre).status == 200)
      #expect(try await world.ask(.post, "/admin/toggle/kill", as: world.sre).status == 200)
      try await world.resolve(id)
      #expect(try await world.ask(.post, "/admin/toggle/other", as: world.sre).status == 200)
    }
  }

  @Test func `the stream tells when to ask again`() async throws {
    try await FlagsWorld.run { world in
      try await world.save(["id": "a", "on": true])
      guard case .internet(_, let port) = world.flags.address else { return }
      let reader = try EventReader(port: port, path: "/ofrep/v1/events")
      defer { reader.close() }
      try await reader.until("retry: ")
      #expect(reader.text.contains("Access-Control-Allow-Origin: *"))
      _ = try await world.ask(.post, "/admin/toggle/a", as: world.sre)
      try await reader.until(#"event: message"#)
      try await reader.until(#""type":"refetchEvaluation","etag":"\"r5\"""#)
    }
  }

  @Test func `a service knows the cluster's flags from memory, and goes on with flags away`() async throws {
    try await FlagsWorld.run { world in
      let reader = try await world.start(CSPIngestor.self, .cspIngestor)
      let client = FlagsClient(reader.node.neighbours, watcher: reader.node.watcher)
      #expect(ClusterFlag.allCases.allSatisfy(client.isOn))
      let running = Task { try await reader.node.onLoop { await client.run() } }
      _ = try await world.ask(.post, "/admin/toggle/public_reports", ["on": false])
      try await eventually { !client.isOn(.publicReports) }
      #expect(client.isOn(.cspAutoIncident))
      await world.stopFlags()
      #expect(!client.isOn(.publicReports))
      running.cancel()
      try? await running.value
    }
  }
}

/// A plain socket that asks for a stream and keeps what comes.
private final class EventReader {
  private let socket: Socket
  private var request: [UInt8]
  private var received: [UInt8] = []

  init(port: UInt16, path: String) throws {
    socket = try Socket.connect(to: .internet(bytes: [127, 0, 0, 1], port: port))
    request = Array("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  func until(_ words: String) async throws {
    try await eventually {
      if !request.isEmpty, socket.write(request) == .bytes(request.count) { request = [] }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while case .bytes(let count) = socket.read(into: &buffer) { received.append(contentsOf: buffer[..<count]) }
      return text.contains(words)
    }
  }

  func close() { socket.close() }
}

extension FlagsWorld {
  fileprivate func declare(_ incident: JSONValue) async throws -> String {
    try #require(try await ask(.post, "/api/v1/incidents", incident, as: sre, at: incidents).json["id"]?.string)
  }

  fileprivate func resolve(_ id: String) async throws {
    let answer = try await ask(.post, "/api/v1/incidents/\(id)/status", ["status": "resolved"], as: sre, at: incidents)
    #expect(answer.status == 200)
  }
}
