import Foundation
import JSONBytes
import Signing

/// A JSON Schema (draft 7), as far as docs/schemas needs it: a keyword it does not know is a problem of the schema.
struct JSONSchema {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/schemas").standardized

  private let root: JSONValue

  /// Nil when there is no such file, or it is no JSON.
  init?(_ file: String) {
    guard let data = try? Data(contentsOf: Self.folder.appending(path: file)), let root = try? JSONValue(parsing: Array(data)) else {
      return nil
    }
    self.root = root
  }

  /// What `value` breaks, each with its place.
  func problems(of value: JSONValue) -> [String] { check(value, root, "") }

  private func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
    guard let keywords = schema.object?.members else { return ["\(place): the schema is no object"] }
    return keywords.compactMap { keyword in
      problem(with: value, keyword.name, keyword.value, schema).map { "\(place.isEmpty ? "the whole" : place) \($0)" }
    } + nested(value, schema, place)
  }

  /// What one keyword finds, apart from what lies deeper; nil for none.
  private func problem(with value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONValue) -> String? {
    var problem: String?
    switch keyword {
    case "$schema", "$id", "title", "description", "definitions", "properties", "items", "$ref": break
    case "type":
      let types = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
      if !types.contains(where: { Self.is(value, $0) }) { problem = "is no \(types.joined(separator: " or "))" }
    case "enum": if rule.array?.contains(value) != true { problem = "is none of \(rule.text)" }
    case "required":
      let missing = (rule.array ?? []).compactMap(\.string).filter { value.object != nil && value[$0] == nil }
      if !missing.isEmpty { problem = "lacks \(missing.joined(separator: ", "))" }
    case "additionalProperties":
      guard rule == .bool(false) else { return "has a schema whose additionalProperties is not false" }
      let known = Set(schema["properties"]?.object?.members.map(\.name) ?? [])
      let other = (value.object?.members ?? []).map(\.name).filter { !known.contains($0) }
      if !other.isEmpty { problem = "has \(other.joined(separator: ", "))" }
    case "minimum": if let number = value.number, number < rule.number ?? 0 { problem = "is below \(rule.text)" }
    case "minLength": if let text = value.string, text.count < rule.integer ?? 0 { problem = "is too short" }
    case "maxLength": if let text = value.string, text.count > rule.integer ?? 0 { problem = "is too long" }
    case "pattern":
      guard let pattern = try? Regex(rule.string ?? "") else { return "has a schema whose pattern \(rule.text) cannot be read" }
      if let text = value.string, text.firstMatch(of: pattern) == nil { problem = "does not match \(rule.text)" }
    case "format":
      switch rule.string {
      case "uuid": if let text = value.string, !UUIDText.isValid(text) { problem = "is no UUID" }
      case "date-time":
        if let text = value.string, (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))) == nil,
          (try? Date(text, strategy: .iso8601)) == nil
        {
          problem = "is no time"
        }
      default: problem = "has a schema with the unknown format \(rule.text)"
      }
    default: problem = "has a schema with the unknown keyword \(keyword)"
    }
    return problem
  }

  private func nested(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
    var problems: [String] = []
    if let reference = schema["$ref"]?.string {
      let parts = reference.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
      let other = parts[0].isEmpty ? self : JSONSchema(parts[0])
      let target = (parts.last ?? "").split(separator: "/").reduce(other?.root) { $0?[String($1)] }
      problems += target.flatMap { target in other.map { $0.check(value, target, place) } } ?? ["\(place): there is no \(reference)"]
    }
    for property in schema["properties"]?.object?.members ?? [] {
      if let member = value[property.name] { problems += check(member, property.value, "\(place).\(property.name)") }
    }
    if let items = schema["items"] {
      for (index, item) in (value.array ?? []).enumerated() { problems += check(item, items, "\(place)[\(index)]") }
    }
    return problems
  }

  private static func `is`(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null), ("integer", .integer),
      ("number", .integer), ("number", .number):
      true
    default: false
    }
  }
}
