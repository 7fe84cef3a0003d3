import JSONBytes
import Messaging
import StatusModel

/// Makes mail records of bus messages: what happened, and who is to hear of it.
struct MailEvents: Sendable {
  let store: MailStore
  let subscriptions: SubscriptionsStore

  /// Whether a bus message is one that mails are made of.
  static func handles(_ event: String) -> Bool {
    event == "announcement.published" || event.hasPrefix("maintenance.") || event == "request.comms.mail.send"
  }

  /// Makes the mails of a bus message, each once however often the message comes. Throws `.invalid` for a command that cannot be carried
  /// out, `.unavailable`.
  func handle(_ message: BusMessage) async throws(Failure) {
    let data = JSONValue.object(message.data)
    switch message.name {
    case "announcement.published":
      try await tell(.announcement, ["announcement": data["announcement"] ?? .null], of: message)
    case "request.comms.mail.send": try await queueForUser(message)
    default:
      let change = message.name.split(separator: ".").last.map(String.init) ?? ""
      try await tell(.maintenance, ["maintenance": data["maintenance"] ?? .null, "change": .string(change)], of: message)
    }
  }

  private func tell(_ template: MailTemplate, _ said: JSONValue, of message: BusMessage) async throws(Failure) {
    let member = template == .announcement ? "announcement" : "maintenance"
    guard said[member]?["title"]?.string != nil, said[member]?["message"]?.string != nil else {
      throw .invalid("data.\(member)", "must have a title and a message")
    }
    let audience = try await subscriptions.audience(of: Subject(said))
    try await store.queue(template, event: message.uuid, saying: said, to: audience.map { .subscription($0) })
  }

  /// Ids alone are kept of the command.
  private func queueForUser(_ message: BusMessage) async throws(Failure) {
    guard let template = message.data["template"]?.string.flatMap(MailTemplate.init), !template.isForSubscriber else {
      let known = MailTemplate.allCases.filter { !$0.isForSubscriber }.map(\.rawValue).joined(separator: ", ")
      throw .invalid("data.template", "must be one of \(known)")
    }
    guard let user = message.data["user_id"]?.string, !user.isEmpty, user.utf8.allSatisfy(Self.isOfID) else {
      throw .invalid("data.user_id", "must be the id of a user")
    }
    var said = JSONObject()
    for name in ["incident_id", "webhook_id"] {
      guard let id = message.data[name]?.string else { continue }
      guard id.utf8.allSatisfy(Self.isOfID) else { throw .invalid("data.\(name)", "must be an id") }
      said[name] = .string(id)
    }
    let recipient = message.data["via"] == "webhook" ? MailRecipient.contact(user) : .user(user)
    try await store.queue(template, event: message.uuid, saying: .object(said), to: [recipient])
  }

  /// Letters, digits, hyphens.
  private static func isOfID(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
