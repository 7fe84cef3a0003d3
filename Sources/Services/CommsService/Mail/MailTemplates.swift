import JSONBytes
import ServiceClients
import StatusModel

/// The mails we send, by the name a record keeps.
enum MailTemplate: String, CaseIterable, Sendable {
  case subscriptionConfirm = "subscription_confirm"
  case subscriptionKnown = "subscription_known"
  case announcement, maintenance
  case confirmMail = "confirm_mail"
  case setPassword = "set_password"
  case resetPassword = "reset_password"
  case incidentOpened = "incident_opened"
  case incidentAssigned = "incident_assigned"
  case webhookFailing = "webhook_failing"

  /// To a subscriber; the others are to somebody with an account.
  var isForSubscriber: Bool {
    switch self {
    case .subscriptionConfirm, .subscriptionKnown, .announcement, .maintenance: true
    default: false
    }
  }

  /// What the one-use link of the mail is for (users' `purpose`); nil: it has none.
  var linkPurpose: String? {
    switch self {
    case .confirmMail: "confirm"
    case .setPassword, .resetPassword: "password"
    default: nil
    }
  }
}

/// The addresses that mails lead to, all pages of the frontend.
struct MailLinks: Sendable {
  /// What visitors type, without a final slash.
  let site: String

  init(site: String) { self.site = site.hasSuffix("/") ? String(site.dropLast()) : site }

  /// What the site is called in a sentence: its address without the scheme.
  var name: String { String(site.split(separator: "/", maxSplits: 2).dropFirst().first ?? Substring(site)) }
  func confirm(_ token: String) -> String { "\(site)/subscriptions/confirm/\(token)" }
  func manage(_ token: String) -> String { "\(site)/subscriptions/manage/\(token)" }
  func unsubscribe(_ token: String) -> String { "\(site)/unsubscribe/\(token)" }
  func incident(_ id: String) -> String { "\(site)/incidents/\(id)" }
  func warRoom(_ id: String) -> String { "\(site)/dashboard/incidents/\(id)" }
  var webhooks: String { "\(site)/dashboard/webhooks" }
  var profile: String { "\(site)/profile" }
  var home: String { "\(site)/" }
}

/// Writes mails: no I/O, all it says is given.
struct MailTemplates: Sendable {
  let links: MailLinks
  var zone = PageZone.utc

  /// The two mails that answer somebody who subscribes. `token` is their signed link.
  func subscription(_ template: MailTemplate, _ language: MailLanguage, token: String) -> MailContent {
    let phrases = language.phrases
    let isNew = template == .subscriptionConfirm
    let letter = isNew ? phrases.confirmSubscription : phrases.alreadySubscribed
    return MailContent(
      language: language, subject: letter.subject.saying(links.name),
      parts: [
        .paragraph(letter.text.saying(links.name)), .action(letter.action, url: isNew ? links.confirm(token) : links.manage(token)),
      ], footer: phrases.ignore)
  }

  /// `data` is of the event `announcement.published`.
  func announcement(_ data: JSONValue, _ language: MailLanguage, token: String) -> MailContent {
    let phrases = language.phrases
    let said = data["announcement"]
    let state = said?["postmortem"]?.bool == true ? "postmortem" : said?["state"]?.string ?? ""
    let title = said?["title"]?.string ?? ""
    let message = (language == .fr ? said?["message_fr"]?.string : nil) ?? said?["message"]?.string ?? ""
    var parts: [MailContent.Part] = [.heading("\(phrases.states[state] ?? state): \(title)"), .quote(message)]
    let services = said?["services"]?.array?.compactMap(\.string) ?? []
    if !services.isEmpty { parts.append(.facts([.init(name: phrases.affected, value: services.joined(separator: ", "))])) }
    parts.append(.action(phrases.readMore, url: links.incident(said?["incident_id"]?.string ?? "")))
    return subscribed(language, "[\(phrases.states[state] ?? state)] \(title)", parts, token)
  }

