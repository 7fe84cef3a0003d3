import JSONBytes
import StatusModel

/// All flags and segments at one revision, made ready to be evaluated. Never changes.
final class Snapshot: Sendable {
  let revision: Int
  let flags: [String: Flag]
  /// By id.
  let ordered: [Flag]
  let segments: [String: CompiledSegment]
  /// What the places in conditions mean.
  let names: AttributeNames
  /// Those with a schedule.
  let planned: [Flag]

  init(
    revision: Int = 0, flags: [String: Flag] = [:], segments: [String: CompiledSegment] = [:], names: AttributeNames = AttributeNames()
  ) {
    self.names = names
    self.revision = revision
    self.flags = flags
    self.segments = segments
    ordered = flags.values.sorted { $0.id < $1.id }
    planned = ordered.filter { !$0.definition.schedule.isEmpty }
  }

  func evaluate(_ flag: Flag, for context: EvaluationContext) -> Evaluation {
    guard flag.definition.isOn, unmet(flag, context) == nil else {
      return Evaluation(variation: flag.off, reason: .disabled, isOff: true)
    }
    if let key = context.key, let variation = flag.users[key] { return Evaluation(variation: variation, reason: .targetingMatch) }
    if let group = flag.groups.first(where: { context.groups.contains($0.name) }) {
      return Evaluation(variation: group.variation, reason: .targetingMatch)
    }
    for (index, start) in flag.rules.enumerated() where flag.conditions.hold(at: start, for: context, in: self) {
      return choose(flag.choices[index], context, .targetingMatch)
    }
    return choose(flag.otherwise, context, flag.standing)
  }

  /// The first prerequisite that is not met.
  func unmet(_ flag: Flag, _ context: EvaluationContext) -> FlagDefinition.Prerequisite? {
    flag.definition.prerequisites.first { wanted in
      guard let other = flags[wanted.flag] else { return true }
      return other.definition.variations[evaluate(other, for: context).variation].name != wanted.variation
    }
  }

  func choose(_ choice: Flag.Choice, _ context: EvaluationContext, _ reason: Reason) -> Evaluation {
    switch choice {
    case .variation(let variation): return Evaluation(variation: variation, reason: reason)
    case .rollout(let rollout):
      guard context.key != nil else { return Evaluation(variation: rollout.first, reason: .default) }
      return Evaluation(variation: rollout.variation(for: context.digest), reason: .split)
    }
  }

  func isInSegment(_ name: String, _ context: EvaluationContext) -> Bool {
    guard let segment = segments[name] else { return false }
    if let key = context.key {
      if segment.excluded.contains(key) { return false }
      if segment.users.contains(key) { return true }
    }
    return segment.hasCondition && segment.conditions.hold(at: 0, for: context, in: self)
  }
}

/// A segment made ready to be asked.
final class CompiledSegment: Sendable {
  let segment: Segment
  let version: Int
  /// As the admin routes send it.
  let json: [UInt8]
  let users: Set<String>
  let excluded: Set<String>
  /// One at 0, or none.
  let conditions: Conditions
  let hasCondition: Bool

  /// Of the bytes of a record. Throws as `Flag.init`.
  init(_ json: [UInt8], _ names: inout AttributeNames) throws {
    let object = try JSONValue(parsing: json).object ?? JSONObject()
    segment = try Segment(name: object["name"]?.string ?? "", object)
    version = object["version"]?.integer ?? 1
    self.json = json
    users = Set(segment.users)
    excluded = Set(segment.excluded)
    var conditions = Conditions()
    hasCondition = segment.condition.map { conditions.add($0, &names) } != nil
    self.conditions = conditions
  }
}
