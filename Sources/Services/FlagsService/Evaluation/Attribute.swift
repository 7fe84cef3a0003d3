import JSONBytes

/// A value of a context, as conditions look at it. What it can be read as is read once: many tests ask. Belongs to one context.
final class Attribute {
  enum Value {
    case text(String)
    case number(Double)
    case bool(Bool)
    /// Of a query: text that may as well be meant as a number or a boolean.
    case word(String)
    /// A condition holds for a list when it holds for one of its elements.
    case list([Attribute])
  }

  let value: Value
  private(set) lazy var bytes = text.map { Array($0.utf8) }
  private(set) lazy var version = text.flatMap(SemanticVersion.init)
  /// Epoch seconds.
  private(set) lazy var instant = readInstant()

  init(_ value: Value) { self.value = value }

  /// Nil for null and for objects.
  convenience init?(_ value: JSONValue) {
    switch value {
    case .string(let text): self.init(Value.text(text))
    case .integer(let number): self.init(Value.number(Double(number)))
    case .number(let number): self.init(Value.number(number))
    case .bool(let flag): self.init(Value.bool(flag))
    case .array(let elements): self.init(Value.list(elements.compactMap { Attribute($0) }))
    case .null, .object: return nil
    }
  }

  var text: String? {
    switch value {
    case .text(let text), .word(let text): text
    case .number, .bool, .list: nil
    }
  }

  var number: Double? {
    switch value {
    case .number(let number): number
    case .word(let text): Double(text)
    case .text, .bool, .list: nil
    }
  }

  private func readInstant() -> Double? {
    if case .number(let seconds) = value { return seconds }
    return text.flatMap(Instant.seconds)
  }
}

/// An attribute's name; with dots it also finds members of objects.
struct AttributeName: Sendable {
  let text: String
  /// Empty for a name without dots.
  let path: [String]

  init(_ text: String) {
    self.text = text
    let parts = text.split(separator: ".").map(String.init)
    path = parts.count > 1 ? parts : []
  }
}

/// The names that the conditions of a snapshot ask for. Each has a place, so that a context looks it up once, not for every test.
struct AttributeNames: Sendable {
  private(set) var all: [AttributeName] = []
  private var places: [String: Int] = [:]

  /// The place of `name`, which has one from now on.
  mutating func place(of name: String) -> Int {
    if let place = places[name] { return place }
    places[name] = all.count
    all.append(AttributeName(name))
    return all.count - 1
  }
}
