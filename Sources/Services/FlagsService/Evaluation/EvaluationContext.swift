import JSONBytes

/// Whom a flag is evaluated for. Made and used by one request, and with one snapshot.
final class EvaluationContext {
  /// The user; nil when nobody is named.
  let key: String?
  /// The `role` and the `groups` attribute.
  let groups: [String]
  private var attributes: [String: Attribute]
  private let object: JSONObject
  /// What roll-outs know the user by.
  private(set) lazy var digest = Rollout.digest(of: key ?? "")

  /// What was found at a place of the snapshot's names.
  private enum Slot {
    case untried
    case absent
    case found(Attribute)
  }
  private var slots: [Slot] = []

  private init(key: String?, attributes: [String: Attribute], object: JSONObject) {
    self.key = key
    self.object = object
    self.attributes = attributes
    if let key {
      for name in ["user", "targetingKey"] where attributes[name] == nil { self.attributes[name] = Attribute(.text(key)) }
    }
    groups = ["role", "groups"].compactMap { attributes[$0] }.flatMap { attribute -> [String] in
      if case .list(let elements) = attribute.value { return elements.compactMap(\.text) }
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
      let words = name == "groups" ? value.split(separator: ",").map { Attribute(.word(String($0))) } : [Attribute(.word(value))]
      switch attributes[name]?.value {
      case .list(let earlier)?: attributes[name] = Attribute(.list(earlier + words))
      case let earlier?: attributes[name] = Attribute(.list([Attribute(earlier)] + words))
      case nil: attributes[name] = words.count == 1 ? words[0] : Attribute(.list(words))
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

  /// The attribute whose name is at `place` of the snapshot's.
  func attribute(at place: Int, of snapshot: Snapshot) -> Attribute? {
    if slots.isEmpty { slots.append(contentsOf: repeatElement(.untried, count: snapshot.names.all.count)) }
    switch slots[place] {
    case .found(let attribute): return attribute
    case .absent: return nil
    case .untried:
      let attribute = self[snapshot.names.all[place]]
      slots[place] = attribute.map(Slot.found) ?? .absent
      return attribute
    }
  }
}
