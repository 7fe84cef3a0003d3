import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import OutboundClient
import ServiceClients
import ServiceRuntime
import StatusModel

/// Mails: what makes and what sends them, and the list an admin sees.
struct Mails: Sendable {
  let sender: MailSender
  /// Makes mails of bus messages.
  let worker: Worker
  /// How many subscribers hear of a subject.
  let audience: @Sendable (Subject) async throws(Failure) -> Int
  private let store: MailStore
  private let composer: MailComposer

  /// Throws `InvalidSetting`.
  init(_ node: Node, _ subscriptions: Subscriptions) throws {
    let site = node.configuration.text("PUBLIC_URL")
    let templates = MailTemplates(links: MailLinks(site: site), zone: PageZone(node.configuration.text("PAGE_TIME_ZONE")))
    let folder = MailFolder(home: node.configuration.text("POLYSTATUS_HOME"), workers: node.workers)
    let store = MailStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    composer = MailComposer(
      from: try Self.from(node.configuration, templates.links), templates: templates, subscriptions: subscriptions.store,
      links: subscriptions.links, users: UsersClient(node.neighbours), incidents: IncidentsClient(node.neighbours))
    let server = node.configuration["SMTP_URL"].flatMap { MailServer($0) }
    let delivery: MailDelivery =
      server.map { .server(MailClient(loops: node.loops, server: $0, connections: MailRules.connections)) } ?? .folder(folder)
    sender = MailSender(store, composer, delivery, folder: folder, clock: node.clock, logger: node.logger)
    self.store = store
    let events = MailEvents(store: store, subscriptions: subscriptions.store)
    audience = { subject async throws(Failure) in try await subscriptions.store.audience(of: subject).count }
    worker = node.worker("comms.mails", handles: MailEvents.handles) { message in
      try await node.admit(message, message.name.hasPrefix("request.") ? .admin : .sre)
      try await events.handle(message)
    }
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
