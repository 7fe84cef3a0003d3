import HTTPServer
import JSONBytes
import Messaging
import ServiceRuntime
import Signing
import StatusModel

/// Which messages are asked for.
struct MessageFilter: Sendable {
  enum State: String, CaseIterable, Sendable { case ok, retrying, dead }
  var name: TopicPattern?
  var sender: String?
  var cid: String?
  /// Lower-cased.
  var text: [UInt8]?
  /// Bounds of the time on the bus in milliseconds, both included.
  var from: Int64?
  var to: Int64?
  var state: State?

  /// Seconds since the epoch that a query may name.
  static let times = 0...99_999_999_999

  /// The filter and the page of a search. Throws `Failure.invalid`.
  static func read(_ request: Request) throws(Failure) -> (MessageFilter, Page) {
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    var filter = MessageFilter()
    filter.name = query.pattern("name")
    filter.sender = query.optionalString("sender", 1...64)
    filter.cid = query.optionalString("cid", 1...128)
    filter.text = query.optionalString("q", 1...200).map { $0.utf8.map(lowered) }
    filter.from = query.time("from").map { $0 * 1000 }
    filter.to = query.time("to").map { $0 * 1000 + 999 }
    filter.state = query.optionalChoice("state", State.allCases.map(\.rawValue)).flatMap(State.init)
    let page = Result { () throws(Failure) in try request.page() }
    if case .failure(.invalid(let found)) = page { query.refuse(found) }
    try query.check()
    return (filter, try page.get())
  }

  /// Whether a message lying on the bus passes, its time and state apart. What is no message does not.
  func passes(_ bytes: [UInt8]) -> Bool {
    guard let head = MessageHead(bytes) else { return false }
    if let name, !name.matches(head.name) { return false }
    if let sender, sender != head.sender { return false }
    if let cid, cid != head.cid { return false }
    return text.map { contains($0, in: bytes) } ?? true
  }

  private func contains(_ text: [UInt8], in bytes: [UInt8]) -> Bool {
    guard let first = text.first, text.count <= bytes.count else { return false }
    for start in 0...(bytes.count - text.count) where lowered(bytes[start]) == first {
      if (1..<text.count).allSatisfy({ lowered(bytes[start + $0]) == text[$0] }) { return true }
    }
    return false
  }
}

private func lowered(_ byte: UInt8) -> UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte }

/// What a search looks at. Read from the front of a message that is spelt as we spell it, without reading the rest.
struct MessageHead: Equatable {
  var name: String
  var uuid: String
  var sender: String
  var cid: String

