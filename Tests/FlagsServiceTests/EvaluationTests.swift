import JSONBytes
import StatusModel
import Testing

@testable import FlagsService

/// Flags and segments as they come from the store.
func snapshot(_ flags: [JSONValue], segments: [JSONValue] = []) throws -> Snapshot {
  var names = AttributeNames()
  let flags = try flags.map { try Flag(stored($0).bytes, &names) }
  let segments = try segments.map { try CompiledSegment(stored($0).bytes, &names) }
  return Snapshot(
    revision: 1, flags: Dictionary(uniqueKeysWithValues: flags.map { ($0.id, $0) }),
    segments: Dictionary(uniqueKeysWithValues: segments.map { ($0.segment.name, $0) }), names: names)
}

private func stored(_ value: JSONValue) -> JSONValue {
  var object = value.object ?? JSONObject()
  object["version"] = 1
  return .object(object)
}

/// `variation REASON`, and ` off` when it is.
func evaluated(_ snapshot: Snapshot, _ id: String, _ context: JSONValue = [:]) throws -> String {
  let flag = try #require(snapshot.flags[id])
  let result = snapshot.evaluate(flag, for: EvaluationContext(context.object ?? JSONObject()))
  let variation = flag.definition.variations[result.variation].name
  let explained = Explanation.of(flag, in: snapshot, for: EvaluationContext(context.object ?? JSONObject()))
  #expect(explained["variation"]?.string == variation && explained["reason"]?.string == result.reason.rawValue)
  #expect(explained["steps"]?.array?.filter { $0["matched"] == true }.count == 1)
  return "\(variation) \(result.reason.rawValue)\(result.isOff ? " off" : "")"
}

/// A flag that needs both of the floor below.
private func floor(_ level: Int, _ name: String) -> JSONValue {
  let below = level == 0 ? [] : ["\(level - 1)a", "\(level - 1)b"]
  return [
    "id": .string("\(level)\(name)"), "prerequisites": .array(below.map { ["flag": .string($0), "variation": "on"] }),
  ]
}

@Suite struct EvaluationTests {
  @Test func `the order is off, prerequisites, users, groups, rules, fallthrough`() throws {
    let full: JSONValue = [
      "id": "f", "on": true, "kind": "multivar", "variations": ["user", "group", "first", "second", "rest", "off"],
      "fallthrough": ["variation": "rest"], "targets": ["users": ["alice": "user"], "groups": ["sre": "group", "beta": "first"]],
      "rules": [
        ["if": ["attr": "country", "op": "eq", "value": "FR"], "variation": "first"],
        ["if": ["attr": "country", "op": "in", "value": ["FR", "BE"]], "variation": "second"],
      ], "prerequisites": [["flag": "gate", "variation": "on"]],
    ]
    let open = try snapshot([full, ["id": "gate", "on": true]])
    #expect(try evaluated(open, "f", ["targetingKey": "alice", "role": "sre", "country": "FR"]) == "user TARGETING_MATCH")
    #expect(try evaluated(open, "f", ["user": "alice"]) == "user TARGETING_MATCH")
    #expect(try evaluated(open, "f", ["user": "bob", "role": "sre", "country": "FR"]) == "group TARGETING_MATCH")
    #expect(try evaluated(open, "f", ["user": "bob", "groups": ["x", "beta"]]) == "first TARGETING_MATCH")
    #expect(try evaluated(open, "f", ["country": "FR"]) == "first TARGETING_MATCH")
    #expect(try evaluated(open, "f", ["country": "BE"]) == "second TARGETING_MATCH")
    #expect(try evaluated(open, "f", ["country": "DE"]) == "rest DEFAULT")
    #expect(try evaluated(open, "gate") == "on STATIC")
    let closed = try snapshot([full, ["id": "gate", "on": false]])
    #expect(try evaluated(closed, "f", ["user": "alice"]) == "off DISABLED off")
    #expect(try evaluated(closed, "gate") == "off DISABLED off")
    #expect(try evaluated(try snapshot([full]), "f", ["user": "alice"]) == "off DISABLED off")
  }

