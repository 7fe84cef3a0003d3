import JSONBytes

/// Text inside HTML or XML.
enum Markup {
  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
  }
}

extension JSONValue {
  /// Follows a `$ref` into `document`.
  func resolved(in document: JSONValue) -> JSONValue {
    guard let reference = self["$ref"]?.string, reference.hasPrefix("#/") else { return self }
    return reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] ?? .null }
  }
}
