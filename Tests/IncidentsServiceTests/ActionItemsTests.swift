import HTTPTypes
import JSONBytes
import Messaging
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct ActionItemsTests {
  private static func postmortem(_ items: [NewPostmortem.ActionItem]) -> NewPostmortem {
    NewPostmortem(whatHappened: "W", rootCause: "R", state: .published, actionItems: items)
  }

  @Test func `items of all postmortems are listed by owner and by what is due`() async throws {
    try await StoreBench.run { bench in
      let (one, other) = (try await bench.declare("One"), try await bench.declare("Other \"two\""))
      _ = try await bench.store.savePostmortem(
        one, at: nil, Self.postmortem([.init(title: "late", owner: "u1", dueAt: 100), .init(title: "some day", owner: "u1")]))
      _ = try await bench.store.savePostmortem(
        other, at: nil, Self.postmortem([.init(title: "soon", owner: "u2", dueAt: 50), .init(title: "done", dueAt: 10, done: true)]))
      func titles(_ filter: ActionItemFilter, start: Int = 0, count: Int = 50) async throws -> [String] {
        let found = try await bench.store.actionItems(filter, start: start, count: count)
        return try found.items.map { try JSONValue(parsing: $0)["title"]?.string ?? "" }
      }
      #expect(try await titles(ActionItemFilter()) == ["done", "soon", "late", "some day"])
      #expect(try await titles(ActionItemFilter(owner: "u1")) == ["late", "some day"])
      #expect(try await titles(ActionItemFilter(done: true)) == ["done"])
      #expect(try await titles(ActionItemFilter(overdueAt: 100)) == ["soon"])
      #expect(try await titles(ActionItemFilter(owner: "u1", overdueAt: 101)) == ["late"])
      #expect(try await titles(ActionItemFilter(), start: 1, count: 2) == ["soon", "late"])
      let soon = try JSONValue(parsing: try await bench.store.actionItems(ActionItemFilter(owner: "u2"), start: 0, count: 1).items[0])
      #expect(soon["incident_id"] == .string(other) && soon["incident_title"] == "Other \"two\"" && soon["due_at"] == 50)

      _ = try await bench.store.savePostmortem(one, at: nil, Self.postmortem([.init(title: "late", owner: "u3")]))
      #expect(try await titles(ActionItemFilter(owner: "u1")) == [])
      #expect(try await titles(ActionItemFilter(owner: "u3")) == ["late"])
    }
  }

  @Test func `a change of an item is in the postmortem, on the timeline and on the bus`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      _ = try await bench.store.savePostmortem(id, at: nil, Self.postmortem([.init(title: "a/b \"c\"", owner: "u1"), .init(title: "d")]))
      let change = ActionItemChange(owner: .set("u2"), dueAt: .set(70), done: true)
      let item = try JSONValue(parsing: try await bench.store.changeItem("\(id)-1", change, onlyAs: nil))
      #expect(item["title"] == "a/b \"c\"" && item["owner"] == "u2" && item["due_at"] == 70 && item["done"] == true)
      let incident = try await bench.incident(id)
      #expect(incident["postmortem"]?["action_items"]?[0]?["done"] == true && incident["postmortem"]?["state"] == "published")
      #expect(incident["postmortem"]?["action_items"]?[1]?["title"] == "d")
      #expect(incident["timeline"]?.array?.last?["message"] == "Action item done: a/b \"c\"")
      let event = try await bench.events().last
      #expect(event?.name == "incident.action_item.updated" && event?.data["changed"] == ["owner", "due_at", "done"])

      let before = try await bench.digest()
      _ = try await bench.store.changeItem("\(id)-1", change, onlyAs: nil)
      #expect(try await bench.digest() == before)
      await #expect(throws: Failure.forbidden("Only an sre, or its owner, changes an action item.")) {
        try await bench.store.changeItem("\(id)-1", ActionItemChange(done: false), onlyAs: "u1")
      }
      _ = try await bench.store.changeItem("\(id.lowercased())-1", ActionItemChange(owner: .empty, dueAt: .empty), onlyAs: "u2")
      #expect(try await bench.incident(id)["postmortem"]?["action_items"]?[0]?["owner"] == .null)
      for missing in ["\(id)-3", "INC-000000-1", "nonsense", ""] {
        await #expect(throws: Failure.notFound("There is no action item \(missing).")) {
          try await bench.store.changeItem(missing, ActionItemChange(done: false), onlyAs: nil)
        }
      }
    }
  }
}

@Suite struct PostmortemDraftTests {
  @Test func `a draft is made of the timeline, the same each time`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.asMachine {
        try await bench.store.create(NewIncident(title: "Checkout down", severity: 1, services: ["shop"], source: .alert)).id
      }
      bench.setTime(1_790_000_000 + 240)
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .update, message: "Rolling back\nnow"))
      _ = try await bench.store.addEvent(id, kind: "flag", "Flag new_cart switched off", details: [:])
      for _ in 0..<2 { _ = try await bench.store.addEvent(id, kind: "provider", "aws (monitoring): A fix is out", details: [:]) }
      bench.setTime(1_790_000_000 + 4800)
      _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: .resolved))
      let link = NewLink(kind: .causedBy, target: .event("aws:s3"))
      _ = try await bench.store.link(id, at: nil, link)
      let incident = try await bench.incident(id)
      let draft = PostmortemDraft(incident).json
      #expect(draft == PostmortemDraft(incident).json)
      #expect(draft["seconds"] == ["to_acknowledge": 240, "to_mitigate": nil, "to_resolve": 4800])
      #expect(
        draft["what_happened"]?.string?.split(separator: "\n").prefix(2) == [
          "- 2026-09-21 14:13 UTC (+0 s) watcher: Declared at severity 1", "- 2026-09-21 14:17 UTC (+4 min) Ada: Rolling back",
        ])
      #expect(draft["detection"] == "Declared by watcher at 2026-09-21 14:13 UTC. A person acted on it after 4 min.")
      #expect(
        draft["impact"]
          == "Severity 1 on shop, from 2026-09-21 14:13 UTC, resolved after 1 h 20 min (2026-09-21 15:33 UTC).")
      #expect(draft["what_happened"]?.string?.contains("Ada: aws (monitoring): A fix is out") == true)
      #expect(
        draft["contributing_factors"] == ["Flag new_cart switched off", "aws (monitoring): A fix is out"]
          && draft["root_cause"] == "Caused by aws:s3.")
    }
  }

  @Test func `a long timeline is cut to what a postmortem takes`() {
    let entry: JSONValue = ["type": "update", "at": 60, "message": .string(String(repeating: "é", count: 500)), "author": ["name": "Ada"]]
    let incident: JSONValue = ["id": "INC-1", "started_at": 0, "timeline": .array(Array(repeating: entry, count: 300))]
    let text = PostmortemDraft(incident).json["what_happened"]?.string ?? ""
    #expect(text.unicodeScalars.count <= 20_000 && text.hasSuffix("more entries of the timeline"))
  }

  @Test(arguments: [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (4860, "1 h 21 min"), (90_000, "1 d 1 h"), (86_400, "1 d")])
  func `durations have the two largest units`(seconds: Int, text: String) { #expect(PostmortemDraft.duration(seconds) == text) }
}
