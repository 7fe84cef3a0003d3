import JSONBytes
import Logging
import Messaging
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct RemindersTests {
  private static let start = 1_790_000_000

  private static func reminders(_ bench: StoreBench, update: Int = 1800, commander: Int = 600) -> Reminders {
    Reminders(bench.store, seconds: [.update: update, .commander: commander], logger: Logger(label: "test"))
  }

  private static func told(_ bench: StoreBench, _ id: String) async throws -> [String] {
    try await bench.incident(id)["timeline"]?.array?.filter { $0["type"] == "reminder" }.compactMap { $0["message"]?.string } ?? []
  }

  @Test func `an incident that nobody leads is reminded of once, then after twice the time`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let (one, other) = (Self.reminders(bench, update: 0), Self.reminders(bench, update: 0))
      var seen: [Int] = []
      for minute in stride(from: 0, through: 90, by: 1) {
        bench.setTime(Self.start + minute * 60)
        let before = try await Self.told(bench, id).count
        async let first: Void = one.remind()
        async let second: Void = other.remind()
        _ = try await (first, second)
        let after = try await Self.told(bench, id).count
        #expect(after - before <= 1, "once in the cluster")
        if after > before { seen.append(minute) }
      }
      #expect(seen == [10, 20, 40, 80])
      #expect(try await Self.told(bench, id).first == "Nobody has been in command for 10 minutes")
      let incident = try await bench.incident(id)
      #expect(incident["touched_by_human"] == false && incident["timeline"]?[1]?["author"]?["name"] == "incidents")
      let event = try #require(try await bench.events().first { $0.name == "incident.reminder" })
      #expect(event.data["about"] == "commander" && event.data["since"] == .integer(Self.start) && event.data["cid"] != "cid-of-the-test")
    }
  }

  @Test func `a commander ends one kind, an update to the public begins the other anew, the end ends both`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let reminders = Self.reminders(bench)
      _ = try await bench.store.assign(id, at: nil, Assignment(user: "u1"), name: "Bob")
      bench.setTime(Self.start + 1700)
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .update, message: "Soon", visibility: .public))
      bench.setTime(Self.start + 1800)
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .update, message: "Among us"))
      try await reminders.remind()
      #expect(try await Self.told(bench, id) == [])
      bench.setTime(Self.start + 3500)
      try await reminders.remind()
      #expect(try await Self.told(bench, id) == ["No public update for 30 minutes"])
      _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: .resolved))
      bench.setTime(Self.start + 90_000)
      try await reminders.remind()
      #expect(try await Self.told(bench, id).count == 1)
    }
  }

  @Test func `severities 3 and 4 are left alone, and begin to count when they are raised`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.store.create(NewIncident(title: "Slow", severity: 3)).id
      let reminders = Self.reminders(bench)
      bench.setTime(Self.start + 3600)
      try await reminders.remind()
      #expect(try await Self.told(bench, id) == [])
      _ = try await bench.store.update(id, at: nil, IncidentChange(severity: 1))
      try await reminders.remind()
      #expect(try await Self.told(bench, id) == [])
      bench.setTime(Self.start + 3600 + 600)
      try await reminders.remind()
      #expect(try await Self.told(bench, id) == ["Nobody has been in command for 10 minutes"])
      _ = try await bench.store.update(id, at: nil, IncidentChange(severity: 4))
      bench.setTime(Self.start + 90_000)
      try await reminders.remind()
      #expect(try await Self.told(bench, id).count == 1)
    }
  }
}
