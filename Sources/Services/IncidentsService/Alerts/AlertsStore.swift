import JSONBytes
import Messaging
import RedisClient
import Signing
import StatusModel

extension IncidentsStore {
  /// What became of a notification.
  struct AlertOutcome: Sendable, Equatable {
    enum Kind: String, CaseIterable { case opened, updated, reopened, resolved, unchanged, ignored }
    let kind: Kind
    /// Alerts that were news.
    let news: Int
    /// The incident; nil when nothing fires and there is none.
    let record: Record?
    let id: String?
  }

  private static let alertsScript = mutation(
    "incidents.alerts", Embedded.identifierLua + Embedded.declareLua + Embedded.turnLua + Embedded.alertsLua)
  /// Alerts that a message puts on the timeline one by one; the others are counted in one entry.
  private static let toldAlerts = 50
  /// Seconds after its end within which an incident nobody touched is opened again by the same group.
  private static let reopening = 1800

  /// Takes what Alertmanager says of a group of alerts; what it said before changes nothing. Throws `.unavailable`.
  func take(_ notification: AlertNotification) async throws(Failure) -> AlertOutcome {
    let incident = notification.incident(digest: SHA256.hex)
    var arguments = Self.arguments(of: incident)
    arguments += [
      .integer(notification.truncated), .integer(Bounds.timelineEntries), .integer(Self.reopening), .integer(Self.toldAlerts),
      .integer(incident.services.count), .integer(notification.alerts.count),
    ]
    for service in incident.services { arguments += [.string(JSONText.quoted(service)), .string(service.lowercased())] }
    for alert in notification.alerts {
      let message = AlertNotification.message(of: alert)
      arguments += [
        .string(alert.fingerprint), .string(alert.state), .string(JSONText.quoted(message)),
        .string(AlertNotification.details(of: alert).text), .string(Self.words(message)),
      ]
    }
    let answer = try await mutations.run(Self.alertsScript, arguments)
    if answer.first?.string == "ignored" { return AlertOutcome(kind: .ignored, news: 0, record: nil, id: nil) }
    guard answer.count == 6, let kind = answer[4].string.flatMap(AlertOutcome.Kind.init), let news = answer[5].int else { throw .defect }
    return AlertOutcome(kind: kind, news: news, record: try Self.record(answer), id: answer[3].string)
  }
}
