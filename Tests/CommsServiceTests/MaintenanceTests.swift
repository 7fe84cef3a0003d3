import HTTPTypes
import JSONBytes
import ServiceCalls
import ServiceRuntime
import Testing

struct MaintenanceTests {
  private func plan(_ bench: CommsBench, in seconds: Int, for length: Int = 3600, _ components: JSONValue = ["shop"]) async throws -> String
  {
    let body: JSONValue = [
      "title": "Upgrade", "message": "New disks", "components": components, "starts_at": .integer(bench.now + seconds),
      "ends_at": .integer(bench.now + seconds + length),
    ]
    let answer = try await bench.ask(.post, "/api/v1/maintenances", body)
    try #require(answer.status == 201, "\(answer.text)")
    return try #require(answer.json["id"]?.string)
  }

  private func told(_ bench: CommsBench) async throws -> [String] {
    var names: [String] = []
    for name in ["scheduled", "reminder", "started", "ended", "cancelled", "updated"] {
      let count = try await bench.messages("maintenance.\(name)").count
      names += [String](repeating: name, count: count)
    }
    return names
  }

  @Test func `the clock reminds, starts and ends, once whatever the replicas, and over a restart`() async throws {
    try await CommsBench.run { bench in
      _ = try await bench.ask(.post, "/api/v1/components", ["key": "shop", "name": "Shop"])
      let other = try await bench.replica()
      let id = try await plan(bench, in: 90_000)
      #expect(try await bench.read("/api/v1/maintenances").json[0]?["status"] == "scheduled")
      bench.advance(seconds: 4000)
      try await eventually { try await told(bench) == ["scheduled", "reminder"] }
      #expect(try await bench.messages("maintenance.reminder")[0]["data"]?["before"] == "24h")
      await other.stop()
      bench.advance(seconds: 90_000 - 4000 - 3000)
      try await eventually { try await told(bench) == ["scheduled", "reminder", "reminder"] }
      bench.advance(seconds: 3010)
      try await eventually { try await told(bench).contains("started") }
      try await eventually { try await bench.read("/api/v1/components/shop").json["status"] == "under_maintenance" }
      #expect(try await bench.read("/api/v1/maintenances/\(id)").json["status"] == "in_progress")
      bench.advance(seconds: 3600)
      try await bench.restart()
      try await eventually { try await told(bench) == ["scheduled", "reminder", "reminder", "started", "ended"] }
      try await eventually { try await bench.read("/api/v1/components/shop").json["status"] == "operational" }
      #expect(try await bench.ask(.patch, "/api/v1/maintenances/\(id)", ["title": "x"]).status == 409)
    }
  }

  @Test func `what was missed is caught up, but nobody is reminded too late`() async throws {
    try await CommsBench.run { bench in
      _ = try await plan(bench, in: 90_000, [])
      bench.advance(seconds: 100_000)
      try await eventually { try await told(bench) == ["scheduled", "started", "ended"] }
    }
  }

  @Test func `one that should have begun begins, one is moved, one is called off`() async throws {
    try await CommsBench.run { bench in
      let running = try await plan(bench, in: -10, [])
      #expect(try await bench.read("/api/v1/maintenances/\(running)").json["status"] == "in_progress")
      let moved = try await bench.ask(.patch, "/api/v1/maintenances/\(running)", ["starts_at": .integer(bench.now + 600)])
      #expect(moved.status == 200 && moved.json["status"] == "scheduled")
      #expect(try await bench.ask(.patch, "/api/v1/maintenances/\(running)", ["ends_at": .integer(bench.now + 60)]).refused == ["ends_at"])
      #expect(try await bench.ask(.delete, "/api/v1/maintenances/\(running)").status == 204)
      #expect(try await bench.read("/api/v1/maintenances").json == [])
      #expect(try await told(bench) == ["scheduled", "started", "cancelled", "updated"])
      let unknown = try await bench.ask(
        .post, "/api/v1/maintenances",
        ["title": "x", "message": "y", "components": ["none"], "starts_at": 1, "ends_at": .integer(bench.now + 100)])
      #expect(unknown.status == 400 && unknown.refused == ["components"])
      let past = try await bench.ask(.post, "/api/v1/maintenances", ["title": "x", "message": "y", "starts_at": 1, "ends_at": 2])
      #expect(past.refused == ["ends_at"])
    }
  }

  @Test func `a banner stands until its time`() async throws {
    try await CommsBench.run { bench in
      let none = try await bench.read("/api/v1/public/banner")
      #expect(none.status == 204)
      let body: JSONValue = ["message": "Slow tonight", "level": "warning", "until": .integer(bench.now + 100)]
      #expect(try await bench.ask(.put, "/api/v1/public/banner", body).status == 200)
      #expect(try await bench.read("/api/v1/public/banner").json["message"] == "Slow tonight")
      bench.advance(seconds: 101)
      #expect(try await bench.read("/api/v1/public/banner").status == 204)
      #expect(try await bench.ask(.put, "/api/v1/public/banner", ["message": "Hi", "level": "info"]).status == 200)
      #expect(try await bench.ask(.delete, "/api/v1/public/banner").status == 204)
      #expect(try await bench.read("/api/v1/public/banner").status == 204)
      #expect(
        try await bench.ask(.put, "/api/v1/public/banner", ["message": "", "level": "loud", "until": 1]).refused == [
          "level", "message", "until",
        ])
    }
  }
}
