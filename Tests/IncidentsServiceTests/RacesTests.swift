import JSONBytes
import Messaging
import ServiceCalls
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct RacesTests {
  @Test func `200 entries at once are all there, each once`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let store = bench.store
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...200 {
          group.addTask { _ = try await store.addEntry(id, at: nil, NewTimelineEntry(kind: .update, message: "entry \(number)")) }
        }
        try await group.waitForAll()
      }
      let incident = try await bench.incident(id)
      let entries = incident["timeline"]?.array ?? []
      #expect(entries.compactMap { $0["id"]?.integer } == Array(1...201))
      #expect(Set(entries.dropFirst().compactMap { $0["message"]?.string }) == Set((1...200).map { "entry \($0)" }))
      #expect(incident["version"] == 201 && incident["counts"]?["timeline"] == 201)
      let told = try await bench.events().compactMap { $0.data["entry"]?["id"]?.integer }
      #expect(told.sorted() == Array(2...201))
    }
  }

  @Test func `30 declarations with one external are one incident and one event`() async throws {
    try await StoreBench.run { bench in
      let store = bench.store
      let declared = try await withThrowingTaskGroup(of: IncidentsStore.Declared.self) { group in
        for number in 1...30 {
          group.addTask {
            let external = External(provider: "aws", id: "event-7")
            return try await store.create(NewIncident(title: "Declared by \(number)", severity: 1, source: .csp, external: external))
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(declared.map(\.id)).count == 1)
      #expect(declared.count { $0.isNew } == 1)
      #expect(Set(declared.map(\.record.json)).count == 1)
      #expect(try await bench.eventNames() == ["incident.created"])
      #expect(try await bench.store.list(IncidentFilter(), start: 0, count: 50).total == 1)
    }
  }

  @Test func `of 20 changes against one version, one is made`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let store = bench.store
      let made = await withTaskGroup(of: Bool.self) { group in
        for number in 1...20 {
          group.addTask { (try? await store.update(id, at: 1, IncidentChange(title: "Title \(number)"))) != nil }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(made == 1)
      #expect(try await bench.store.detail(id).version == 2)
    }
  }
}
