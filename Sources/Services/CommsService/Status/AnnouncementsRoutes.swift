import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

extension Comms {
  var announcementRoutes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/public/announce", .sre, announce),
      ServiceRoute(.patch, "/api/v1/public/announcements/{id}", .sre, correct),
      ServiceRoute(.get, "/api/v1/public/status", .everyone, publicIncidents),
      ServiceRoute(.get, "/api/v1/public/incidents", .everyone, listPublic),
      ServiceRoute(.get, "/api/v1/public/incidents/{id}", .everyone, publicDetail),
      ServiceRoute(.post, "/api/v1/public/incidents/{id}/withdraw", .sre, withdraw),
    ]
  }

  private func announce(_ request: Request) async throws -> Response {
    let announcement = try NewAnnouncement(request.fields())
    let isDryRun = try request.isDryRun()
    guard let incident = try await incidents.incident(announcement.incidentID) else {
      throw Failure.invalid("incident_id", "must be the id of an incident; there is none with this one")
    }
    if isDryRun { return .json(try await trial(announcement, of: incident).bytes) }
    let json = try await announcements.publish(announcement, of: incident)
    await publicStatus.refresh()
    return .json(json, status: .created, location: "/api/v1/public/incidents/\(incident.id)")
  }

  private func correct(_ request: Request) async throws -> Response {
    let correction = try AnnouncementCorrection(request.fields())
    let json = try await announcements.correct(request.announcementID(), correction)
    await publicStatus.refresh()
    return .json(json)
  }

  private func publicIncidents(_ request: Request) throws -> Response { try publicStatus.answer(.status, pageOf: request) }

  /// The first page comes from memory.
  private func listPublic(_ request: Request) async throws -> Response {
    guard let query = request.rawQuery, !query.isEmpty else { return try publicStatus.answer(.incidents, to: request) }
    let period = try Period(request)
    let page = try request.page()
    let found = try await publicStore.incidents(start: page.startIndex, count: page.maxResults, from: period.from, to: period.to)
    let keys = try publicStatus.current().componentKeys
    return publicStatus.marked(.list(found.items.map { $0.detail(keys).bytes }, page: page, total: found.total, of: request), for: request)
  }

  private func publicDetail(_ request: Request) async throws -> Response {
    let id = try request.publicIncidentID()
    let snapshot = try publicStatus.current()
    var incident = snapshot.incident(id)
    if incident == nil { incident = try await publicStore.incident(id) }
    guard let incident else { throw Failure.notFound("There is no public incident \(id).") }
    return publicStatus.answer(incident.detail(snapshot.componentKeys).bytes, to: request)
  }

  private func withdraw(_ request: Request) async throws -> Response {
    try await announcements.withdraw(request.publicIncidentID())
    await publicStatus.refresh()
    return Response(status: .noContent)
  }

  /// What announcing this would do: how many mails and webhook calls, and what the public status would show of the incident.
  private func trial(_ announcement: NewAnnouncement, of incident: IncidentsClient.Incident) async throws(Failure) -> JSONValue {
    let snapshot = try publicStatus.current()
    let shown = PublicIncident(announcement, of: incident, at: snapshot.now, known: snapshot.incident(incident.id))
    let draft = AnnouncementDraft(severity: shown.severity, components: shown.components(snapshot.componentKeys))
    return [
      "mails": .integer(try await audience.mails(draft)), "webhooks": .integer(try await audience.webhooks(draft)),
      "page": shown.statusEntry(snapshot.componentKeys),
    ]
  }
}

/// What an announcement would be about.
struct AnnouncementDraft: Sendable {
  let severity: Int
  /// Keys.
  let components: [String]
}

/// How many an announcement would reach, by each way that tells people.
struct Audience: Sendable {
  var mails: @Sendable (AnnouncementDraft) async throws(Failure) -> Int = { _ async throws(Failure) in 0 }
  var webhooks: @Sendable (AnnouncementDraft) async throws(Failure) -> Int = { _ async throws(Failure) in 0 }
}
