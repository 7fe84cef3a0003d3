import JSONBytes
import Messaging
import ServiceCalls
import Testing

@testable import IncidentsService

@Suite struct PostmortemStoreTests {
  @Test func `it is read back as it was saved, in the detail too`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let saved = try await bench.store.savePostmortem(
        id, at: nil,
        NewPostmortem(
          whatHappened: "It \"fell\"", rootCause: "Gravity", impact: "Some", contributingFactors: ["Wind"],
          actionItems: [.init(title: "Tie it down", owner: "u1", dueAt: 1_800_000_000)]))
      let value = try saved.value
      #expect(value["what_happened"] == "It \"fell\"" && value["impact"] == "Some" && value["detection"] == "" && value["state"] == "draft")
      #expect(value["contributing_factors"] == ["Wind"] && value["published_at"] == .null && value["created_at"] == 1_790_000_000)
      let item: JSONValue = ["id": .string("\(id)-1"), "title": "Tie it down", "owner": "u1", "due_at": 1_800_000_000, "done": false]
      #expect(value["action_items"] == [item])
      #expect(value["author"]?["name"] == "Ada" && value["incident_id"] == .string(id))
      #expect(try await bench.incident(id)["postmortem"] == value)
      let stored = try await bench.store.postmortem(id)
      #expect(stored.json == saved.json && stored.title == "Checkout down")
      let event = try await bench.events().last
      #expect(event?.name == "incident.postmortem.saved" && event?.data["state"] == "draft" && event?.data["action_items"] == 1)
    }
  }

  @Test func `an action item keeps its id by id or by title, and no number is given twice`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      func save(_ items: [NewPostmortem.ActionItem]) async throws -> [String] {
        let postmortem = NewPostmortem(whatHappened: "This", rootCause: "That", actionItems: items)
        let value = try await bench.store.savePostmortem(id, at: nil, postmortem).value
        return value["action_items"]?.array?.compactMap { $0["id"]?.string } ?? []
      }
      #expect(try await save([.init(title: "One"), .init(title: "Two"), .init(title: "Three")]) == ["\(id)-1", "\(id)-2", "\(id)-3"])
      #expect(
        try await save([.init(title: "New"), .init(id: "\(id)-2", title: "Two, better"), .init(title: "One")])
          == ["\(id)-4", "\(id)-2", "\(id)-1"])
      #expect(
        try await save([.init(title: "One"), .init(title: "One"), .init(id: "\(id)-1", title: "Stranger"), .init(id: "x", title: "Y")])
          == ["\(id)-5", "\(id)-6", "\(id)-1", "\(id)-7"])
      #expect(try await save([]) == [])
      #expect(try await save([.init(title: "One")]) == ["\(id)-8"])
    }
  }

  @Test func `publication has a time as long as it is published`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      func save(_ state: PostmortemState, at time: Int) async throws -> [JSONValue?] {
        bench.setTime(time)
        let postmortem = NewPostmortem(whatHappened: "This", rootCause: "That", state: state)
        let value = try await bench.store.savePostmortem(id, at: nil, postmortem).value
        return [value["created_at"], value["updated_at"], value["published_at"]]
      }
      #expect(try await save(.draft, at: 1_790_000_010) == [1_790_000_010, 1_790_000_010, .null])
      #expect(try await save(.published, at: 1_790_000_020) == [1_790_000_010, 1_790_000_020, 1_790_000_020])
      #expect(try await save(.published, at: 1_790_000_030) == [1_790_000_010, 1_790_000_030, 1_790_000_020])
      #expect(try await save(.draft, at: 1_790_000_040) == [1_790_000_010, 1_790_000_040, .null])
    }
  }
}
