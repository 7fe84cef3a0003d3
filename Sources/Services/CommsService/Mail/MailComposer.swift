import JSONBytes
import ServiceClients
import StatusModel

/// Makes a mail of a record at the moment it is sent: asks for the address, the language and what the mail tells, and for fresh links.
struct MailComposer: Sendable {
  let from: Mailbox
  let templates: MailTemplates
  let subscriptions: SubscriptionsStore
  let links: SubscriptionLinks
  let users: UsersClient
  let incidents: IncidentsClient

  /// What goes to the webhook of the person's profile; nil when that has none any more. Throws as `message` does.
  func call(_ mail: TakenMail, for user: String) async throws(Failure) -> NoticeCall? {
    guard let address = try await users.webhook(of: user) else { return nil }
    guard let template = mail.template, let incident = try await incidents.incident(mail.said["incident_id"]?.string ?? "") else {
      throw .notFound("There is no such incident any more.")
    }
    let content = templates.incident(template, MailLanguage(tag: try await users.user(user)?.language ?? "en"), incident)
    let url = templates.links.warRoom(incident.id)
    let line = JSONValue.string("\(content.subject)\n\(url)")
    let data: JSONValue = [
      "incident": [
        "id": .string(incident.id), "title": .string(incident.title), "sev": .integer(incident.severity),
        "status": .string(incident.status),
        "services": .array(incident.services.map { .string($0) }),
      ], "url": .string(url),
    ]
    return NoticeCall(
      address: address,
      body: ["type": .string(template.rawValue), "timestamp": .integer(mail.createdAt), "text": line, "content": line, "data": data])
  }

  /// Throws `.notFound` when the mail can never be sent, because who or what it is about is gone, `.unavailable` when a neighbour is away.
  func message(_ mail: TakenMail) async throws(Failure) -> MailMessage {
    guard let template = mail.template else { throw .notFound("This version has no such template.") }
    switch mail.recipient {
    case .subscription(let id): return try await toSubscriber(id, template, mail)
    case .user(let id), .contact(let id): return try await toUser(id, template, mail)
    case nil: throw .notFound("This version has no such recipients.")
    }
  }

  private func toSubscriber(_ id: String, _ template: MailTemplate, _ mail: TakenMail) async throws(Failure) -> MailMessage {
    guard let subscriber = try await subscriptions.subscriber(id), subscriber.isConfirmed != (template == .subscriptionConfirm) else {
      throw .notFound("The subscription ended, or was confirmed, before the mail was sent.")
    }
    let language = subscriber.language
    let token = try await links.token(for: id, template == .subscriptionConfirm ? .confirm : .manage)
    let content =
      switch template {
      case .announcement: templates.announcement(mail.said, language, token: token)
      case .maintenance: templates.maintenance(mail.said, change: mail.said["change"]?.string ?? "", language, token: token)
      default: templates.subscription(template, language, token: token)
      }
    let isSubscribed = template == .announcement || template == .maintenance
    return try message(mail, to: subscriber.email, content, unsubscribe: isSubscribed ? templates.links.unsubscribe(token) : nil)
  }

  private func toUser(_ id: String, _ template: MailTemplate, _ mail: TakenMail) async throws(Failure) -> MailMessage {
    guard let user = try await users.user(id) else { throw .notFound("There is no such user any more.") }
    let language = MailLanguage(tag: user.language)
    let content: MailContent
    switch template {
    case .incidentOpened, .incidentAssigned, .incidentReminder, .incidentNews:
      guard let incident = try await incidents.incident(mail.said["incident_id"]?.string ?? "") else {
        throw .notFound("There is no such incident any more.")
      }
      content = templates.incident(template, language, incident)
    case .webhookFailing: content = templates.webhookFailing(language)
    default:
      guard let purpose = template.linkPurpose else { throw .notFound("This template is not for users.") }
      content = templates.account(template, language, link: try await users.link(for: id, purpose))
    }
    return try message(mail, to: user.email, content, unsubscribe: nil)
  }

  private func message(
    _ mail: TakenMail, to address: String, _ content: MailContent, unsubscribe: String?
  ) throws(Failure) -> MailMessage {
    guard let to = Mailbox(address: address) else { throw .notFound("The address is none that mail servers take.") }
    return MailMessage(
      from: from, to: to, subject: content.subject, date: mail.createdAt, messageID: "\(mail.id)@\(from.domain)", correlationID: mail.cid,
      unsubscribe: unsubscribe, text: content.text, html: content.html)
  }
}
