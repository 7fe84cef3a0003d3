import JSONBytes
import Messaging
import RedisClient
import ServiceRuntime
import StatusModel

/// Who is to get a mail about what happened to an incident.
struct Notice: Sendable, Equatable {
  let template: MailTemplate
  let incident: String
  /// The only person it may go to; nil: everybody of `levels`.
  var person: String?
  /// Levels of `notify` that want it.
  let levels: [Notify]

  /// The same person hears of the same incident at most so often, in seconds.
  static let pause = 300

  /// Of a message on the bus: an incident that a machine declared wakes those who want to hear of its severity; whoever is given a role,
  /// by somebody else, hears of it unless they want no mails at all. Nil: nobody is told.
  init?(_ message: BusMessage) {
    let actor = message.data["actor"]
    guard let incident = message.data["incident_id"]?.string, Self.isID(incident) else { return nil }
    switch message.name {
    case "incident.created":
      guard actor?["kind"]?.string == "application", let severity = message.data["incident"]?["sev"]?.integer else { return nil }
      self.init(template: .incidentOpened, incident: incident, levels: Self.levels(hearingOf: severity))
    case "incident.assigned":
      guard let person = message.data["user"]?["id"]?.string, Self.isID(person), actor?["id"]?.string != person else { return nil }
      self.init(template: .incidentAssigned, incident: incident, person: person, levels: Notify.allCases.filter { $0 != .none })
    default: return nil
    }
  }

  init(template: MailTemplate, incident: String, person: String? = nil, levels: [Notify]) {
    self.template = template
    self.incident = incident
    self.person = person
    self.levels = levels
  }

  static func handles(_ event: String) -> Bool { event == "incident.created" || event == "incident.assigned" }

  private static func levels(hearingOf severity: Int) -> [Notify] {
    var levels: [Notify] = [.all]
    if severity <= 2 { levels.append(.sev2) }
    if severity <= 1 { levels.append(.sev1) }
    return levels
  }

  /// Letters, digits, hyphens.
  private static func isID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension UsersStore {
  /// Asks comms for the mails of a notice, once whatever is repeated; how many. `event` is the uuid of what happened.
  @discardableResult
  func notify(_ notice: Notice, of event: String) async throws(Failure) -> Int {
    try await mutations.run(
      Self.notifyScript,
      [
        .string(event), .string(notice.template.rawValue), .string(notice.incident), .integer(Notice.pause), .string(notice.person ?? ""),
      ] + notice.levels.map { .string($0.rawValue) }
    ).last?.int ?? 0
  }

  private static let notifyScript = script("notify-users", Embedded.notifyUsersLua)
}

extension Users {
  /// Turns what happens to incidents into commands for comms.
  static func notices(_ node: Node, _ store: UsersStore) -> Worker {
    node.worker("users.notices", handles: Notice.handles) { message in
      try await node.admit(message, .sre)
      guard let notice = Notice(message) else { return }
      try await store.notify(notice, of: message.uuid)
    }
  }
}
