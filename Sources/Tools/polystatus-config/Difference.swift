import JSONBytes

/// What a file wants otherwise than a cluster has it.
enum Difference {
  case add(Section, JSONValue)
  case change(Section, JSONValue, from: JSONValue, members: [String])
  case remove(Section, JSONValue)

  /// In the order they can be carried out; and how many things are as they should be.
  static func all(
    _ file: ConfigurationFile, _ cluster: [String: [JSONValue]], prunes: Bool
  ) -> (differences: [Difference], unchanged: Int) {
    var found: [Difference] = []
    var removals: [Difference] = []
    var unchanged = 0
    for section in Section.all {
      guard let wanted = file.items[section.name] else { continue }
      let there = Dictionary((cluster[section.name] ?? []).map { (section.key(of: $0), $0) }) { first, _ in first }
      for item in wanted {
        guard let current = there[section.key(of: item)] else {
          found.append(.add(section, item))
          continue
        }
        let members = (item.object?.members ?? []).filter { member in
          !section.identity.contains(member.name) && !covers(member.value, current[member.name] ?? .null)
        }
        if members.isEmpty { unchanged += 1 } else { found.append(.change(section, item, from: current, members: members.map(\.name))) }
      }
      let kept = Set(wanted.map(section.key))
      for item in cluster[section.name] ?? [] where prunes && section.isOurs(item) && !kept.contains(section.key(of: item)) {
        removals.insert(.remove(section, item), at: 0)
      }
    }
    return (found + removals, unchanged)
  }

  /// Whether what there is says all that is wanted. Members that are not named are as they may be; a dependency's bare name stands for an
  /// object that is `on` it and nothing more.
  static func covers(_ wanted: JSONValue, _ there: JSONValue) -> Bool {
    switch (wanted, there) {
    case (.object(let members), .object): members.members.allSatisfy { covers($0.value, there[$0.name] ?? .null) }
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy(covers)
    case (.string, .object(let object)):
      object["on"] == wanted && ["effect", "level"].allSatisfy { [nil, "note", "A"].contains(object[$0]) }
    case (.string(let a), .string(let b)): trimmed(a) == trimmed(b)
    case (.null, _): [.null, "", [], [:]].contains(there)
    case (.integer, .number), (.number, .integer): wanted.number == there.number
    default: wanted == there || there == .null && ["", [], [:]].contains(wanted)
    }
  }

  /// Services cut the blanks around a text.
  private static func trimmed(_ text: String) -> Substring {
    let start = text.drop(while: \.isWhitespace)
    return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? ""
  }

  var line: String {
    switch self {
    case .add(let section, let item): "+ \(section.title(of: item))"
    case .remove(let section, let item): "- \(section.title(of: item))"
    case .change(let section, let item, let current, let members):
      "~ \(section.title(of: current))"
        + members.map { "\n    \($0): \(Self.short(current[$0])) → \(Self.short(item[$0]))" }.joined()
    }
  }

  private static func short(_ value: JSONValue?) -> String {
    let text = (value ?? .null).text
    return text.count > 100 ? "\(text.prefix(99))…" : text
  }
}
