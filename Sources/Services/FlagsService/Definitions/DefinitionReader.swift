import JSONBytes
import ServiceRuntime
import StatusModel

extension FlagDefinition {
  /// Throws `Failure.invalid` with every field that cannot be accepted. `now` in epoch seconds: planned changes are later than that.
  init(_ object: JSONObject, now: Int) throws(Failure) {
    var reader = DefinitionReader(object)
    let definition = reader.definition(now: now)
    try reader.check()
    self = definition
  }

  /// `old` with the members of `change` in the place of its own. Throws `Failure.invalid`.
  init(applying change: JSONObject, to old: FlagDefinition) throws(Failure) {
    var bare = old
    bare.schedule = []
    var object = JSONObject([("id", .string(old.id)), ("on", .bool(old.isOn))] + bare.members)
    for member in change.members { object[member.name] = member.value }
    try self.init(object, now: 0)
  }

  /// What a planned change may change.
  static let changeable = ["on", "fallthrough", "rules", "targets", "off_variation"]
}

/// Reads one definition.
private struct DefinitionReader {
  private var body: FieldReader
  private var names: Set<String> = []

  init(_ object: JSONObject) { body = FieldReader(object) }

  func check() throws(Failure) { try body.check() }

  mutating func definition(now: Int) -> FlagDefinition {
    let id = body.string("id", 0...1000)
    if body.object["id"]?.string != nil, !FlagsRules.isID(id) { body.refuse("id", FlagsRules.idExpectation) }
    let isOurs = ClusterFlag(rawValue: id) != nil
    let kind = FlagDefinition.Kind(rawValue: body.optionalChoice("kind", FlagDefinition.Kind.allCases.map(\.rawValue)) ?? "boolean")
    let variations = variations(kind ?? .boolean)
    names = Set(variations.map(\.name))
    let off = body.optionalString("off_variation", Bounds.variation) ?? variations.last?.name ?? ""
    check(off, "off_variation")
    var flag = FlagDefinition(
      id: id, isOn: body.optionalBool("on") ?? false, kind: kind ?? .boolean, variations: variations, offVariation: off,
      otherwise: .variation(variations.first?.name ?? ""), isPublic: body.optionalBool("public") ?? !isOurs)
    if let object = body.optionalObject("fallthrough") { flag.otherwise = outcome(object, "fallthrough") }
    flag.rules = rules()
    (flag.users, flag.groups) = targets()
    flag.prerequisites = prerequisites(of: id)
    flag.isKillSwitch = body.optionalBool("kill_switch") ?? false
    flag.owner = body.optionalString("owner", Bounds.owner)
    flag.tags = body.optionalStrings("tags", count: Bounds.tags, length: Bounds.tag) ?? []
    flag.description = body.optionalString("description", Bounds.description) ?? ""
    flag.expiresAt = body.optionalInteger("expires_at", Bounds.time)
    if isOurs { checkOurs(flag) }
    if body.problems.isEmpty { flag.schedule = schedule(of: flag, now: now) }
    return flag
  }

  /// What the cluster reads must stay readable for it.
  private mutating func checkOurs(_ flag: FlagDefinition) {
    if flag.isPublic { body.refuse("public", "must be false: \(flag.id) is one of the cluster's own flags") }
    if flag.kind != .boolean { body.refuse("kind", "must be boolean: \(flag.id) is one of the cluster's own flags") }
  }

  private mutating func check(_ variation: String, _ field: String) {
    if !variation.isEmpty, !names.isEmpty, !names.contains(variation) { body.refuse(field, "must be one of the variations") }
  }

  // MARK: Variations

  private mutating func variations(_ kind: FlagDefinition.Kind) -> [FlagDefinition.Variation] {
    var names = body.optionalStrings("variations", count: Bounds.variations, length: Bounds.variation) ?? []
    if Set(names).count < names.count { body.refuse("variations", "must not name one twice") }
    let values = body.optionalObject("values")
    if names.isEmpty {
      if kind == .multivar, !body.has("variations") { body.refuse("variations", "is missing") }
      if kind == .boolean { names = ["on", "off"] }
    }
    for member in values?.members ?? [] where !names.contains(member.name) {
      body.refuse("values.\(member.name)", "is not one of the variations")
    }
    return names.map { FlagDefinition.Variation(name: $0, value: value(of: $0, in: values, kind)) }
  }

  private mutating func value(of name: String, in values: JSONObject?, _ kind: FlagDefinition.Kind) -> JSONValue {
    let given = values?[name]
    guard kind == .boolean else { return given ?? .string(name) }
    if let given {
      if given.bool == nil { body.refuse("values.\(name)", "must be true or false: the flag is boolean") }
      return given
    }
    switch name {
    case "on", "true": return true
    case "off", "false": return false
    default:
      body.refuse("values.\(name)", "is missing; a boolean flag needs true or false for it")
      return false
    }
  }

  // MARK: Outcomes

  private mutating func outcome(_ object: JSONObject, _ path: String) -> Outcome {
    var reader = FieldReader(object, prefix: "\(path).")
    defer { body.refuse(reader.problems) }
    let (variation, rollout) = (reader.object["variation"] ?? .null, reader.object["rollout"] ?? .null)
    guard (variation == .null) != (rollout == .null) else {
      body.refuse(path, "must have exactly one of variation and rollout")
      return .variation("")
    }
    if variation != .null {
      let name = reader.optionalString("variation", Bounds.variation) ?? ""
      check(name, "\(path).variation")
      return .variation(name)
    }
    var shares: [Outcome.Share] = []
    for (index, element) in (reader.optionalArray("rollout", count: Bounds.variations) ?? []).enumerated() {
      shares.append(share(element, "\(path).rollout[\(index)]"))
    }
    if Set(shares.map(\.variation)).count < shares.count { reader.refuse("rollout", "must not name a variation twice") }
    let sum = shares.reduce(0) { $0 + $1.weight }
    if !shares.isEmpty, sum != Rollout.whole {
      reader.refuse("rollout", "must have weights that sum to 100; these sum to \(Double(sum) / 1000)")
    }
    return .rollout(shares)
  }

