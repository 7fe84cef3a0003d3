import HTTPServer
import JSONBytes
import ServiceRuntime
import StatusModel

/// A component to be added, read and checked.
struct NewComponent: Sendable {
  var key: String
  var name: String
  var description: String
  var group: String?
  /// Nil: after all there are.
  var position: Int?
  var show: Component.Show
  var dependencies: [ComponentDependency]
  var override: Component.Override?
}

/// What is nil, or kept, stays as it is.
struct ComponentChange: Sendable {
  enum Text: Sendable { case keep, none, set(String) }
  enum Override: Sendable { case keep, none, set(Component.Override) }
  var name: String?
  var description: String?
  var group = Text.keep
  var position: Int?
  var show: Component.Show?
  var dependencies: [ComponentDependency]?
  var override = Override.keep
}

extension NewComponent {
  /// Throws `Failure.invalid` with everything that cannot be accepted. `now` in epoch seconds.
  init(_ body: consuming FieldReader, now: Int) throws(Failure) {
    key = body.string("key", 1...64)
    if !key.isEmpty, !ComponentKey.isValid(key) {
      body.refuse("key", "must have letters, digits, '.', '_' and '-', beginning with a letter or digit")
    }
    name = body.string("name", StatusBounds.componentName)
    description = body.optionalString("description", StatusBounds.description) ?? ""
    group = body.optionalString("group", StatusBounds.group).flatMap { $0.isEmpty ? nil : $0 }
    position = body.optionalInteger("position", StatusBounds.position)
    show = body.show() ?? .always
    dependencies = body.dependencies() ?? []
    override = body.override(now: now)
    try body.check()
  }
}

extension ComponentChange {
  /// Throws `Failure.invalid` with everything that cannot be accepted. `now` in epoch seconds.
  init(_ body: consuming FieldReader, now: Int) throws(Failure) {
    name = body.optionalString("name", StatusBounds.componentName)
    description = body.optionalString("description", StatusBounds.description)
    if body.has("group") {
      let text = body.optionalString("group", StatusBounds.group) ?? ""
      group = text.isEmpty ? .none : .set(text)
    }
    position = body.optionalInteger("position", StatusBounds.position)
    show = body.show()
    dependencies = body.dependencies()
    if body.has("status_override") { override = body.override(now: now).map { .set($0) } ?? .none }
    try body.check()
  }
}

enum ComponentKey {
  static func isValid(_ key: String) -> Bool {
    func isWord(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 }
    guard let first = key.utf8.first, isWord(first), key.utf8.count <= 64 else { return false }
    return key.utf8.allSatisfy { isWord($0) || ".-_".utf8.contains($0) }
  }
}

extension FieldReader {
  fileprivate mutating func show() -> Component.Show? {
    optionalChoice("show", Component.Show.allCases.map(\.rawValue)).flatMap(Component.Show.init)
  }

  fileprivate mutating func dependencies() -> [ComponentDependency]? {
    guard let values = optionalArray("depends_on", count: StatusBounds.dependencies) else { return nil }
    var found: [ComponentDependency] = []
    for (index, value) in values.enumerated() {
      let name = "depends_on[\(index)]"
      if value.string != nil {
        var reader = FieldReader(JSONObject([(name, value)]))
        found.append(ComponentDependency(on: reader.string(name, StatusBounds.dependency), effect: .note, minImpact: .minor))
        refuse(reader.problems)
      } else if let object = value.object {
        var reader = FieldReader(object, prefix: "\(name).")
        let on = reader.string("on", StatusBounds.dependency)
        let effect = ComponentDependency.Effect(rawValue: reader.choice("effect", ComponentDependency.Effect.allCases.map(\.rawValue)))
        let least = reader.optionalChoice("min_impact", Impact.allCases.map(\.rawValue)).flatMap(Impact.init)
        found.append(ComponentDependency(on: on, effect: effect ?? .note, minImpact: least ?? (effect == .state ? .major : .minor)))
        refuse(reader.problems)
      } else {
        refuse(name, "must be a string or an object")
      }
    }
    if Set(found.map(\.id)).count < found.count { refuse("depends_on", "names something twice") }
    return found
  }

  fileprivate mutating func override(now: Int) -> Component.Override? {
    guard let object = optionalObject("status_override") else { return nil }
    var reader = FieldReader(object, prefix: "status_override.")
    let status = reader.choice("status", ComponentStatus.allCases.map(\.rawValue))
    let reason = reader.string("reason", StatusBounds.reason)
    let until = reader.optionalInteger("until", StatusBounds.time)
    if let until, until <= now { reader.refuse("until", "must be in the future") }
    refuse(reader.problems)
    return Component.Override(status: ComponentStatus(rawValue: status) ?? .operational, reason: reason, until: until)
  }
}
