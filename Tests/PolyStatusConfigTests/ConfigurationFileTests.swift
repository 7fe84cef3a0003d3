import JSONBytes
import Testing

@testable import polystatus_config

struct ConfigurationFileTests {
  private func problem(_ text: String) -> String? {
    do throws(Problem) { _ = try ConfigurationFile(reading: text) } catch { return error.description }
    return nil
  }

  @Test func `what is written is read again`() throws {
    let texts = [
      "no", "on", "Yes", "~", "null", "true", "007", "1.5", "-3", "1e3", "0x1F", "", " blanks ", "a: b", "- a", "# a", "\"quoted\"", "it's",
      "two\nlines", "a line and an end\n", "\ttab", "Zoë −20 % 🐙", "@at", "{brace", "2030-01-31", "=", "<<", "%", "x: y # z", "\u{1}",
      "\u{85}",
    ]
    let values: [String: JSONValue] = ["number": 1.5, "small": -3, "yes": true, "nothing": .null, "list": [1, ["a": []]]]
    var targets = JSONObject()
    for text in texts where !text.isEmpty { targets[text] = .string(text) }
    for (name, value) in values { targets[name] = value }
    let flag: JSONValue = ["id": "on", "on": false, "values": .object(targets), "tags": .array(texts.map { .string($0) })]
    let written = try ConfigurationFile(["flags": [flag]]).text()
    let read = try #require(try ConfigurationFile(reading: written).items["flags"]?.first)
    #expect(read["id"] == "on" && read["on"] == false && read["tags"] == flag["tags"])
    for member in targets.members { #expect(read["values"]?[member.name] == member.value, "\(member.name) in \(written)") }
  }

  @Test func `texts that YAML 1 took for something else are texts, numbers are numbers`() throws {
    let file = try ConfigurationFile(reading: "flags:\n- {id: a, on: true, variations: [on, off, yes, 1, 1.50, 1_000, 0o7, .5, '2']}")
    #expect(file.items["flags"]?[0]["variations"] == ["on", "off", "yes", 1, 1.5, "1_000", "0o7", 0.5, "2"])
  }

  @Test func `a time may be written either way`() throws {
    for time in ["2040-01-31T22:00:00Z", "2211660000"] {
      let text = "maintenances: [{title: T, message: M, starts_at: \(time), ends_at: 2211663600}]"
      #expect(try ConfigurationFile(reading: text).items["maintenances"]?[0]["starts_at"] == 2_211_660_000, "\(time)")
    }
    #expect(problem("maintenances: [{title: T, starts_at: 2040-02-31T22:00:00Z}]")?.contains("starts_at must be a time") == true)
  }

  @Test func `everything that is wrong is said at once`() {
    let said = problem("things: []\ncomponents: [{name: x}, {key: a, colour: red}, {key: A}, 7]\nflags: {a: b}") ?? ""
    for words in [
      "no section things", "components[0]: must have key", "has no colour", "a is listed twice", "components[3]", "flags: must be a list",
    ] {
      #expect(said.lowercased().contains(words.lowercased()), "\(words) in \(said)")
    }
    for text in ["", "- a", "flags: [", "a: b: c"] { #expect(problem(text) != nil, "\(text)") }
    #expect(problem("flags:\ncomponents: []") == nil)
  }
}

struct DifferenceTests {
  @Test(
    arguments: [
      (["a": 1], ["a": 1, "b": 2], true), (["a": 1], ["b": 1], false), ([1, 2], [1, 2], true), ([1], [1, 2], false), ("x", "y", false),
      (" text\n", "text", true), ("nimbus", ["on": "nimbus", "effect": "note", "min_impact": "minor"], true),
      ("nimbus", ["on": "nimbus", "effect": "state"], false), ("nimbus", ["on": "nimbus", "level": "A", "region": .null], true),
      (.null, [], true), (.null, "x", false), ("", .null, true), (25, 25.0, true), (true, false, false), ([:], .null, true),
    ] as [(JSONValue, JSONValue, Bool)])
  func `what there is covers what is wanted`(wanted: JSONValue, there: JSONValue, expected: Bool) {
    #expect(Difference.covers(wanted, there) == expected)
  }

  @Test func `only sections of the file are compared, and the cluster's own flags stay`() throws {
    let cluster: [String: [JSONValue]] = [
      "flags": [["id": "csp_auto_incident", "on": true], ["id": "old", "on": true], ["id": "same", "on": true]],
      "components": [["key": "Shop", "name": "Shop"]],
      "maintenances": [["title": "Past", "starts_at": 1, "status": "completed"]],
    ]
    let file = try ConfigurationFile(reading: "flags: [{id: same, on: true}, {id: new}]\nmaintenances: []")
    let (differences, unchanged) = Difference.all(file, cluster, prunes: true)
    #expect(differences.map(\.line) == ["+ flag new", "- flag old"] && unchanged == 1)
    #expect(Difference.all(file, cluster, prunes: false).differences.map(\.line) == ["+ flag new"])
    let shop = try ConfigurationFile(reading: "components: [{key: shop, name: Store}]")
    #expect(Difference.all(shop, cluster, prunes: true).differences.map(\.line) == ["~ component Shop\n    name: \"Shop\" → \"Store\""])
  }
}
