import Messaging
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct RefusalsTests {
  private typealias Change = @Sendable (StoreBench, String, Int?) async throws -> Void

  private static let changes: [(name: String, change: Change)] = [
    ("update", { bench, id, version in _ = try await bench.store.update(id, at: version, IncidentChange(title: "Else")) }),
    ("assign", { bench, id, version in _ = try await bench.store.assign(id, at: version, Assignment(user: "u1"), name: "Ada") }),
    ("status", { bench, id, version in _ = try await bench.store.setStatus(id, at: version, StatusChange(status: .resolved)) }),
    (
      "timeline",
      { bench, id, version in
        _ = try await bench.store.addEntry(id, at: version, NewTimelineEntry(kind: .note, message: "Hm"))
      }
    ),
    (
      "postmortem",
      { bench, id, version in
        _ = try await bench.store.savePostmortem(id, at: version, NewPostmortem(whatHappened: "This", rootCause: "That"))
      }
    ),
  ]

  @Test(arguments: changes.indices) func `a change against another version stores nothing; against the right one it does`(index: Int)
    async throws
  {
    let change = Self.changes[index].change
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let before = try await bench.digest()
      await #expect(throws: Failure.versionMismatch("\(id) is at version 1 by now. Read it again, then repeat the change.")) {
        try await change(bench, id, 2)
      }
      #expect(try await bench.digest() == before)
      try await change(bench, id, 1)
      #expect(try await bench.store.detail(id).version == 2)
      #expect(try await bench.eventNames().filter { !$0.hasPrefix("incident.follower.") }.count == 2)
    }
  }

  @Test(arguments: changes.indices) func `a change of no incident stores nothing`(index: Int) async throws {
    let change = Self.changes[index].change
    try await StoreBench.run { bench in
      await #expect(throws: Failure.notFound("There is no incident INC-000000.")) { try await change(bench, "INC-000000", nil) }
      let digest = try await bench.digest()
      #expect(digest == String(repeating: "0", count: 40))
    }
  }

  @Test func `what is not there is not found`() async throws {
    try await StoreBench.run { bench in
      let missing = Failure.notFound("There is no incident INC-000000.")
      await #expect(throws: missing) { _ = try await bench.store.detail("INC-000000") }
      await #expect(throws: missing) { _ = try await bench.store.entries("INC-000000", start: 0, count: 1) }
      await #expect(throws: missing) { _ = try await bench.store.postmortem("INC-000000") }
      let id = try await bench.declare()
      await #expect(throws: Failure.notFound("\(id) has no postmortem yet.")) { _ = try await bench.store.postmortem(id) }
    }
  }
}
