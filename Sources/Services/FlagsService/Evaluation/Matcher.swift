import JSONBytes

/// A condition, made ready to be tried often.
indirect enum Matcher: Sendable {
  case test(AttributeName, Comparison)
  case segment(String)
  case all([Matcher])
  case any([Matcher])

  init(_ condition: Condition) {
    switch condition {
    case .all(let conditions): self = .all(conditions.map(Matcher.init))
    case .any(let conditions): self = .any(conditions.map(Matcher.init))
    case .test(let test):
      self = test.op == .inSegment ? .segment(test.value.string ?? "") : .test(AttributeName(test.attribute), Comparison(test))
    }
  }
}

/// What one attribute is compared with. An attribute that is absent meets nothing, not even `ne` and `not_in`.
enum Comparison: Sendable {
  case text(String)
  case among(Operands)
  case notAmong(Operands)
  case contains(String)
  case startsWith(String)
  case endsWith(String)
  case number(Order, Double)
  case version(Order, SemanticVersion)
  case instant(Order, Double)
  /// Of a value that is none for its operator; definitions are checked, so none is made.
  case never

  enum Order: Sendable {
    case less, lessOrEqual, equal, greaterOrEqual, greater

    func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
      switch self {
      case .less: a < b
      case .lessOrEqual: a <= b
      case .equal: a == b
      case .greaterOrEqual: a >= b
      case .greater: a > b
      }
    }
  }

  init(_ test: Condition.Test) {
    let value = test.value
    switch test.op {
    case .eq: self = value.string.map(Comparison.text) ?? .among(Operands([value]))
    case .ne: self = .notAmong(Operands([value]))
    case .isIn: self = .among(Operands(value.array ?? []))
    case .notIn: self = .notAmong(Operands(value.array ?? []))
    case .contains: self = value.string.map(Comparison.contains) ?? .never
    case .startsWith: self = value.string.map(Comparison.startsWith) ?? .never
    case .endsWith: self = value.string.map(Comparison.endsWith) ?? .never
    case .lt: self = Self.number(.less, value)
    case .lte: self = Self.number(.lessOrEqual, value)
    case .gt: self = Self.number(.greater, value)
    case .gte: self = Self.number(.greaterOrEqual, value)
    case .semverEqual: self = Self.version(.equal, value)
    case .semverLess: self = Self.version(.less, value)
    case .semverLessOrEqual: self = Self.version(.lessOrEqual, value)
    case .semverGreater: self = Self.version(.greater, value)
    case .semverGreaterOrEqual: self = Self.version(.greaterOrEqual, value)
    case .before: self = Instant.seconds(value).map { .instant(.less, $0) } ?? .never
    case .after: self = Instant.seconds(value).map { .instant(.greater, $0) } ?? .never
    case .inSegment: self = .never
    }
  }

  private static func number(_ order: Order, _ value: JSONValue) -> Comparison { value.number.map { .number(order, $0) } ?? .never }
  private static func version(_ order: Order, _ value: JSONValue) -> Comparison {
    value.string.flatMap(SemanticVersion.init).map { .version(order, $0) } ?? .never
  }

  func holds(for attribute: Attribute) -> Bool {
    if case .list(let elements) = attribute {
      switch self {
      case .notAmong(let operands): return !elements.contains { operands.contain($0) }
      case .contains(let text): return elements.contains { $0.text == text }
      default: return elements.contains { holdsForOne($0) }
      }
    }
    return holdsForOne(attribute)
  }

  private func holdsForOne(_ attribute: Attribute) -> Bool {
    switch self {
    case .text(let wanted): attribute.text == wanted
    case .among(let operands): operands.contain(attribute)
    case .notAmong(let operands): !operands.contain(attribute)
    case .contains(let part): attribute.text?.contains(part) ?? false
    case .startsWith(let start): attribute.text?.hasPrefix(start) ?? false
    case .endsWith(let end): attribute.text?.hasSuffix(end) ?? false
    case .number(let order, let bound): attribute.number.map { order.holds($0, bound) } ?? false
    case .version(let order, let bound): attribute.text.flatMap(SemanticVersion.init).map { order.holds($0, bound) } ?? false
    case .instant(let order, let bound): attribute.instant.map { order.holds($0, bound) } ?? false
    case .never: false
    }
  }
}

extension Attribute {
  fileprivate var number: Double? {
    switch self {
    case .number(let number): number
    case .word(let text): Double(text)
    case .text, .bool, .list: nil
    }
  }

  fileprivate var instant: Double? {
    if case .number(let seconds) = self { return seconds }
    return text.flatMap(Instant.seconds)
  }
}

/// Texts, numbers and booleans to be equal to.
struct Operands: Sendable {
  private var texts: Set<String> = []
  private var numbers: Set<Double> = []
  private var flags: Set<Bool> = []

  init(_ values: [JSONValue]) {
    for value in values {
      if let text = value.string { texts.insert(text) }
      if let number = value.number { numbers.insert(number) }
      if let flag = value.bool { flags.insert(flag) }
    }
  }

  func contain(_ attribute: Attribute) -> Bool {
    switch attribute {
    case .text(let text): texts.contains(text)
    case .number(let number): numbers.contains(number)
    case .bool(let flag): flags.contains(flag)
    case .word(let text):
      texts.contains(text) || !numbers.isEmpty && Double(text).map(numbers.contains) ?? false
        || !flags.isEmpty && (text == "true" && flags.contains(true) || text == "false" && flags.contains(false))
    case .list: false
    }
  }
}