  private mutating func share(_ value: JSONValue, _ path: String) -> Outcome.Share {
    guard let object = value.object else {
      body.refuse(path, "must be an object with variation and weight")
      return Outcome.Share(variation: path, weight: 0)
    }
    var reader = FieldReader(object, prefix: "\(path).")
    let name = reader.string("variation", Bounds.variation)
    check(name, "\(path).variation")
    var weight = 0
    if let percent = object["weight"]?.number, (0...100).contains(percent) {
      weight = Int((percent * 1000).rounded())
      if abs(percent * 1000 - Double(weight)) > 1e-6 { reader.refuse("weight", "must have at most 3 decimals") }
    } else {
      reader.refuse("weight", object["weight"] == nil ? "is missing" : "must be a number from 0 to 100")
    }
    body.refuse(reader.problems)
    return Outcome.Share(variation: name, weight: weight)
  }

  // MARK: Rules, targets, prerequisites, schedule

  private mutating func rules() -> [FlagDefinition.Rule] {
    var rules: [FlagDefinition.Rule] = []
    for (index, value) in (body.optionalArray("rules", count: Bounds.rules) ?? []).enumerated() {
      let path = "rules[\(index)]"
      guard let object = value.object else {
        body.refuse(path, "must be an object with if and variation or rollout")
        continue
      }
      var conditions = ConditionReader()
      let condition = conditions.condition(object["if"], "\(path).if")
      body.refuse(conditions.problems)
      rules.append(FlagDefinition.Rule(condition: condition, outcome: outcome(object, path)))
    }
    return rules
  }

  private mutating func targets() -> (users: [FlagDefinition.Target], groups: [FlagDefinition.Target]) {
    guard let object = body.optionalObject("targets") else { return ([], []) }
    return (targets("users", Bounds.userTargets, in: object), targets("groups", Bounds.groupTargets, in: object))
  }

  private mutating func targets(_ name: String, _ most: Int, in object: JSONObject) -> [FlagDefinition.Target] {
    var reader = FieldReader(object, prefix: "targets.")
    let members = reader.optionalObject(name)?.members ?? []
    body.refuse(reader.problems)
    guard members.count <= most else {
      body.refuse("targets.\(name)", "must have at most \(most) members")
      return []
    }
    var targets: [FlagDefinition.Target] = []
    var seen: Set<String> = []
    for member in members.reversed() where seen.insert(member.name).inserted {
      let path = "targets.\(name).\(member.name)"
      if !Bounds.target.contains(member.name.unicodeScalars.count) {
        body.refuse(path, "must have a name of 1 to \(Bounds.target.upperBound) characters")
      }
      guard let variation = member.value.string, !variation.isEmpty else {
        body.refuse(path, "must be one of the variations")
        continue
      }
      check(variation, path)
      targets.append(FlagDefinition.Target(name: member.name, variation: variation))
    }
    return targets.reversed()
  }

  private mutating func prerequisites(of id: String) -> [FlagDefinition.Prerequisite] {
    var list: [FlagDefinition.Prerequisite] = []
    for (index, value) in (body.optionalArray("prerequisites", count: Bounds.prerequisites) ?? []).enumerated() {
      let path = "prerequisites[\(index)]"
      guard let object = value.object else {
        body.refuse(path, "must be an object with flag and variation")
        continue
      }
      var reader = FieldReader(object, prefix: "\(path).")
      let one = FlagDefinition.Prerequisite(
        flag: reader.string("flag", Bounds.variation), variation: reader.string("variation", Bounds.variation))
      if one.flag == id, !id.isEmpty { reader.refuse("flag", "is this flag itself") }
      if list.contains(where: { $0.flag == one.flag }) { reader.refuse("flag", "is named twice") }
      body.refuse(reader.problems)
      list.append(one)
    }
    return list
  }

  /// Of a flag that is right without it.
  private mutating func schedule(of flag: FlagDefinition, now: Int) -> [FlagDefinition.Planned] {
    var plans: [FlagDefinition.Planned] = []
    for (index, value) in (body.optionalArray("schedule", count: Bounds.schedule) ?? []).enumerated() {
      let path = "schedule[\(index)]"
      guard let object = value.object else {
        body.refuse(path, "must be an object with at and change")
        continue
      }
      var reader = FieldReader(object, prefix: "\(path).")
      let time = reader.integer("at", Bounds.time)
      if reader.problems.isEmpty, time <= now { reader.refuse("at", "must be in the future") }
      body.refuse(reader.problems)
      guard let change = object["change"]?.object, !change.members.isEmpty else {
        body.refuse("\(path).change", object["change"] == nil ? "is missing" : "must be an object that changes something")
        continue
      }
      check(change, of: flag, "\(path).change.")
      plans.append(FlagDefinition.Planned(at: time, change: change))
    }
    return plans.sorted { $0.at < $1.at }
  }

  private mutating func check(_ change: JSONObject, of flag: FlagDefinition, _ path: String) {
    for member in change.members where !FlagDefinition.changeable.contains(member.name) {
      body.refuse(path + member.name, "cannot be planned; only " + FlagDefinition.changeable.joined(separator: ", ") + " can")
    }
    do throws(Failure) {
      _ = try FlagDefinition(applying: change, to: flag)
    } catch {
      guard case .invalid(let problems) = error else { return }
      body.refuse(problems.map { FieldProblem(field: path + $0.field, message: $0.message) })
    }
  }
}
