public import HTTPServer
import HTTPTypes
public import JSONBytes
public import StatusModel

/// Reads the members of a JSON body and notes every one that cannot be accepted; `check` then refuses them all at once.
/// Members nobody asks for are ignored. Absent and null are the same, but for `has`.
public struct FieldReader {
  public let object: JSONObject
  private let prefix: String
  public private(set) var problems: [FieldProblem] = []

  /// `prefix` comes before the names in problems, such as `action_items[0].`
  public init(_ object: JSONObject, prefix: String = "") {
    self.object = object
    self.prefix = prefix
  }

  /// Throws `Failure.invalid` when anything was noted.
  public func check() throws(Failure) {
    if !problems.isEmpty { throw .invalid(problems) }
  }

  public mutating func refuse(_ name: String, _ message: String) {
    problems.append(FieldProblem(field: prefix + name, message: message))
  }
  public mutating func refuse(_ found: [FieldProblem]) { problems.append(contentsOf: found) }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar) || scalar.value == 0x7F
  }

  /// Whether the body names the member, be it null.
  public func has(_ name: String) -> Bool { object[name] != nil }

  private func given(_ name: String) -> JSONValue? {
    let value = object[name]
    return value == .null ? nil : value
  }

  /// A text that must be there; `length` in characters. Blanks around it are cut.
  public mutating func string(_ name: String, _ length: ClosedRange<Int>) -> String {
    guard given(name) != nil else {
      refuse(name, "is missing")
      return ""
    }
    return optionalString(name, length) ?? ""
  }

  public mutating func optionalString(_ name: String, _ length: ClosedRange<Int>) -> String? {
    guard let value = given(name) else { return nil }
    guard let text = value.string?.trimmed() else {
      refuse(name, "must be a string")
      return nil
    }
    if text.isEmpty, length.lowerBound > 0 {
      refuse(name, "must not be empty")
    } else if !length.contains(text.unicodeScalars.count) {
      refuse(
        name,
        length.lowerBound > 1
          ? "must have \(length.lowerBound) to \(length.upperBound) characters" : "must have at most \(length.upperBound) characters")
    } else if text.unicodeScalars.contains(where: Self.isControl) {
      refuse(name, "must not hold control characters but tabs and line ends")
    } else {
      return text
    }
    return nil
  }

  public mutating func integer(_ name: String, _ range: ClosedRange<Int>) -> Int {
    guard given(name) != nil else {
      refuse(name, "is missing")
      return range.lowerBound
    }
    return optionalInteger(name, range) ?? range.lowerBound
  }

  public mutating func optionalInteger(_ name: String, _ range: ClosedRange<Int>) -> Int? {
    guard let value = given(name) else { return nil }
    guard let number = value.integer, range.contains(number) else {
      refuse(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  public mutating func optionalBool(_ name: String) -> Bool? {
    guard let value = given(name) else { return nil }
    guard let flag = value.bool else {
      refuse(name, "must be true or false")
      return nil
    }
    return flag
  }

  public mutating func choice(_ name: String, _ words: [String]) -> String {
    guard given(name) != nil else {
      refuse(name, "is missing")
      return words[0]
    }
    return optionalChoice(name, words) ?? words[0]
  }

  public mutating func optionalChoice(_ name: String, _ words: [String]) -> String? {
    guard let value = given(name) else { return nil }
    guard let word = value.string, words.contains(word) else {
      refuse(name, "must be one of " + words.joined(separator: ", "))
      return nil
    }
    return word
  }

  /// A list of texts; nil when absent. `count` elements of `length` characters.
  public mutating func optionalStrings(_ name: String, count: ClosedRange<Int>, length: ClosedRange<Int>) -> [String]? {
    guard let value = given(name) else { return nil }
    guard let elements = value.array, elements.allSatisfy({ $0.string != nil }) else {
      refuse(name, "must be an array of strings")
      return nil
    }
    guard count.contains(elements.count) else {
      refuse(name, "must have \(count.lowerBound) to \(count.upperBound) elements")
      return nil
    }
    let texts = elements.compactMap { $0.string?.trimmed() }
    guard texts.allSatisfy({ length.contains($0.unicodeScalars.count) && !$0.unicodeScalars.contains(where: Self.isControl) }) else {
      refuse(name, "must hold texts of \(length.lowerBound) to \(length.upperBound) characters")
      return nil
    }
    return texts
  }

  public mutating func optionalObject(_ name: String) -> JSONObject? {
    guard let value = given(name) else { return nil }
    guard let object = value.object else {
      refuse(name, "must be an object")
      return nil
    }
    return object
  }

  public mutating func optionalArray(_ name: String, count: ClosedRange<Int>) -> [JSONValue]? {
    guard let value = given(name) else { return nil }
    guard let elements = value.array, count.contains(elements.count) else {
      refuse(name, "must be an array of \(count.lowerBound) to \(count.upperBound) elements")
      return nil
    }
    return elements
  }
}

extension HTTPServer.Request {
  /// The JSON object of the body. A form content type is accepted for JSON text, because `curl -d` sends it.
  /// Throws `Failure.malformed`, `.unsupportedMedia`.
  public func fields() throws(Failure) -> FieldReader { FieldReader(try jsonObject()) }

  public func jsonObject() throws(Failure) -> JSONObject {
    guard Self.mayBeJSON(header(.contentType) ?? Self.json) else { throw .unsupportedMedia("Send the body as application/json.") }
    let value: JSONValue
    do { value = try JSONValue(parsing: body) } catch { throw .malformed("The body is no JSON: \(error).") }
    guard let object = value.object else { throw .malformed("The body must be a JSON object.") }
    return object
  }

  private static let json = "application/json"

  private static func mayBeJSON(_ contentType: String) -> Bool {
    if contentType == json { return true }
    let media = contentType.prefix { $0 != ";" }.lowercased().trimmed()
    return media == json || media == "application/x-www-form-urlencoded" || media.hasSuffix("+json")
  }

  /// As `fields`, but nothing at all counts as an empty object.
  public func optionalFields() throws(Failure) -> FieldReader { body.isEmpty ? FieldReader(JSONObject()) : try fields() }
}

extension StringProtocol {
  /// Without white space at both ends.
  func trimmed() -> String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(self[first...last])
  }
}
