import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import OutboundClient
import ServiceClients
import ServiceRuntime
import StatusModel

/// Mails: what makes them, what sends them, and the list an admin sees.
struct Mails: Sendable {
  let store: MailStore
  let sender: MailSender
  private let subscriptions: SubscriptionsStore
  private let composer: MailComposer

  /// Throws `InvalidSetting`.
  init(_ node: Node, _ subscriptions: Subscriptions) throws {
    let site = node.configuration.text("PUBLIC_URL")
    let templates = MailTemplates(links: MailLinks(site: site))
    let folder = MailFolder(home: node.configuration.text("POLYSTATUS_HOME"), workers: node.workers)
    self.subscriptions = subscriptions.store
    store = MailStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    composer = MailComposer(
      from: try Self.from(node.configuration, templates.links), templates: templates, subscriptions: subscriptions.store,
      links: subscriptions.links, users: UsersClient(node.neighbours), incidents: IncidentsClient(node.neighbours))
    let server = node.configuration["SMTP_URL"].flatMap { MailServer($0) }
    let delivery: MailDelivery =
      server.map { .server(MailClient(loops: node.loops, server: $0, connections: MailRules.connections)) } ?? .folder(folder)
    sender = MailSender(store, composer, delivery, folder: folder, clock: node.clock, logger: node.logger)
  }

  /// `MAIL_FROM`, or an address at the site.
  private static func from(_ configuration: Configuration, _ links: MailLinks) throws -> Mailbox {
    guard let text = configuration["MAIL_FROM"] else {
      let host = links.name.split(separator: ":").first.map(String.init) ?? "localhost"
      return Mailbox(name: "PolyStatus", address: "polystatus@\(host)") ?? Mailbox(address: "polystatus@localhost")!
    }
    guard let mailbox = Mailbox(text) else {
      throw InvalidSetting("MAIL_FROM=\(text): expected an address such as status@example.org or Example status <status@example.org>")
    }
    return mailbox
  }

  // MARK: - What makes mails

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

  /// How many subscribers hear of `subject`.
  func audience(of subject: Subject) async throws(Failure) -> Int { try await subscriptions.audience(of: subject).count }

  private func tell(_ template: MailTemplate, _ said: JSONValue, of message: BusMessage) async throws(Failure) {
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
    try await store.queue(template, event: message.uuid, saying: .object(said), to: [.user(user)])
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

  // MARK: - What an admin sees

  var routes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/mails", .admin, list),
      ServiceRoute(.get, "/api/v1/mails/{id}", .admin, answersSecret: true, mail),
    ]
  }

  private func list(_ request: Request) async throws -> Response {
    let page = try request.page()
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    let state = query.optionalChoice("state", MailState.allCases.map(\.rawValue)).flatMap(MailState.init)
    try query.check()
    let found = try await store.list(state, start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  /// Null when who or what it is about is gone.
  private func shown(_ mail: TakenMail) async throws(Failure) -> JSONValue {
    do throws(Failure) {
      return try await composer.message(mail).shown
    } catch {
      if case .notFound = error { return .null }
      throw error
    }
  }

  /// With its text, made anew: one that has gone out, or will, is not shown when it holds a one-use link.
  private func mail(_ request: Request) async throws -> Response {
    let (json, mail) = try await store.mail(request.parameters["id"] ?? "")
    var record = try JSONValue(parsing: json).object ?? JSONObject()
    record["message"] = .null
    if mail.template?.linkPurpose == nil || record["state"]?.string == MailState.kept.rawValue {
      record["message"] = try await shown(mail)
    }
    return .json(JSONValue.object(record).bytes)
  }
}

extension MailMessage {
  fileprivate var shown: JSONValue {
    ["to": .string(to.address), "subject": .string(subject), "text": .string(text), "html": .string(html)]
  }
}

/// A setting that stops the start, in one line.
struct InvalidSetting: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
