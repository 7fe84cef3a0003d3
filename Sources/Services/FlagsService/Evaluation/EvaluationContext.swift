import JSONBytes

/// A value of the context, as conditions look at it.
indirect enum Attribute: Sendable {
  case text(String)
  case number(Double)
  case bool(Bool)
  /// Of a query: text that may as well be meant as a number or a boolean.
  case word(String)
  /// A condition holds for a list when it holds for one of its elements.
  case list([Attribute])

  /// Nil for null and for objects.
  init?(_ value: JSONValue) {
    switch value {
    case .string(let text): self = .text(text)
    case .integer(let number): self = .number(Double(number))
    case .number(let number): self = .number(number)
    case .bool(let flag): self = .bool(flag)
    case .array(let elements): self = .list(elements.compactMap(Attribute.init))
    case .null, .object: return nil
    }
  }

  var text: String? {
    switch self {
    case .text(let text), .word(let text): text
    case .number, .bool, .list: nil
    }
  }
}

/// Whom a flag is evaluated for. Made and used by one request.
final class EvaluationContext {
  /// The user; nil when nobody is named.
  let key: String?
  /// The `role` and the `groups` attribute.
  let groups: [String]
  private var attributes: [String: Attribute]
  private let object: JSONObject
  /// What roll-outs know the user by.
  private(set) lazy var digest = Rollout.digest(of: key ?? "")

  private init(key: String?, attributes: [String: Attribute], object: JSONObject) {
    self.key = key
    self.object = object
    self.attributes = attributes
    if let key {
      for name in ["user", "targetingKey"] where attributes[name] == nil { self.attributes[name] = .text(key) }
    }
    groups = ["role", "groups"].compactMap { attributes[$0] }.flatMap { attribute -> [String] in
      if case .list(let elements) = attribute { return elements.compactMap(\.text) }
      return attribute.text.map { [$0] } ?? []
    }
  }

  /// Of a JSON context: the user is `targetingKey`, else `user`; an empty one names nobody.
  convenience init(_ object: JSONObject) {
    let key = object["targetingKey"]?.string ?? object["user"]?.string
    var attributes: [String: Attribute] = [:]
    attributes.reserveCapacity(object.members.count + 2)
    for member in object.members { attributes[member.name] = Attribute(member.value) }
    self.init(key: key?.isEmpty == true ? nil : key, attributes: attributes, object: object)
  }

  /// Of a query; a name given several times is a list, and so is `groups` with commas.
  convenience init(query items: [(name: String, value: String)]) {
    var attributes: [String: Attribute] = [:]
    for (name, value) in items {
      let words: [Attribute] = name == "groups" ? value.split(separator: ",").map { .word(String($0)) } : [.word(value)]
      switch attributes[name] {
      case .list(let earlier)?: attributes[name] = .list(earlier + words)
      case let earlier?: attributes[name] = .list([earlier] + words)
      case nil: attributes[name] = words.count == 1 ? words[0] : .list(words)
      }
    }
    let key = items.first { $0.name == "user" }?.value
    self.init(key: key?.isEmpty == true ? nil : key, attributes: attributes, object: JSONObject())
  }

  subscript(name: AttributeName) -> Attribute? {
    if let found = attributes[name.text] { return found }
    guard let first = name.path.first, var value = object[first] else { return nil }
    for step in name.path.dropFirst() {
      guard let next = value[step] else { return nil }
      value = next
    }
    return Attribute(value)
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
