public import JSONBytes
import Signing
public import StatusModel

/// A message of the bus, checked against `docs/schemas/message.schema.json`: nothing missing, nothing else.
public struct BusMessage: Sendable, Equatable {
  public let name: String
  public let uuid: String
  /// UTC, ISO 8601.
  public let createdAt: String
  public let sender: String
  /// Has `cid`.
  public let data: JSONObject
  public let errors: [JSONValue]

  /// The correlation id of the work that published it; the message's own uuid where `data.cid` is none that can be passed on.
  public var cid: String {
    guard let cid = data["cid"]?.string, CorrelationID.isValid(cid.utf8) else { return uuid }
    return cid
  }

  /// Who caused it (`data.actor`), as a caller without rights: what is done for a message is done under the role that person has then.
  public var actor: Caller {
    guard let name = data["actor"]?["name"]?.string, let id = data["actor"]?["id"]?.string else { return Caller() }
    switch data["actor"]?["kind"]?.string {
    case "user": return Caller(person: Person(id: id, name: name, email: "", role: .viewer, sessionID: nil))
    case "application": return Caller(application: Application(name: name, scopes: [], strict: true, admin: false, expiresAt: nil))
    default: return Caller()
    }
  }

  /// What a message breaks; the texts name the member.
  public struct Invalid: Error, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  /// The most bytes a message may have.
  public static let byteLimit = 256 * 1024

  public init(parsing bytes: [UInt8]) throws(Invalid) {
    guard bytes.count <= Self.byteLimit else { throw Invalid("the message is larger than \(Self.byteLimit) bytes") }
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch { throw Invalid("the message is no JSON: \(error)") }
    guard let object = value.object else { throw Invalid("the message is no object") }
    try self.init(object)
  }

  public init(_ object: JSONObject) throws(Invalid) {
    try Self.allow(
      ["event_name", "event_uuid", "event_creation_time", "event_sender_id", "data", "errors_count", "errors"], in: object, "")
    name = try Self.text("event_name", in: object)
    guard Self.isEventName(name) else { throw Invalid("event_name must be words of a to z and _ with single dots between") }
    uuid = try Self.text("event_uuid", in: object)
    guard UUIDText.isValid(uuid) else { throw Invalid("event_uuid must be a UUID") }
    createdAt = try Self.text("event_creation_time", in: object)
    guard ISO8601.milliseconds(createdAt) != nil else {
      throw Invalid("event_creation_time must be a UTC time such as 2026-03-01T09:30:00Z")
    }
    sender = try Self.text("event_sender_id", in: object)
    guard let data = object["data"]?.object else { throw Invalid("data must be an object") }
    guard data["cid"]?.string != nil else { throw Invalid("data.cid must be a string") }
    self.data = data
    errors = try Self.errors(in: object)
  }

  /// The language of `^[_a-z]+((\.)?[_a-z]+)*$`, in linear time.
  public static func isEventName(_ name: String) -> Bool {
    guard name.utf8.count <= 200 else { return false }
    return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_") }
    }
  }

  private static func errors(in object: JSONObject) throws(Invalid) -> [JSONValue] {
    let errors: [JSONValue]
    switch object["errors"] {
    case nil: errors = []
    case .array(let list): errors = list
    default: throw Invalid("errors must be an array")
    }
    if let count = object["errors_count"] {
      guard let count = count.integer, count >= 0 else { throw Invalid("errors_count must be 0 or more") }
    }
    for error in errors { try check(error) }
    return errors
  }

  private static func check(_ error: JSONValue) throws(Invalid) {
    guard let error = error.object else { throw Invalid("an element of errors is no object") }
    let required = ["error_type", "error_sender", "error_uuid", "error_message", "timestamp"]
    try allow(required + ["error_code", "error_debug"], in: error, "errors.")
    for name in required { _ = try text(name, in: error) }
    guard ["debug", "info", "warning", "softerror", "harderror"].contains(error["error_type"]?.string) else {
      throw Invalid("errors.error_type must be debug, info, warning, softerror or harderror")
    }
  }

  private static func text(_ name: String, in object: JSONObject) throws(Invalid) -> String {
    guard let text = object[name]?.string, !text.isEmpty else { throw Invalid("\(name) must be a string that is not empty") }
    return text
  }

  private static func allow(_ names: [String], in object: JSONObject, _ prefix: String) throws(Invalid) {
    for member in object.members where !names.contains(member.name) { throw Invalid("\(prefix)\(member.name) is not part of a message") }
  }
}