  /// `data` is of an event `maintenance.<change>`.
  func maintenance(_ data: JSONValue, change: String, _ language: MailLanguage, token: String) -> MailContent {
    let phrases = language.phrases
    let planned = data["maintenance"]
    let title = planned?["title"]?.string ?? ""
    let headline = phrases.maintenance[change] ?? phrases.maintenance["updated"] ?? ""
    var facts: [MailContent.Fact] = []
    for (name, member) in [(phrases.from, "starts_at"), (phrases.until, "ends_at")] {
      if let time = planned?[member]?.integer { facts.append(.init(name: name, value: self.time(time))) }
    }
    let components = planned?["components"]?.array?.compactMap(\.string) ?? []
    if !components.isEmpty { facts.append(.init(name: phrases.affected, value: components.joined(separator: ", "))) }
    let parts: [MailContent.Part] = [
      .heading("\(headline): \(title)"), .facts(facts), .quote(planned?["message"]?.string ?? ""),
      .action(phrases.readMore, url: links.home),
    ]
    return subscribed(language, "[\(headline)] \(title)", parts, token)
  }

  /// Of an account: `link` is the one-use link.
  func account(_ template: MailTemplate, _ language: MailLanguage, link: String) -> MailContent {
    let phrases = language.phrases
    let letter =
      switch template {
      case .confirmMail: phrases.confirmMail
      case .setPassword: phrases.setPassword
      default: phrases.resetPassword
      }
    return MailContent(
      language: language, subject: letter.subject.saying(links.name),
      parts: [
        .paragraph(letter.text.saying(links.name)), .action(letter.action, url: link), .paragraph("\(phrases.linkLives) \(phrases.ignore)"),
      ], footer: phrases.accountFooter.saying(links.name))
  }

  func incident(_ template: MailTemplate, _ language: MailLanguage, _ incident: IncidentsClient.Incident) -> MailContent {
    let phrases = language.phrases
    let isOpening = template == .incidentOpened
    let letter = isOpening ? phrases.incidentOpened : phrases.incidentAssigned
    let severity = String(incident.severity)
    var facts = [MailContent.Fact(name: phrases.severity, value: severity)]
    if !incident.services.isEmpty { facts.append(.init(name: phrases.services, value: incident.services.joined(separator: ", "))) }
    return MailContent(
      language: language, subject: isOpening ? letter.subject.saying(severity, incident.title) : letter.subject.saying(incident.title),
      parts: [.heading(incident.title), .paragraph(letter.text), .facts(facts), .action(letter.action, url: links.warRoom(incident.id))],
      footer: phrases.notifyFooter.saying(links.name), footerLinks: [.init(title: phrases.profile, url: links.profile)])
  }

  func webhookFailing(_ language: MailLanguage) -> MailContent {
    let letter = language.phrases.webhookFailing
    return MailContent(
      language: language, subject: letter.subject.saying(links.name),
      parts: [.paragraph(letter.text), .action(letter.action, url: links.webhooks)],
      footer: language.phrases.accountFooter.saying(links.name))
  }

  private func subscribed(
    _ language: MailLanguage, _ subject: String, _ parts: [MailContent.Part], _ token: String
  ) -> MailContent {
    let phrases = language.phrases
    return MailContent(
      language: language, subject: subject, parts: parts, footer: phrases.subscriptionFooter.saying(links.name),
      footerLinks: [
        .init(title: phrases.manage, url: links.manage(token)), .init(title: phrases.unsubscribe, url: links.unsubscribe(token)),
      ])
  }

  /// `2026-03-01 10:30 UTC+1` of epoch seconds.
  private func time(_ seconds: Int) -> String {
    let text = ISO8601.text(milliseconds: Int64(seconds + zone.offset(at: seconds)) * 1000)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) \(zone.offsetText(at: seconds))"
  }
}
