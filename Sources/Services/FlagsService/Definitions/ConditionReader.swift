import JSONBytes
import StatusModel

/// Reads conditions and notes everything that cannot be accepted under its path, such as `rules[0].if.all[2].op`.
struct ConditionReader {
  private(set) var problems: [FieldProblem] = []
  /// Segments do not name segments.
  let mayNameSegments: Bool

  init(mayNameSegments: Bool = true) { self.mayNameSegments = mayNameSegments }

  /// `depth`: how many `all` and `any` stand around it.
  mutating func condition(_ value: JSONValue?, _ path: String, depth: Int = 0) -> Condition {
    guard let object = value?.object else {
      refuse(path, value == nil || value == .null ? "is missing" : "must be an object")
      return .all([])
    }
    let groups = ["all", "any"].filter { object[$0] != nil }
    guard let group = groups.first else { return .test(test(object, path)) }
    guard groups.count == 1, object["op"] == nil else {
      refuse(path, "must have one of all, any, and attr with op and value")
      return .all([])
    }
    guard depth < Bounds.depth else {
      refuse("\(path).\(group)", "is nested deeper than \(Bounds.depth)")
      return .all([])
    }
    guard let elements = object[group]?.array, Bounds.conditions.contains(elements.count) else {
      refuse("\(path).\(group)", "must be an array of \(Bounds.conditions.lowerBound) to \(Bounds.conditions.upperBound) conditions")
      return .all([])
    }
    let conditions = elements.enumerated().map { condition($1, "\(path).\(group)[\($0)]", depth: depth + 1) }
    return group == "all" ? .all(conditions) : .any(conditions)
  }

  private mutating func test(_ object: JSONObject, _ path: String) -> Condition.Test {
    guard let op = object["op"]?.string.flatMap(Operator.init) else {
      refuse(
        "\(path).op", object["op"] == nil ? "is missing" : "must be one of " + Operator.allCases.map(\.rawValue).joined(separator: ", "))
      return Condition.Test(attribute: "", op: .eq, value: .null)
    }
    let attribute = object["attr"]?.string ?? ""
    if op == .inSegment, object["attr"] == nil || object["attr"]?.string != nil {
      // The segment looks at whom it wants.
    } else if !Bounds.attribute.contains(attribute.unicodeScalars.count) {
      refuse("\(path).attr", object["attr"] == nil ? "is missing" : "must be a string of at most \(Bounds.attribute.upperBound) characters")
    }
    let value = object["value"] ?? .null
    if let problem = problem(with: value, for: op) { refuse("\(path).value", value == .null ? "is missing" : problem) }
    return Condition.Test(attribute: attribute, op: op, value: value)
  }

  /// What the value of an operator must be, when it is not.
  private func problem(with value: JSONValue, for op: Operator) -> String? {
    switch op {
    case .eq, .ne: Self.isOperand(value) ? nil : "must be a string, a number or a boolean"
    case .isIn, .notIn:
      value.array.map { Bounds.operands.contains($0.count) && $0.allSatisfy(Self.isOperand) } == true
        ? nil : "must be an array of 1 to \(Bounds.operands.upperBound) strings, numbers or booleans"
    case .contains, .startsWith, .endsWith: value.string != nil && Self.isOperand(value) ? nil : "must be a string that is not empty"
    case .lt, .lte, .gt, .gte: value.number == nil ? "must be a number" : nil
    case .semverEqual, .semverLess, .semverLessOrEqual, .semverGreater, .semverGreaterOrEqual:
      value.string.flatMap(SemanticVersion.init) == nil ? "must be a version such as 1.20.3" : nil
    case .before, .after: Instant.seconds(value) == nil ? "must be a time: ISO 8601 or epoch seconds" : nil
    case .inSegment:
      !mayNameSegments
        ? "names a segment, which a segment cannot" : value.string.map(FlagsRules.isID) == true ? nil : "must be the name of a segment"
    }
  }

  private static func isOperand(_ value: JSONValue) -> Bool {
    switch value {
    case .string(let text): Bounds.operand.contains(text.unicodeScalars.count)
    case .integer, .number, .bool: true
    case .null, .array, .object: false
    }
  }

  private mutating func refuse(_ field: String, _ message: String) { problems.append(FieldProblem(field: field, message: message)) }
}
