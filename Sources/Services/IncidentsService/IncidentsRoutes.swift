import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
public import ServiceRuntime
import StatusModel

extension Incidents {
  public var routes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/incidents", .sre, create),
      ServiceRoute(.get, "/api/v1/incidents", .viewer, list),
      ServiceRoute(.get, "/api/v1/incidents/stream", .viewer, follow),
      ServiceRoute(.get, "/api/v1/incidents/{id}", .viewer, detail),
      ServiceRoute(.patch, "/api/v1/incidents/{id}", .sre, update),
      ServiceRoute(.post, "/api/v1/incidents/{id}/assign", .sre, assign),
      ServiceRoute(.post, "/api/v1/incidents/{id}/status", .sre, setStatus),
      ServiceRoute(.post, "/api/v1/incidents/{id}/timeline", .sre, addEntry),
      ServiceRoute(.get, "/api/v1/incidents/{id}/timeline", .viewer, entries),
      ServiceRoute(.post, "/api/v1/incidents/{id}/postmortem", .sre, savePostmortem),
      ServiceRoute(.get, "/api/v1/incidents/{id}/postmortem", .viewer, postmortem),
      ServiceRoute(.get, "/api/v1/incidents/{id}/postmortem/draft", .viewer, postmortemDraft),
    ] + linkRoutes + metricsRoutes + actionItemRoutes + templateRoutes + alertRoutes
  }

  private func create(_ request: Request) async throws -> Response {
    let declared = try await store.create(NewIncident(request.fields()))
    return .json(
      declared.record.json, status: declared.isNew ? .created : .ok, version: declared.record.version,
      location: "/api/v1/incidents/\(declared.id)")
  }

  private func list(_ request: Request) async throws -> Response {
    let (filter, page) = try IncidentFilter.read(request)
    let found = try await store.list(filter, start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func follow(_ request: Request) async throws -> Response {
    try stream.answer(request) { $0.hasPrefix("incident.") }
  }

  private func detail(_ request: Request) async throws -> Response {
    let record = try await store.detail(request.incidentID())
    return .json(record.json, version: record.version)
  }

  private func update(_ request: Request) async throws -> Response {
    let change = try IncidentChange(request.fields())
    let record = try await store.update(request.incidentID(), at: request.expectedVersion, change)
    return .json(record.json, version: record.version)
  }

  private func assign(_ request: Request) async throws -> Response {
    let assignment = try Assignment(request.fields())
    let id = try request.incidentID()
    guard let user = try await users.user(assignment.user), user.isActive else {
      throw Failure.invalid("commander", "must be the id of a user; there is none with this one")
    }
    guard user.role >= .sre else {
      throw Failure.invalid("commander", "must be an sre or an admin; \(user.name) is a \(user.role.rawValue)")
    }
    let record = try await store.assign(id, at: request.expectedVersion, assignment, name: user.name)
    return .json(record.json, version: record.version)
  }

  private func setStatus(_ request: Request) async throws -> Response {
    let change = try StatusChange(request.fields())
    let record = try await store.setStatus(request.incidentID(), at: request.expectedVersion, change)
    return .json(record.json, version: record.version)
  }

  private func addEntry(_ request: Request) async throws -> Response {
    let entry = try NewTimelineEntry(request.fields())
    return .json(try await store.addEntry(request.incidentID(), at: request.expectedVersion, entry).json)
  }

  private func entries(_ request: Request) async throws -> Response {
    let page = try request.page()
    let found = try await store.entries(request.incidentID(), start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func savePostmortem(_ request: Request) async throws -> Response {
    let postmortem = try NewPostmortem(request.fields())
    return .json(try await store.savePostmortem(request.incidentID(), at: request.expectedVersion, postmortem).json)
  }

  private func postmortem(_ request: Request) async throws -> Response {
    let saved = try await store.postmortem(request.incidentID())
    return try document(saved.json, title: saved.title, for: request)
  }

  private func postmortemDraft(_ request: Request) async throws -> Response {
    let incident = try JSONValue(parsing: try await store.detail(request.incidentID()).json)
    return try document(PostmortemDraft(incident).json.bytes, title: incident["title"]?.string ?? "", for: request)
  }

  /// A postmortem as JSON or as Markdown, as it was asked for.
  private func document(_ json: [UInt8], title: String, for request: Request) throws -> Response {
    var answer = Response.json(json)
    if PostmortemMarkdown.isPreferred(request.header(.accept)) {
      let text = PostmortemMarkdown.text(try JSONValue(parsing: json), title: title)
      answer = Response(contentType: "text/markdown; charset=utf-8", Array(text.utf8))
    }
    answer.headerFields[.vary] = "Accept"
    return answer
  }
}

extension Request {
  /// The incident of the path, as it is stored.
  func incidentID() throws(Failure) -> String {
    let given = parameters["id"] ?? ""
    guard let id = IncidentID.canonical(given) else { throw .notFound("There is no incident \(given.prefix(64)).") }
    return id
  }
}
