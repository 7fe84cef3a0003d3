import JSONBytes
import StatusModel

// What a definition says of other flags and of segments, checked against the ones there are.

extension Snapshot {
  /// Throws `Failure.invalid` with every reference that does not hold. True of the snapshot's revision only.
  func check(_ flag: FlagDefinition) throws(Failure) {
    var problems: [FieldProblem] = []
    func refuse(_ field: String, _ message: String) { problems.append(FieldProblem(field: field, message: message)) }
    for (index, wanted) in flag.prerequisites.enumerated() {
      let path = "prerequisites[\(index)]"
      guard let other = flags[wanted.flag] else {
        refuse("\(path).flag", "must be a flag that exists; there is no \(wanted.flag)")
        continue
      }
      if !other.definition.variations.contains(where: { $0.name == wanted.variation }) {
        refuse("\(path).variation", "must be a variation of \(wanted.flag)")
      }
      if let circle = way(from: wanted.flag, to: flag.id) {
        refuse("\(path).flag", "makes a circle: \(([flag.id] + circle).joined(separator: " → "))")
      }
    }
    for (path, name) in flag.namedSegments where segments[name] == nil {
      refuse("\(path).value", "must be a segment that exists; there is no \(name)")
    }
    for other in dependents(of: flag.id) {
      for wanted in other.definition.prerequisites where wanted.flag == flag.id {
        if flag.variations.contains(where: { $0.name == wanted.variation }) { continue }
        refuse("variations", "must keep \(wanted.variation): it is a prerequisite of \(other.id)")
      }
    }
    if problems.isEmpty, !flag.prerequisites.isEmpty, let other = tooDeep(with: flag) {
      refuse("prerequisites", "make \(other) depend on more than \(Bounds.evaluations) evaluations of flags")
    }
    if !problems.isEmpty { throw .invalid(problems) }
  }

  /// The flags that have this one as a prerequisite, by id.
  func dependents(of id: String) -> [Flag] {
    ordered.filter { $0.definition.prerequisites.contains { $0.flag == id } }
  }

  /// The flags that name this segment, by id.
  func flags(naming segment: String) -> [Flag] { ordered.filter { $0.definition.segments.contains(segment) } }

  /// The flags that lead from one to the other by prerequisites, both included.
  private func way(from start: String, to end: String) -> [String]? {
    var seen: Set<String> = [start]
    var ways = [[start]]
    while let way = ways.popLast() {
      guard let last = way.last else { break }
      if last == end { return way }
      for next in flags[last]?.definition.prerequisites ?? [] where seen.insert(next.flag).inserted { ways.append(way + [next.flag]) }
    }
    return nil
  }

  /// A flag that would take too many evaluations, were `flag` so.
  private func tooDeep(with flag: FlagDefinition) -> String? {
    var counts: [String: Int] = [:]
    func count(_ id: String) -> Int {
      if let known = counts[id] { return known }
      let prerequisites = id == flag.id ? flag.prerequisites : flags[id]?.definition.prerequisites ?? []
      let count = min(1_000_000, prerequisites.reduce(1) { $0 + count($1.flag) })
      counts[id] = count
      return count
    }
    return ([flag.id] + flags.keys).first { count($0) > Bounds.evaluations }
  }
}

extension FlagDefinition {
  /// The segments that are named, with the path of the condition.
  fileprivate var namedSegments: [(path: String, name: String)] {
    var named = rules.enumerated().flatMap { $1.condition.namedSegments("rules[\($0)].if") }
    for (index, plan) in schedule.enumerated() {
      guard plan.change["rules"] != nil, let then = try? FlagDefinition(applying: plan.change, to: self) else { continue }
      named += then.rules.enumerated().flatMap { $1.condition.namedSegments("schedule[\(index)].change.rules[\($0)].if") }
    }
    return named
  }
}

extension Condition {
  fileprivate func namedSegments(_ path: String) -> [(path: String, name: String)] {
    switch self {
    case .test(let test): test.op == .inSegment ? [(path, test.value.string ?? "")] : []
    case .all(let conditions): conditions.enumerated().flatMap { $1.namedSegments("\(path).all[\($0)]") }
    case .any(let conditions): conditions.enumerated().flatMap { $1.namedSegments("\(path).any[\($0)]") }
    }
  }
}
