import JSONBytes
import StatusModel
import Testing

@testable import FlagsService

/// The fields that a definition is refused for.
private func refused(_ definition: JSONValue, now: Int = 0) -> [String] {
  do {
    _ = try FlagDefinition(definition.object ?? JSONObject(), now: now)
    return []
  } catch Failure.invalid(let problems) {
    return problems.map(\.field)
  } catch {
    return ["\(error)"]
  }
}

/// A good definition with some members replaced.
private func changed(_ changes: JSONValue) -> JSONValue {
  var object: JSONObject = JSONObject([
    ("id", "f"), ("on", true), ("kind", "multivar"), ("variations", ["a", "b", "c"]), ("fallthrough", ["variation": "a"]),
  ])
  for member in changes.object?.members ?? [] { object[member.name] = member.value }
  return .object(object)
}

private func object(_ value: JSONValue) -> JSONObject { value.object ?? JSONObject() }

private func nested(_ depth: Int) -> JSONValue {
  let test: JSONValue = ["attr": "x", "op": "eq", "value": 1]
  return (0..<depth).reduce(test) { inner, level in level % 2 == 0 ? ["all": [inner]] : ["any": [inner]] }
}

@Suite struct DefinitionTests {
  @Test func `what is left out takes its default`() throws {
    let flag = try FlagDefinition(JSONObject([("id", "plain")]), now: 0)
    #expect(flag.variations == [.init(name: "on", value: true), .init(name: "off", value: false)])
    #expect(flag.otherwise == .variation("on") && flag.offVariation == "off" && !flag.isOn && flag.isPublic && !flag.isKillSwitch)
    let many = try FlagDefinition(object(changed([:])), now: 0)
    #expect(many.offVariation == "c" && many.variations.map(\.value) == ["a", "b", "c"])
    let values = try FlagDefinition(object(changed(["values": ["a": ["x": [1, nil]], "b": nil]])), now: 0)
    #expect(values.variations.map(\.value) == [["x": [1, nil]], nil, "c"])
  }