  /// Nil when it is no message.
  init?(_ bytes: [UInt8]) {
    var place = 0
    func text(after literal: String) -> String? {
      let words = literal.utf8
      guard bytes.count - place > words.count, bytes[place..<place + words.count].elementsEqual(words) else { return nil }
      place += words.count
      guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
      defer { place = end }
      let text = bytes[place..<end]
      return text.contains(UInt8(ascii: "\\")) ? nil : String(decoding: text, as: UTF8.self)
    }
    if let name = text(after: #"{"event_name":""#), let uuid = text(after: #"","event_uuid":""#),
      text(after: #"","event_creation_time":""#) != nil, let sender = text(after: #"","event_sender_id":""#),
      let cid = text(after: #"","data":{"cid":""#)
    {
      (self.name, self.uuid, self.sender, self.cid) = (name, uuid, sender, cid)
    } else if let message = try? BusMessage(parsing: bytes) {
      (name, uuid, sender, cid) = (message.name, message.uuid, message.sender, message.data["cid"]?.string ?? "")
    } else {
      return nil
    }
  }
}

/// A message sent by hand, as it goes on the bus.
struct NewMessage {
  let name: String
  let uuid: String
  let bytes: [UInt8]

  /// `now` in milliseconds. `data.actor` and `data.sent_by` are the caller, whatever was sent; `data.cid` is the caller's unless given.
  /// Throws `Failure.invalid`, `.forbidden` for a command of someone who is no administrator.
  init(_ body: consuming FieldReader, now: Int64) throws(Failure) {
    name = body.string("event_name", 1...200)
    if !name.isEmpty, !BusMessage.isEventName(name) { body.refuse("event_name", "must be words of a to z and _ with single dots between") }
    uuid = body.optionalString("event_uuid", 36...36)?.lowercased() ?? UUIDText.random()
    if !UUIDText.isValid(uuid) { body.refuse("event_uuid", "must be a UUID") }
    let time = body.optionalString("event_creation_time", 20...40) ?? ISO8601.text(milliseconds: now)
    if ISO8601.milliseconds(time) == nil { body.refuse("event_creation_time", "must be a UTC time such as 2026-03-01T09:30:00Z") }
    let given = body.optionalObject("data") ?? JSONObject()
    let cid = given["cid"] ?? .string(CorrelationID.current)
    if !CorrelationID.isValid((cid.string ?? "").utf8) {
      body.refuse("data.cid", "must be 8 to 128 letters, digits, dots, underscores or hyphens")
    }
    try body.check()
    let caller = Caller.current
    if name.hasPrefix("request."), caller.person?.role ?? .viewer < .admin, caller.application?.admin != true || caller.person != nil {
      throw .forbidden("Commands (request.…) are sent by administrators.")
    }
    var sentBy = (try? JSONValue(parsing: caller.actor))?.object ?? JSONObject()
    if caller.person == nil, caller.application?.admin == true { sentBy["admin"] = true }
    let own: Set = ["cid", "actor", "sent_by"]
    let data = JSONObject(
      [("cid", cid), ("actor", (try? JSONValue(parsing: caller.actor)) ?? .null), ("sent_by", .object(sentBy))]
        + given.members.filter { !own.contains($0.name) }.map { ($0.name, $0.value) })
    let message: JSONValue = [
      "event_name": .string(name), "event_uuid": .string(uuid), "event_creation_time": .string(time),
      "event_sender_id": .string(ServiceName.comms.rawValue), "data": .object(data),
    ]
    bytes = message.bytes
    if bytes.count > BusMessage.byteLimit { throw .tooLarge("A message has at most \(BusMessage.byteLimit) bytes.") }
  }
}

/// A message as it is answered.
enum MessageRecord {
  /// `at` (ms) is when an unreadable message was found; `history` is in the answer when it is given.
  static func json(_ bytes: [UInt8], uuid: String, at: Int64?, _ fate: BusFate, history: [JSONValue]? = nil) -> JSONValue {
    let message = try? BusMessage(parsing: bytes)
    var record = JSONObject([
      ("event_name", .string(message?.name ?? "bus.invalid")), ("event_uuid", .string(uuid)),
      ("event_creation_time", .string(message?.createdAt ?? ISO8601.text(milliseconds: at ?? 0))),
      ("event_sender_id", .string(message?.sender ?? "bus")), ("data", .object(message?.data ?? unreadable(bytes, uuid))),
      ("errors_count", .integer(fate.errorsCount + (message?.errors.count ?? 0))),
    ])
    if let history { record["errors"] = .array((message?.errors ?? []) + history) }
    record["state"] = .string(state(fate).rawValue)
    record["consumers"] = .array(fate.standings.map(standing))
    return .object(record)
  }

  static func state(_ fate: BusFate) -> MessageFilter.State {
    if fate.standings.contains(where: { $0.state == .dead }) { return .dead }
    return fate.standings.isEmpty ? .ok : .retrying
  }

  private static func standing(_ standing: BusStanding) -> JSONValue {
    [
      "group": .string(standing.group), "state": .string(standing.state.rawValue),
      "at": standing.at.map { .integer(Int($0 / 1000)) } ?? .null, "errors_count": .integer(standing.errorsCount),
    ]
  }

  /// Bytes of an unreadable message that are shown.
  private static let shown = 1_024

  private static func unreadable(_ bytes: [UInt8], _ uuid: String) -> JSONObject {
    JSONObject([("cid", .string(uuid)), ("text", .string(SecretToken.redacted(String(decoding: bytes.prefix(shown), as: UTF8.self))))])
  }
}

extension BusGroup {
  var json: JSONValue {
    [
      "name": .string(name), "lag": lag.map { .integer($0) } ?? .null, "pending": .integer(pending), "retrying": .integer(retrying),
      "dead": .integer(dead), "missed": .integer(missed), "replicas": .array(consumers.map { .string($0) }),
    ]
  }
}

extension FieldReader {
  mutating func pattern(_ name: String) -> TopicPattern? {
    guard let text = optionalString(name, 1...200) else { return nil }
    if let pattern = TopicPattern(text) { return pattern }
    refuse(name, "must be words between dots, * for one word, # for any number, such as incident.#")
    return nil
  }

  fileprivate mutating func time(_ name: String) -> Int64? {
    guard let text = object[name]?.string else { return nil }
    if let number = Int(text), MessageFilter.times.contains(number) { return Int64(number) }
    refuse(name, "must be an integer from \(MessageFilter.times.lowerBound) to \(MessageFilter.times.upperBound)")
    return nil
  }
}
