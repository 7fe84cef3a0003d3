import JSONBytes
import Messaging
import StatusModel
import Testing

@Suite struct MessageTests {
  private func message(_ changes: [(String, JSONValue)]) -> JSONObject {
    var object = JSONObject([
      ("event_name", "incident.created"), ("event_uuid", "0b0e7a52-8a8e-4b57-9f3a-000000000001"),
      ("event_creation_time", "2026-03-01T09:30:00.250Z"), ("event_sender_id", "incidents"), ("data", ["cid": "cid-00001"]),
    ])
    for (name, value) in changes { object[name] = value }
    return object
  }

  @Test(arguments: [
    "2026-03-01T09:30:00Z", "2024-02-29T23:59:59Z", "2000-02-29T00:00:00.1Z", "0000-02-29T00:00:00Z", "9999-12-31T23:59:59.999999Z",
  ])
  func aRealTimeIsTaken(time: String) throws { _ = try BusMessage(message([("event_creation_time", .string(time))])) }

  @Test(arguments: [
    "9999-99-99T99:99:99Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.5",
  ])
  func anUnrealTimeIsRefused(time: String) {
    #expect(throws: BusMessage.Invalid.self) { try BusMessage(message([("event_creation_time", .string(time))])) }
  }

  @Test func timesAreReadAsTheyAreWritten() {
    for milliseconds in stride(from: Int64(-62_135_596_800_000), through: 253_402_300_799_999, by: 86_399_999_333) {
      #expect(ISO8601.milliseconds(ISO8601.text(milliseconds: milliseconds)) == milliseconds)
    }
  }

  @Test func aCorrelationIDThatCannotBePassedOnIsReplaced() throws {
    #expect(try BusMessage(message([])).cid == "cid-00001")
    #expect(try BusMessage(message([("data", ["cid": "a\"b"])])).cid == "0b0e7a52-8a8e-4b57-9f3a-000000000001")
  }

  @Test(arguments: [
    ("incident.created", "incident.created", true), ("incident.created", "incident.*", true), ("incident.created", "incident.#", true),
    ("incident.created", "#", true), ("incident.created", "*", false), ("incident.created", "*.*", true),
    ("incident.status.changed", "incident.*", false), ("incident.status.changed", "incident.#", true),
    ("incident.status.changed", "#.changed", true), ("incident.status.changed", "*.status.*", true),
    ("incident.status.changed", "incident.#.changed", true), ("incident.changed", "incident.#.changed", true),
    ("incident", "incident.#", true), ("incident", "incident.*", false), ("incidents.created", "incident.#", false),
    ("a.b.c.d", "#.b.#.d", true), ("a.b.c.d", "#.d.#.b", false), ("a.b", "#.#.#", true),
  ])
  func patternsMatchAsInTopics(name: String, pattern: String, expected: Bool) throws {
    #expect(try #require(TopicPattern(pattern)).matches(name) == expected)
  }

  @Test(arguments: ["", ".", "a..b", "a.", "A", "inc*", "a.#b", "a b", String(repeating: "a", count: 201)])
  func whatIsNoPatternIsRefused(text: String) { #expect(TopicPattern(text) == nil) }

  @Test func aPatternOfManyHashesIsStillQuick() throws {
    let pattern = try #require(TopicPattern(String(repeating: "#.", count: 90) + "b"))
    let name = String(repeating: "a.", count: 90) + "a"
    let time = ContinuousClock().measure { #expect(!pattern.matches(name)) }
    #expect(time < .seconds(2))
  }
}