  @Test(
    arguments: [
      ([:], ["id"]), (["id": "-x"], ["id"]), (["id": "a b"], ["id"]), (["id": .string(String(repeating: "x", count: 65))], ["id"]),
      (["id": "x", "on": "yes"], ["on"]), (["id": "x", "kind": "boolean", "variations": ["a", "b"]], ["values.a", "values.b"]),
      (["id": "x", "kind": "multivar"], ["variations"]), (["id": "x", "kind": "tri"], ["kind"]),
      (["id": "x", "values": ["on": "yes"]], ["values.on"]), (["id": "capture_traffic", "public": true], ["public"]),
    ] as [(JSONValue, [String])])
  func `members that cannot be are named`(definition: JSONValue, fields: [String]) { #expect(refused(definition) == fields) }

  @Test(
    arguments: [
      (["variations": ["a", "a"]], ["variations"]), (["variations": []], ["variations"]), (["values": ["z": 1]], ["values.z"]),
      (["off_variation": "z"], ["off_variation"]), (["fallthrough": ["variation": "z"]], ["fallthrough.variation"]),
      (["fallthrough": [:]], ["fallthrough"]), (["fallthrough": ["variation": "a", "rollout": []]], ["fallthrough"]),
      (["fallthrough": ["rollout": []]], ["fallthrough.rollout"]),
      (["fallthrough": ["rollout": [["variation": "a", "weight": 99.999]]]], ["fallthrough.rollout"]),
      (["fallthrough": ["rollout": [["variation": "a", "weight": 50], ["variation": "a", "weight": 50]]]], ["fallthrough.rollout"]),
      (
        ["fallthrough": ["rollout": [["variation": "a", "weight": 33.3333], ["variation": "b", "weight": 66.6667]]]],
        ["fallthrough.rollout[0].weight", "fallthrough.rollout[1].weight"]
      ),
      (
        ["fallthrough": ["rollout": [["variation": "z", "weight": -1]]]],
        ["fallthrough.rollout[0].variation", "fallthrough.rollout[0].weight", "fallthrough.rollout"]
      ),
      (["targets": ["users": ["alice": "z"], "groups": ["sre": 1]]], ["targets.users.alice", "targets.groups.sre"]),
      (["prerequisites": [["flag": "f", "variation": "a"], ["flag": "g"]]], ["prerequisites[0].flag", "prerequisites[1].variation"]),
      (["tags": [""]], ["tags"]), (["expires_at": -1], ["expires_at"]), (["owner": 7, "description": 7], ["owner", "description"]),
    ] as [(JSONValue, [String])])
  func `parts that cannot work are named`(changes: JSONValue, fields: [String]) { #expect(refused(changed(changes)) == fields) }

  @Test(
    arguments: [
      ([:], ["rules[0].if.op"]), (["attr": "x", "op": "like", "value": 1], ["rules[0].if.op"]),
      (["op": "eq", "value": 1], ["rules[0].if.attr"]), (["attr": "x", "op": "eq"], ["rules[0].if.value"]),
      (["attr": "x", "op": "lt", "value": "5"], ["rules[0].if.value"]), (["attr": "x", "op": "in", "value": "a"], ["rules[0].if.value"]),
      (["attr": "x", "op": "in", "value": [[]]], ["rules[0].if.value"]),
      (["attr": "x", "op": "contains", "value": ""], ["rules[0].if.value"]),
      (["attr": "x", "op": "semver_lt", "value": "one"], ["rules[0].if.value"]),
      (["attr": "x", "op": "before", "value": "tomorrow"], ["rules[0].if.value"]),
      (["op": "in_segment", "value": "a b"], ["rules[0].if.value"]),
      (["all": []], ["rules[0].if.all"]), (["all": [["attr": "x", "op": "eq", "value": 1], 7]], ["rules[0].if.all[1]"]),
      (["all": [["any": [["attr": "x", "op": "no", "value": 1]]]]], ["rules[0].if.all[0].any[0].op"]),
      (["all": [], "any": []], ["rules[0].if"]), ("x", ["rules[0].if"]),
    ] as [(JSONValue, [String])])
  func `conditions that cannot work are named by their path`(condition: JSONValue, fields: [String]) {
    #expect(refused(changed(["rules": [["if": condition, "variation": "a"]]])) == fields)
  }

  @Test func `conditions are nested at most five deep`() {
    #expect(refused(changed(["rules": [["if": nested(5), "variation": "a"]]])) == [])
    #expect(
      refused(changed(["rules": [["if": nested(6), "variation": "a"]]])) == ["rules[0].if.any[0].all[0].any[0].all[0].any[0].all"])
  }

  @Test func `plans lie in the future and change what may be planned, to something that works`() throws {
    let good: JSONValue = ["at": 100, "change": ["on": false, "fallthrough": ["rollout": [["variation": "b", "weight": 100]]]]]
    #expect(refused(changed(["schedule": [good]]), now: 99) == [])
    #expect(refused(changed(["schedule": [good]]), now: 100) == ["schedule[0].at"])
    #expect(
      refused(changed(["schedule": [["at": 1, "change": [:]], ["change": ["on": true]]]])) == ["schedule[0].change", "schedule[1].at"])
    #expect(refused(changed(["schedule": [["at": 1, "change": ["id": "x"]]]])) == ["schedule[0].change.id"])
    let wrong: JSONValue = ["at": 1, "change": ["fallthrough": ["variation": "z"]]]
    #expect(refused(changed(["schedule": [wrong]])) == ["schedule[0].change.fallthrough.variation"])
  }

  @Test func `a definition survives its own JSON`() throws {
    let rich = changed([
      "rules": [
        [
          "if": ["any": [nested(2), ["op": "in_segment", "value": "beta"]]],
          "rollout": [["variation": "b", "weight": 0.125], ["variation": "c", "weight": 99.875]],
        ]
      ],
      "targets": ["users": ["alice": "b"], "groups": ["sre": "c"]], "values": ["a": 1.5, "b": [true], "c": ["deep": nil]],
      "prerequisites": [["flag": "g", "variation": "x"]], "schedule": [["at": 5, "change": ["on": false]]], "owner": "Ada",
      "tags": ["shop"],
      "public": false, "kill_switch": true, "expires_at": 9, "description": "Says \"hello\"",
    ])
    let once = try FlagDefinition(object(rich), now: 0)
    let text = #"{"id":"f","on":true,\#(once.body)}"#
    #expect(try FlagDefinition(try #require(JSONValue(parsing: text).object), now: 0) == once)
    #expect(FlagDefinition.difference(from: once, to: once) == "{}")
    var other = once
    other.isOn = false
    other.offVariation = "a"
    #expect(FlagDefinition.difference(from: once, to: other) == #"{"on":{"old":true,"new":false},"off_variation":{"old":"c","new":"a"}}"#)
  }

  @Test func `a segment is read, and names no segment`() throws {
    let segment = try Segment(
      name: "beta", object(["users": ["a"], "excluded": ["b"], "if": ["attr": "x", "op": "eq", "value": 1]]))
    #expect(segment.users == ["a"] && segment.excluded == ["b"] && segment.condition != nil)
    #expect(throws: Failure.invalid("if.all[0].value", "names a segment, which a segment cannot")) {
      try Segment(name: "s", object(["if": ["all": [["op": "in_segment", "value": "beta"]]]]))
    }
    #expect(throws: Failure.self) { try Segment(name: "not a name", JSONObject()) }
  }
}
