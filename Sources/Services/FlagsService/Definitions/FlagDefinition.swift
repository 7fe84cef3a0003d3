import JSONBytes

/// A flag as people define it, checked in itself; what it says of other flags and of segments is checked against a `Snapshot`.
struct FlagDefinition: Sendable, Equatable {
  enum Kind: String, CaseIterable { case boolean, multivar }

  struct Variation: Sendable, Equatable {
    var name: String
    var value: JSONValue
  }
  struct Rule: Sendable, Equatable {
    var condition: Condition
    var outcome: Outcome
  }
  /// A user or a group that gets a variation.
  struct Target: Sendable, Equatable {
    var name: String
    var variation: String
  }
  struct Prerequisite: Sendable, Equatable {
    var flag: String
    var variation: String
  }
  struct Planned: Sendable, Equatable {
    /// Epoch seconds.
    var at: Int
    /// Members of the definition that are replaced then.
    var change: JSONObject
  }

  var id: String
  var isOn: Bool
  var kind: Kind
  var variations: [Variation]
  var offVariation: String
  var otherwise: Outcome
  var rules: [Rule] = []
  var users: [Target] = []
  var groups: [Target] = []
  var prerequisites: [Prerequisite] = []
  var schedule: [Planned] = []
  /// Whether nobody in particular may ask for it.
  var isPublic: Bool
  var isKillSwitch = false
  var owner: String?
  var tags: [String] = []
  var description = ""
  /// Epoch seconds.
  var expiresAt: Int?

  /// Whether nothing about who asks can matter.
  var isTheSameForAll: Bool {
    guard case .variation = otherwise else { return false }
    return rules.isEmpty && users.isEmpty && groups.isEmpty && prerequisites.isEmpty
  }

  /// The segments its rules name, those of planned changes too.
  var segments: Set<String> {
    let planned = schedule.compactMap { try? FlagDefinition(applying: $0.change, to: self) }.flatMap(\.rules)
    return (rules + planned).reduce(into: []) { $0.formUnion($1.condition.segments) }
  }
}

/// What a rule or the fallthrough gives.
enum Outcome: Sendable, Equatable {
  struct Share: Sendable, Equatable {
    var variation: String
    /// Thousandths of a percent; those of a roll-out sum to 100,000.
    var weight: Int
  }
  case variation(String)
  case rollout([Share])
}

indirect enum Condition: Sendable, Equatable {
  case test(Test)
  case all([Condition])
  case any([Condition])

  struct Test: Sendable, Equatable {
    /// Empty only for `in_segment`.
    var attribute: String
    var op: Operator
    var value: JSONValue
  }

  var segments: Set<String> {
    switch self {
    case .test(let test): test.op == .inSegment ? [test.value.string ?? ""] : []
    case .all(let conditions), .any(let conditions): conditions.reduce(into: []) { $0.formUnion($1.segments) }
    }
  }
}

enum Operator: String, CaseIterable, Sendable {
  case eq, ne
  case isIn = "in"
  case notIn = "not_in"
  case contains
  case startsWith = "starts_with"
  case endsWith = "ends_with"
  case lt, lte, gt, gte
  case semverEqual = "semver_eq"
  case semverLess = "semver_lt"
  case semverLessOrEqual = "semver_lte"
  case semverGreater = "semver_gt"
  case semverGreaterOrEqual = "semver_gte"
  case before, after
  case inSegment = "in_segment"
}

// MARK: - As JSON

extension FlagDefinition {
  /// Everything but `id` and `on`, in the order it is sent.
  var members: [(String, JSONValue)] {
    [
      ("kind", .string(kind.rawValue)),
      ("variations", .array(variations.map { .string($0.name) })),
      ("values", .object(JSONObject(variations.map { ($0.name, $0.value) }))),
      ("off_variation", .string(offVariation)),
      ("fallthrough", .object(JSONObject([otherwise.member]))),
      ("rules", .array(rules.map { .object(JSONObject([("if", $0.condition.json), $0.outcome.member])) })),
      ("targets", ["users": Self.json(users), "groups": Self.json(groups)]),
      ("prerequisites", .array(prerequisites.map { ["flag": .string($0.flag), "variation": .string($0.variation)] })),
      ("schedule", .array(schedule.map { ["at": .integer($0.at), "change": .object($0.change)] })),
      ("public", .bool(isPublic)),
      ("kill_switch", .bool(isKillSwitch)),
      ("owner", owner.map { .string($0) } ?? .null),
      ("tags", .array(tags.map { .string($0) })),
      ("description", .string(description)),
      ("expires_at", expiresAt.map { .integer($0) } ?? .null),
    ]
  }

  /// `members` as JSON text without braces.
  var body: String { String(JSONValue.object(JSONObject(members)).text.dropFirst().dropLast()) }

  /// What events say of the flag, as JSON members.
  var facts: String { #""tags":\#(JSONText.array(tags)),"kill_switch":\#(isKillSwitch),"public":\#(isPublic)"# }

  /// What differs in `new`, as a JSON object `{member: {old, new}}`.
  static func difference(from old: FlagDefinition?, to new: FlagDefinition?) -> String {
    let before = old.map { [("on", .bool($0.isOn))] + $0.members } ?? []
    let after = new.map { [("on", .bool($0.isOn))] + $0.members } ?? []
    let names = (before.isEmpty ? after : before).map(\.0)
    let changes = names.compactMap { name -> (String, JSONValue)? in
      let (was, now) = (before.first { $0.0 == name }?.1 ?? .null, after.first { $0.0 == name }?.1 ?? .null)
      return was == now ? nil : (name, ["old": was, "new": now])
    }
    return JSONValue.object(JSONObject(changes)).text
  }

  private static func json(_ targets: [Target]) -> JSONValue {
    .object(JSONObject(targets.map { ($0.name, .string($0.variation)) }))
  }
}

extension Outcome {
  fileprivate var member: (String, JSONValue) {
    switch self {
    case .variation(let name): ("variation", .string(name))
    case .rollout(let shares):
      ("rollout", .array(shares.map { ["variation": .string($0.variation), "weight": Self.percent($0.weight)] }))
    }
  }

  private static func percent(_ weight: Int) -> JSONValue {
    weight % 1000 == 0 ? .integer(weight / 1000) : .number(Double(weight) / 1000)
  }
}

extension Condition {
  var json: JSONValue {
    switch self {
    case .test(let test):
      .object(JSONObject([("attr", .string(test.attribute)), ("op", .string(test.op.rawValue)), ("value", test.value)]))
    case .all(let conditions): ["all": .array(conditions.map(\.json))]
    case .any(let conditions): ["any": .array(conditions.map(\.json))]
    }
  }
}
