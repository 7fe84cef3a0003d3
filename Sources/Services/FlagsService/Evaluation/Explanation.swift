import JSONBytes

/// Why somebody gets what they get: every step of the evaluation that was tried, in order.
struct Explanation {
  private let snapshot: Snapshot
  private let flag: Flag
  private let context: EvaluationContext
  private var steps: [JSONValue] = []

  /// `{flag, version, variation, value, reason, off, steps: [{step, matched, why, condition?}]}`
  static func of(_ flag: Flag, in snapshot: Snapshot, for context: EvaluationContext) -> JSONValue {
    var explanation = Explanation(snapshot: snapshot, flag: flag, context: context)
    explanation.walk()
    let result = snapshot.evaluate(flag, for: context)
    let variation = flag.definition.variations[result.variation]
    return [
      "flag": .string(flag.id), "version": .integer(flag.version), "variation": .string(variation.name), "value": variation.value,
      "reason": .string(result.reason.rawValue), "off": .bool(result.isOff), "steps": .array(explanation.steps),
    ]
  }

  private init(snapshot: Snapshot, flag: Flag, context: EvaluationContext) {
    self.snapshot = snapshot
    self.flag = flag
    self.context = context
  }

  /// `settled`: the step that decided.
  private mutating func add(_ step: String, _ settled: Bool, _ why: String, _ condition: JSONValue? = nil) {
    var object = JSONObject([("step", .string(step)), ("matched", .bool(settled)), ("why", .string(why))])
    if let condition { object["condition"] = condition }
    steps.append(.object(object))
  }

  private mutating func walk() {
    guard flag.definition.isOn else { return add("off", true, "the flag is off") }
    for (index, wanted) in flag.definition.prerequisites.enumerated() {
      let given = snapshot.flags[wanted.flag].map { $0.definition.variations[snapshot.evaluate($0, for: context).variation].name }
      let isMet = given == wanted.variation
      add("prerequisites[\(index)]", !isMet, "\(wanted.flag) gives \(given ?? "nothing"), \(isMet ? "as" : "not") \(wanted.variation)")
      if !isMet { return }
    }
    if targets() { return }
    for (index, rule) in flag.definition.rules.enumerated() {
      let (condition, holds) = explain(rule.condition)
      add(
        "rules[\(index)]", holds, holds ? "the condition holds" + chosen(flag.choices[index]) : "the condition does not hold",
        condition)
      if holds { return }
    }
    add("fallthrough", true, "nothing before decided" + chosen(flag.otherwise))
  }

  private mutating func targets() -> Bool {
    if !flag.users.isEmpty {
      let isListed = context.key.map { flag.users[$0] != nil } ?? false
      add("targets.users", isListed, context.key.map { "\($0) is \(isListed ? "" : "not ")listed" } ?? "nobody is named")
      if isListed { return true }
    }
    if !flag.groups.isEmpty {
      let group = flag.groups.first { context.groups.contains($0.name) }
      let groups = context.groups.isEmpty ? "no groups" : context.groups.joined(separator: ", ")
      add("targets.groups", group != nil, group.map { "\($0.name) is listed" } ?? "\(groups): not listed")
      if group != nil { return true }
    }
    return false
  }

  private func chosen(_ choice: Flag.Choice) -> String {
    guard case .rollout = choice else { return "" }
    let place = snapshot.choose(choice, context, .split).variation
    let name = flag.definition.variations[place].name
    return context.key.map { "; the roll-out has \($0) in \(name)" }
      ?? "; the roll-out needs a user, so its first variation \(name) is given"
  }

  /// The condition as a tree, each part with `matched`, each test with the attribute's `actual` value.
  private func explain(_ condition: Condition) -> (JSONValue, Bool) {
    switch condition {
    case .all(let conditions):
      let parts = conditions.map(explain)
      let holds = parts.allSatisfy(\.1)
      return (["all": .array(parts.map(\.0)), "matched": .bool(holds)], holds)
    case .any(let conditions):
      let parts = conditions.map(explain)
      let holds = parts.contains(where: \.1)
      return (["any": .array(parts.map(\.0)), "matched": .bool(holds)], holds)
    case .test(let test):
      let attribute = context[AttributeName(test.attribute)]
      let isOfSegment = test.op == .inSegment
      let holds =
        isOfSegment ? snapshot.isInSegment(test.value.string ?? "", context) : attribute.map(Comparison(test).holds) ?? false
      let actual = isOfSegment ? context.key.map { .string($0) } : attribute?.json
      var object = condition.json.object ?? JSONObject()
      object["actual"] = actual ?? .null
      object["matched"] = .bool(holds)
      return (.object(object), holds)
    }
  }
}

extension Attribute {
  fileprivate var json: JSONValue {
    switch value {
    case .text(let text), .word(let text): .string(text)
    case .number(let number): .number(number)
    case .bool(let flag): .bool(flag)
    case .list(let elements): .array(elements.map(\.json))
    }
  }
}
