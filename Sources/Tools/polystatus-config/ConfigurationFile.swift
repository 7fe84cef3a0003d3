import JSONBytes
import StatusModel
import Yams

/// The things a file lists, by section; a section that is not there says nothing.
struct ConfigurationFile {
  private(set) var items: [String: [JSONValue]] = [:]

  init(_ items: [String: [JSONValue]]) { self.items = items }

  // MARK: - Reading

  /// Throws what is wrong with the text, all of it.
  init(reading text: String) throws(Problem) {
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch { throw Problem("The file is no YAML: \(error)") }
    guard let root else { throw Problem("The file is empty. ./polystatus export prints one.") }
    guard case .mapping(let mapping) = root else { throw Problem("The file must have sections: \(Self.names).") }
    var problems: [String] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string, let section = Section.all.first(where: { $0.name == name }) else {
        problems.append("There is no section \(key.scalar?.string ?? "of that name"). There are: \(Self.names).")
        continue
      }
      items[name] = Self.read(value, section, &problems)
    }
    if !problems.isEmpty { throw Problem(problems.joined(separator: "\n")) }
  }

  private static var names: String { Section.all.map(\.name).joined(separator: ", ") }

  private static func read(_ node: Node, _ section: Section, _ problems: inout [String]) -> [JSONValue] {
    let value = node.json
    guard let elements = value == .null ? [] : value.array else {
      problems.append("\(section.name): must be a list.")
      return []
    }
    var items: [JSONValue] = []
    var known: Set<String> = []
    for (index, element) in elements.enumerated() {
      guard var item = element.object, section.identity.allSatisfy({ item[$0] != nil && item[$0] != .null }) else {
        problems.append("\(section.name)[\(index)]: must have \(section.identity.joined(separator: " and ")).")
        continue
      }
      for name in section.times where item[name] != nil {
        if let text = item[name]?.string { item[name] = ISO8601.milliseconds(text).map { .integer(Int($0 / 1000)) } ?? item[name] }
        if item[name]?.integer == nil { problems.append("\(section.name)[\(index)]: \(name) must be a time such as 2030-01-31T09:30:00Z.") }
      }
      for member in item.members where !section.members.contains(member.name) {
        problems.append(
          "\(section.name)[\(index)]: a \(section.one) has no \(member.name); it has \(section.members.joined(separator: ", ")).")
      }
      if !known.insert(section.key(of: .object(item))).inserted { problems.append("\(section.title(of: .object(item))) is listed twice.") }
      items.append(.object(item))
    }
    return items
  }

  // MARK: - Writing

  /// As YAML, each thing with the members that say something.
  func text() throws(Problem) -> String {
    var sections: [(Node, Node)] = []
    for section in Section.all {
      let listed = (items[section.name] ?? []).map { item in
        Node(
          section.members.compactMap { name -> (Node, Node)? in
            guard let value = item[name], !value.isNothing else { return nil }
            let shown = section.times.contains(name) ? value.asTime : value
            return (Node(shown: name), shown.node)
          })
      }
      sections.append((Node(shown: section.name), Node(listed)))
    }
    do { return try Yams.serialize(node: Node(sections), allowUnicode: true) } catch {
      throw Problem("The file cannot be written: \(error)")
    }
  }
}

extension JSONValue {
  fileprivate var isNothing: Bool { self == .null || self == "" || self == [] || self == [:] }

  /// Epoch seconds as ISO 8601.
  fileprivate var asTime: JSONValue {
    integer.map { .string(ISO8601.text(milliseconds: Int64($0) * 1000)) } ?? self
  }

  fileprivate var node: Node {
    switch self {
    case .string(let text): Node(shown: text)
    case .array(let elements): Node(elements.map(\.node))
    case .object(let object): Node(object.members.map { (Node(shown: $0.name), $0.value.node) })
    default: Node(text, Tag(.implicit), .plain)
    }
  }
}

extension Node {
  /// A text, quoted where a reader might take it for something else.
  fileprivate init(shown text: String) {
    let isPlain = Self.json(ofPlain: text) == .string(text) && !Self.oldBooleans.contains(text.lowercased())
    self.init(text, Tag(.implicit), text.contains("\n") ? .literal : isPlain ? .any : .doubleQuoted)
  }

  /// What YAML 1.1 takes for true and false besides.
  private static let oldBooleans: Set = ["y", "n", "yes", "no", "on", "off"]

  /// As the core schema of YAML 1.2 reads it: `on` is a text.
  fileprivate var json: JSONValue {
    switch self {
    case .scalar(let scalar): scalar.style == .plain || scalar.style == .any ? Self.json(ofPlain: scalar.string) : .string(scalar.string)
    case .sequence(let elements): .array(elements.map(\.json))
    case .mapping(let members): .object(JSONObject(members.map { ($0.key.scalar?.string ?? "", $0.value.json) }))
    case .alias: .null
    }
  }

  private static func json(ofPlain text: String) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: break
    }
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || first == UInt8(ascii: ".") || first &- 0x30 < 10 else {
      return .string(text)
    }
    if let number = Int(text) { return .integer(number) }
    if let number = Double(text), number.isFinite { return .number(number) }
    return .string(text)
  }
}