  @Test(
    arguments: [
      ("eq", "a", ["a"], ["A", 1, true, "", nil]), ("eq", 1, [1, 1.0], ["1", 2]), ("eq", true, [true], [false, "true"]),
      ("ne", "a", ["b", 1], ["a", nil]), ("in", ["a", 2], ["a", 2, ["x", "a"]], ["b", "2", []]),
      ("not_in", ["a", 2], ["b", "2", ["x"]], ["a", 2, ["x", "a"], nil]), ("contains", "ell", ["hello", ["ell"]], ["help", ["hello"], 5]),
      ("starts_with", "he", ["hello"], ["the", 5]), ("ends_with", "lo", ["hello", ["x", "solo"]], ["loan"]),
      ("lt", 5, [4.9, -1], [5, "4", true]), ("lte", 5, [5], [5.1]), ("gt", 5, [5.1], [5]), ("gte", 5, [5], [4.9, "6"]),
      ("semver_eq", "1.2", ["1.2.0", "v1.2.0+build"], ["1.2.1", "1.2.0-rc", "one"]),
      ("semver_lt", "1.10.0", ["1.9.9", "1.10.0-rc.1"], ["1.10.0", "2"]), ("semver_lte", "1.10.0", ["1.10.0"], ["1.10.1"]),
      ("semver_gt", "1.0.0-alpha.2", ["1.0.0-alpha.10", "1.0.0-beta", "1.0.0"], ["1.0.0-alpha.2", "1.0.0-alpha"]),
      ("semver_gte", "2.0.0", ["2.0.0", "10.0.0"], ["1.99.99"]),
      (
        "before", "2026-03-01T12:00:00Z", [1_772_366_399, "2026-03-01T12:59:00+01:00", "2026-03-01"],
        ["2026-03-01T12:00:00Z", 1_772_366_400, "x"]
      ),
      ("after", 1_772_366_400, ["2026-03-01T12:00:01Z", "2026-03-01T07:00:00.5-0500", "1772366401"], ["2026-03-01T12:00Z", 5]),
    ] as [(JSONValue, JSONValue, [JSONValue], [JSONValue])])
  func `operators match what they should and nothing else`(op: JSONValue, value: JSONValue, matching: [JSONValue], others: [JSONValue])
    throws
  {
    let flags = try snapshot([
      [
        "id": "f", "on": true, "fallthrough": ["variation": "off"],
        "rules": [["if": ["attr": "x", "op": op, "value": value], "variation": "on"]],
      ]
    ])
    for actual in matching { #expect(try evaluated(flags, "f", ["x": actual]) == "on TARGETING_MATCH", "\(actual)") }
    for actual in others { #expect(try evaluated(flags, "f", ["x": actual]) == "off DEFAULT", "\(actual)") }
    #expect(try evaluated(flags, "f") == "off DEFAULT")
  }

  @Test func `conditions combine, look into objects, and know the user`() throws {
    let condition: JSONValue = [
      "all": [
        ["any": [["attr": "device.os", "op": "eq", "value": "ios"], ["attr": "device.os", "op": "eq", "value": "android"]]],
        ["attr": "user", "op": "ends_with", "value": "@example.org"],
      ]
    ]
    let flags = try snapshot([
      ["id": "f", "on": true, "fallthrough": ["variation": "off"], "rules": [["if": condition, "variation": "on"]]]
    ])
    #expect(try evaluated(flags, "f", ["targetingKey": "a@example.org", "device": ["os": "ios"]]) == "on TARGETING_MATCH")
    #expect(try evaluated(flags, "f", ["targetingKey": "a@example.com", "device": ["os": "ios"]]) == "off DEFAULT")
    #expect(try evaluated(flags, "f", ["targetingKey": "a@example.org", "device": ["os": "tv"]]) == "off DEFAULT")
    #expect(try evaluated(flags, "f", ["targetingKey": "a@example.org", "device.os": "android"]) == "on TARGETING_MATCH")
  }

  @Test func `a query's words are texts, numbers and booleans at once`() throws {
    func gives(_ op: String, _ value: JSONValue, _ query: [(String, String)]) throws -> Bool {
      let flags = try snapshot([
        [
          "id": "f", "on": true, "fallthrough": ["variation": "off"],
          "rules": [["if": ["attr": "x", "op": .string(op), "value": value], "variation": "on"]],
        ]
      ])
      return flags.evaluate(flags.ordered[0], for: EvaluationContext(query: [("user", "u"), ("role", "r")] + query)).variation == 0
    }
    #expect(try gives("eq", "42", [("x", "42")]) && gives("eq", 42, [("x", "42")]) && gives("eq", true, [("x", "true")]))
    #expect(try gives("lt", 50, [("x", "42")]) && !gives("lt", 50, [("x", "many")]) && gives("in", ["b"], [("x", "a"), ("x", "b")]))
    #expect(
      EvaluationContext(query: [("user", "u"), ("role", "sre"), ("groups", "a,b"), ("groups", "c")]).groups == ["sre", "a", "b", "c"])
  }

  @Test func `segments hold who is listed, not who is excluded, and who meets the condition`() throws {
    let flags = try snapshot(
      [
        [
          "id": "f", "on": true, "fallthrough": ["variation": "off"],
          "rules": [["if": ["op": "in_segment", "value": "beta"], "variation": "on"]],
        ]
      ],
      segments: [["name": "beta", "users": ["alice"], "excluded": ["eve"], "if": ["attr": "plan", "op": "eq", "value": "pro"]]])
    #expect(try evaluated(flags, "f", ["user": "alice"]) == "on TARGETING_MATCH")
    #expect(try evaluated(flags, "f", ["user": "bob"]) == "off DEFAULT")
    #expect(try evaluated(flags, "f", ["user": "bob", "plan": "pro"]) == "on TARGETING_MATCH")
    #expect(try evaluated(flags, "f", ["user": "eve", "plan": "pro"]) == "off DEFAULT")
    #expect(try evaluated(flags, "f", ["plan": "pro"]) == "on TARGETING_MATCH")
  }

  @Test func `references to what is not there, circles and towers are refused with the field's name`() throws {
    let flags = try snapshot(
      [
        ["id": "a", "prerequisites": [["flag": "b", "variation": "on"]]],
        ["id": "b", "prerequisites": [["flag": "c", "variation": "on"]]],
        ["id": "c"],
      ], segments: [["name": "beta"]])
    func refused(_ definition: JSONValue) throws -> [String] {
      let flag = try FlagDefinition(try #require(definition.object), now: 0)
      let outcome = Result { () throws(Failure) in try flags.check(flag) }
      guard case .failure(.invalid(let problems)) = outcome else { return [] }
      return problems.map { "\($0.field) \($0.message)" }
    }
    let circle = try refused(["id": "c", "prerequisites": [["flag": "a", "variation": "on"]]])
    #expect(circle == ["prerequisites[0].flag makes a circle: c → a → b → c"])
    let missing = try refused(["id": "d", "prerequisites": [["flag": "x", "variation": "on"], ["flag": "c", "variation": "blue"]]])
    #expect(missing.map { $0.split(separator: " ")[0] } == ["prerequisites[0].flag", "prerequisites[1].variation"])
    let segment: JSONValue = ["op": "in_segment", "value": "gone"]
    #expect(try refused(["id": "d", "rules": [["if": ["all": [segment]], "variation": "on"]]])[0].hasPrefix("rules[0].if.all[0].value "))
    let planned: JSONValue = ["at": 5, "change": ["rules": [["if": segment, "variation": "on"]]]]
    #expect(try refused(["id": "d", "schedule": [planned]])[0].hasPrefix("schedule[0].change.rules[0].if.value "))
    #expect(try refused(["id": "d", "rules": [["if": ["op": "in_segment", "value": "beta"], "variation": "on"]]]) == [])
    #expect(try refused(["id": "c", "kind": "multivar", "variations": ["x"]])[0].hasPrefix("variations must keep on"))
    let tower = try snapshot((0..<8).flatMap { level in ["a", "b"].map { floor(level, $0) } })
    let top = try FlagDefinition(floor(8, "a").object ?? JSONObject(), now: 0)
    #expect(throws: Failure.self) { try tower.check(top) }
  }

  @Test func `a flag is stale when it has expired or says the same to all for long`() throws {
    func reasons(_ changes: JSONValue, age: Int) throws -> [Staleness] {
      var object = JSONObject([("id", "f"), ("on", true)])
      for member in changes.object?.members ?? [] { object[member.name] = member.value }
      return FlagsRules.staleness(of: try FlagDefinition(object, now: 0), changedAt: 10_000_000 - age, now: 10_000_000)
    }
    #expect(try reasons([:], age: FlagsRules.staleAfter) == [.settled] && reasons([:], age: FlagsRules.staleAfter - 1) == [])
    #expect(try reasons(["on": false], age: FlagsRules.staleAfter) == [.off])
    #expect(try reasons(["targets": ["users": ["a": "on"]]], age: FlagsRules.staleAfter) == [])
    #expect(try reasons(["kill_switch": true], age: FlagsRules.staleAfter) == [])
    #expect(try reasons(["expires_at": 10_000_000], age: 0) == [.expired] && reasons(["expires_at": 10_000_001], age: 0) == [])
  }
}
