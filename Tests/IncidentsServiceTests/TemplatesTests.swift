import JSONBytes
import ServiceRuntime
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct TemplatesTests {
  @Test func `a template is made, changed, listed and deleted`() async throws {
    try await StoreBench.run { bench in
      let template = UpdateTemplate(key: "still-looking", name: "Still \"looking\"", message: "We look.\nStill.", state: .investigating)
      let made = try await bench.store.create(template)
      let value = try made.value
      #expect(
        made.version == 1 && value["key"] == "still-looking" && value["message"] == "We look.\nStill." && value["message_fr"] == .null)
      #expect(value["state"] == "investigating" && value["type"] == "update" && value["visibility"] == "internal")
      #expect(try await bench.store.template("still-looking") == made)
      await #expect(throws: Failure.self) { try await bench.store.create(template) }

      bench.setTime(1_790_000_100)
      let change = UpdateTemplateChange(messageFR: "Encore.", state: .some(nil))
      let changed = try await bench.store.change("still-looking", at: 1, change)
      #expect(try changed.value["state"] == .null)
      #expect(try changed.value["message_fr"] == "Encore.")
      #expect(try changed.value["created_at"] == 1_790_000_000)
      let before = try await bench.digest()
      #expect(try await bench.store.change("still-looking", at: nil, change) == changed)
      await #expect(throws: Failure.self) { try await bench.store.change("still-looking", at: 1, UpdateTemplateChange(name: "N")) }
      await #expect(throws: Failure.notFound("There is no template other.")) { try await bench.store.change("other", at: nil, change) }
      #expect(try await bench.digest() == before)

      _ = try await bench.store.create(UpdateTemplate(key: "a", name: "A", message: "a"))
      let list = try await bench.store.templates(start: 0, count: 50)
      #expect(try list.items.map { try JSONValue(parsing: $0)["key"] } == ["a", "still-looking"] && list.total == 2)
      try await bench.store.deleteTemplate("still-looking", at: 2)
      await #expect(throws: Failure.notFound("There is no template still-looking.")) { try await bench.store.template("still-looking") }
      #expect(try await bench.eventNames() == ["template.created", "template.updated", "template.created", "template.deleted"])
    }
  }

  @Test func `a name makes a key when none is given`() throws {
    func key(_ members: [(String, JSONValue)]) throws -> String { try UpdateTemplate(FieldReader(JSONObject(members))).key }
    #expect(try key([("name", "We are — looking!"), ("message", "m")]) == "we-are-looking")
    #expect(try key([("name", "N"), ("key", "a.b_c-1"), ("message", "m")]) == "a.b_c-1")
    for name in ["A b", "é", "a/b", ""] {
      #expect(throws: Failure.self) { try key([("name", "N"), ("key", .string(name)), ("message", "m")]) }
    }
    #expect(throws: Failure.self) { try key([("name", "ééé"), ("message", "m")]) }
  }
}
