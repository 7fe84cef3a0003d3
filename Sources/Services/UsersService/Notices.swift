import Identity
import JSONBytes
import Messaging
import Reactor
import RedisClient
import ServiceClients
import ServiceRuntime
import StatusModel

/// Who is to be told what happened to an incident.
struct Notice: Sendable, Equatable {
  let template: MailTemplate
  let incident: String
  /// These people, unless they want to hear of nothing.
  var people: [String] = []
  /// Whoever follows the incident, likewise.
  var followers = false
  /// Everybody with one of these levels of `notify`.
  var levels: [Notify] = []
  /// Whose doing it is: they know.
  var doer: String?

  /// The same person hears of the same incident at most so often, in seconds.
  static let pause = 300

  /// Of a message on the bus; nil: nobody is told.
  /// - An incident that a machine declared, or an alert under whatever token, wakes those who want to hear of its severity.
  /// - Whoever is given a role hears of it.
  /// - A reminder goes to the followers, and to those who would have been woken.
  /// - What somebody else does to an incident is news to its followers.
  init?(_ message: BusMessage) {
    let data = JSONValue.object(message.data)
    guard let incident = data["incident_id"]?.string, Self.isID(incident) else { return nil }
    let actor = data["actor"]
    let doer = actor?["kind"]?.string == "user" ? actor?["id"]?.string : nil
    switch message.name {
    case "incident.created":
      let isFromMachine = actor?["kind"]?.string == "application" || data["incident"]?["source"]?.string == "alert"
      guard isFromMachine, let severity = data["incident"]?["sev"]?.integer else { return nil }
      self.init(template: .incidentOpened, incident: incident, levels: Self.levels(hearingOf: severity))
    case "incident.assigned":
      guard let person = data["user"]?["id"]?.string, Self.isID(person) else { return nil }
      self.init(template: .incidentAssigned, incident: incident, people: [person], doer: doer)
    case "incident.reminder":
      guard let severity = data["incident"]?["sev"]?.integer else { return nil }
      self.init(template: .incidentReminder, incident: incident, followers: true, levels: Self.levels(hearingOf: severity))
    default:
      guard Self.isNews(message.name, data) else { return nil }
      self.init(template: .incidentNews, incident: incident, followers: true, doer: doer)
    }
  }

  init(
    template: MailTemplate, incident: String, people: [String] = [], followers: Bool = false, levels: [Notify] = [], doer: String? = nil
  ) {
    self.template = template
    self.incident = incident
    self.people = people
    self.followers = followers
    self.levels = levels
    self.doer = doer
  }

  static func handles(_ event: String) -> Bool { event.hasPrefix("incident.") }

  /// The status, the severity, what somebody writes on the timeline, a published postmortem.
  private static func isNews(_ event: String, _ data: JSONValue) -> Bool {
    switch event {
    case "incident.status.changed": true
    case "incident.timeline.added": ["update", "note", "mitigation", "resolution"].contains(data["entry"]?["type"]?.string)
    case "incident.updated": data["changed"]?["sev"] != nil
    case "incident.postmortem.saved": data["state"]?.string == "published"
    default: false
    }
  }

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
  /// Asks comms for the mails of a notice, once whatever is repeated; how many at once. Who was told of the incident a moment ago hears of
  /// it when the pause is over. `event` is the uuid of what happened.
  @discardableResult
  func notify(_ notice: Notice, of event: String) async throws(Failure) -> Int {
    let start: [RedisArgument] = [
      .string(event), .string(notice.template.rawValue), .string(notice.incident), .integer(Notice.pause), .string(notice.doer ?? ""),
      .integer(notice.people.count),
    ]
    let people = notice.people.map { RedisArgument.string($0) }
    return try await mutations.run(Self.notifyScript, start + people + notice.levels.map { .string($0.rawValue) }).last?.int ?? 0
  }

  /// Asks for the mails whose pause is over.
  func notifyLate() async throws(Failure) { _ = try await mutations.run(Self.notifyLateScript, [.integer(Notice.pause), 100]) }

  private static let notifyScript = script("notify-users", Embedded.noticeRecordLua + "\n" + Embedded.notifyUsersLua)
  private static let notifyLateScript = script("notify-late", Embedded.noticeRecordLua + "\n" + Embedded.notifyLateLua)
}

/// Turns what happens to incidents into commands for comms.
struct Notices: Sendable {
  let store: UsersStore
  let worker: Worker
  private static let tick = Duration.seconds(2)

  init(_ node: Node, _ store: UsersStore) {
    self.store = store
    let incidents = IncidentsClient(node.neighbours)
    worker = node.worker("users.notices", handles: Notice.handles) { message in
      try await node.admit(message, .sre)
      guard var notice = Notice(message) else { return }
      if notice.followers { notice.people += try await incidents.followers(of: notice.incident) }
      try await store.notify(notice, of: message.uuid)
    }
  }

  /// Until cancelled, on a loop.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await worker.run() }
      group.addTask {
        while (try? await EventLoop.current.sleep(for: Self.tick)) != nil {
          try? await Caller.$current.withValue(UsersRules.ourselves) { try await store.notifyLate() }
        }
      }
    }
  }
}
