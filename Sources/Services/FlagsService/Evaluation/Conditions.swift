import JSONBytes

/// Conditions of one flag or segment, made ready to be tried often: side by side in few arrays, so that trying them follows no pointers.
struct Conditions: Sendable {
  private enum Step {
    /// Of `tests`.
    case test(Int)
    /// Of `segments`.
    case segment(Int)
    /// The parts follow; `end` is the step after them.
    case all(end: Int)
    case any(end: Int)
  }
  private struct Test {
    /// The attribute's, in the names of the snapshot.
    let place: Int
    let comparison: Comparison
  }
  private var steps: [Step] = []
  private var tests: [Test] = []
  private var segments: [String] = []

  /// The step at which `condition` begins from now on.
  mutating func add(_ condition: Condition, _ names: inout AttributeNames) -> Int {
    let start = steps.count
    switch condition {
    case .test(let test) where test.op == .inSegment:
      steps.append(.segment(segments.count))
      segments.append(test.value.string ?? "")
    case .test(let test):
      steps.append(.test(tests.count))
      tests.append(Test(place: names.place(of: test.attribute), comparison: Comparison(test)))
    case .all(let parts):
      steps.append(.all(end: start))
      for part in parts { _ = add(part, &names) }
      steps[start] = .all(end: steps.count)
    case .any(let parts):
      steps.append(.any(end: start))
      for part in parts { _ = add(part, &names) }
      steps[start] = .any(end: steps.count)
    }
    return start
  }

  /// Whether the condition that begins at `start` holds.
  func hold(at start: Int, for context: EvaluationContext, in snapshot: Snapshot) -> Bool {
    switch steps[start] {
    case .test(let index):
      guard let attribute = context.attribute(at: tests[index].place, of: snapshot) else { return false }
      return tests[index].comparison.holds(for: attribute)
    case .segment(let index): return snapshot.isInSegment(segments[index], context)
    case .all(let end): return !parts(after: start, to: end) { !hold(at: $0, for: context, in: snapshot) }
    case .any(let end): return parts(after: start, to: end) { hold(at: $0, for: context, in: snapshot) }
    }
  }

  /// Whether `condition` is true of one of the parts, which are tried in order.
  private func parts(after start: Int, to end: Int, contain condition: (Int) -> Bool) -> Bool {
    var part = start + 1
    while part < end {
      if condition(part) { return true }
      switch steps[part] {
      case .all(let next), .any(let next): part = next
      case .test, .segment: part += 1
      }
    }
    return false
  }
}
