import JSONBytes
import ServiceRuntime
import StatusModel

/// A text that people begin an update or an announcement with.
struct UpdateTemplate: Sendable {
  /// What comms calls the state of an announcement.
  enum State: String, CaseIterable { case investigating, identified, monitoring, resolved }

  var key: String
  var name: String
  var kind = EntryKind.update
  var message: String
  var messageFR: String?
  var state: State?
  var visibility = Visibility.internal

  /// name, type, message, message_fr, state, visibility as JSON texts.
  var members: [String] {
    [
      JSONText.quoted(name), JSONText.quoted(kind.rawValue), JSONText.quoted(message), messageFR.map(JSONText.quoted) ?? "null",
      state.map { JSONText.quoted($0.rawValue) } ?? "null", JSONText.quoted(visibility.rawValue),
    ]
  }
}

/// What is nil stays as it is.
struct UpdateTemplateChange: Sendable {
  var name: String?
  var kind: EntryKind?
  var message: String?
  /// `.some(nil)` empties it; so does it the state.
  var messageFR: String??
  var state: UpdateTemplate.State??
  var visibility: Visibility?

  /// As `UpdateTemplate.members`; '' for what stays.
  var members: [String] {
    func text<Value>(_ value: Value??, _ render: (Value) -> String) -> String {
      guard let value else { return "" }
      return value.map(render) ?? "null"
    }
    return [
      name.map(JSONText.quoted) ?? "", kind.map { JSONText.quoted($0.rawValue) } ?? "", message.map(JSONText.quoted) ?? "",
      text(messageFR, JSONText.quoted), text(state) { JSONText.quoted($0.rawValue) }, visibility.map { JSONText.quoted($0.rawValue) } ?? "",
    ]
  }
}

extension UpdateTemplate {
  init(_ body: consuming FieldReader) throws(Failure) {
    name = body.string("name", Bounds.templateName)
    key = body.optionalString("key", Bounds.templateKey) ?? Self.key(of: name)
    if !Self.isKey(key), !name.isEmpty { body.refuse("key", "must be small letters, digits, dots, underscores or hyphens") }
    kind = body.optionalChoice("type", EntryKind.self) ?? .update
    message = body.string("message", Bounds.message)
    messageFR = body.optionalString("message_fr", Bounds.message)
    state = body.optionalChoice("state", State.self)
    visibility = body.optionalChoice("visibility", Visibility.self) ?? .internal
    try body.check()
  }

  static func isKey(_ text: String) -> Bool {
    Bounds.templateKey.contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// The letters and digits of a name, in small, with hyphens between the words; empty when it has none.
  static func key(of name: String) -> String {
    let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return String(words.joined(separator: "-").prefix(Bounds.templateKey.upperBound))
  }
}

extension UpdateTemplateChange {
  init(_ body: consuming FieldReader) throws(Failure) {
    name = body.optionalString("name", Bounds.templateName)
    kind = body.optionalChoice("type", EntryKind.self)
    message = body.optionalString("message", Bounds.message)
    if body.has("message_fr") { messageFR = .some(body.optionalString("message_fr", Bounds.message)) }
    if body.has("state") { state = .some(body.optionalChoice("state", UpdateTemplate.State.self)) }
    visibility = body.optionalChoice("visibility", Visibility.self)
    try body.check()
  }
}
