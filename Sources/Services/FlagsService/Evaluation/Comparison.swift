import JSONBytes

/// What one attribute is compared with. An attribute that is absent meets nothing, not even `ne` and `not_in`.
enum Comparison: Sendable {
  case text(String)
  case among(Operands)
  case notAmong(Operands)
  case contains([UInt8])
  case startsWith([UInt8])
  case endsWith([UInt8])
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
    case .contains: self = .contains(Self.bytes(value))
    case .startsWith: self = .startsWith(Self.bytes(value))
    case .endsWith: self = .endsWith(Self.bytes(value))
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

  private static func bytes(_ value: JSONValue) -> [UInt8] { Array((value.string ?? "").utf8) }
  private static func number(_ order: Order, _ value: JSONValue) -> Comparison { value.number.map { .number(order, $0) } ?? .never }
  private static func version(_ order: Order, _ value: JSONValue) -> Comparison {
    value.string.flatMap(SemanticVersion.init).map { .version(order, $0) } ?? .never
  }

  func holds(for attribute: Attribute) -> Bool {
    if case .list(let elements) = attribute.value {
      switch self {
      case .notAmong(let operands): return !elements.contains { operands.contain($0) }
      case .contains(let text): return elements.contains { $0.bytes == text }
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
    case .contains(let part): attribute.bytes?.contains(part) ?? false
    case .startsWith(let start): attribute.bytes?.has(start, at: 0) ?? false
    case .endsWith(let end): attribute.bytes.map { $0.has(end, at: $0.count - end.count) } ?? false
    case .number(let order, let bound): attribute.number.map { order.holds($0, bound) } ?? false
    case .version(let order, let bound): attribute.version.map { order.holds($0, bound) } ?? false
    case .instant(let order, let bound): attribute.instant.map { order.holds($0, bound) } ?? false
    case .never: false
    }
  }
}

extension Array<UInt8> {
  /// Whether `part` stands at `start`, which may be outside.
  fileprivate func has(_ part: [UInt8], at start: Int) -> Bool {
    guard start >= 0, start + part.count <= count else { return false }
    for offset in 0..<part.count where self[start + offset] != part[offset] { return false }
    return true
  }

  fileprivate func contains(_ part: [UInt8]) -> Bool {
    part.count <= count && (0...count - part.count).contains { has(part, at: $0) }
  }
}

/// Texts, numbers and booleans to be equal to.
struct Operands: Sendable {
  private enum Operand: Hashable {
    case text(String)
    case number(Double)
    case flag(Bool)
  }
  private let operands: Set<Operand>

  init(_ values: [JSONValue]) {
    operands = Set(
      values.compactMap { value in
        value.string.map(Operand.text) ?? value.number.map(Operand.number) ?? value.bool.map(Operand.flag)
      })
  }

  func contain(_ attribute: Attribute) -> Bool {
    switch attribute.value {
    case .text(let text): operands.contains(.text(text))
    case .number(let number): operands.contains(.number(number))
    case .bool(let flag): operands.contains(.flag(flag))
    case .word(let text):
      operands.contains(.text(text)) || attribute.number.map { operands.contains(.number($0)) } ?? false
        || Bool(text).map { operands.contains(.flag($0)) } ?? false
    case .list: false
    }
  }
}
