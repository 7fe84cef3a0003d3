import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

extension Incidents {
  var linkRoutes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/incidents/{id}/links", .sre, link),
      ServiceRoute(.delete, "/api/v1/incidents/{id}/links/{number}", .sre, unlink),
      ServiceRoute(.get, "/api/v1/incidents/{id}/followers", .viewer, followers),
      ServiceRoute(.put, "/api/v1/incidents/{id}/followers/me", .viewer, follow),
      ServiceRoute(.delete, "/api/v1/incidents/{id}/followers/me", .viewer, unfollow),
    ]
  }

  private func link(_ request: Request) async throws -> Response {
    let link = try NewLink(request.fields())
    let made = try await store.link(request.incidentID(), at: request.expectedVersion, link)
    return .json(made.json, status: made.isNew ? .created : .ok)
  }

  private func unlink(_ request: Request) async throws -> Response {
    try await store.unlink(request.incidentID(), at: request.expectedVersion, request.parameters["number"] ?? "")
    return Response(status: .noContent)
  }

  private func followers(_ request: Request) async throws -> Response {
    let page = try request.page()
    let all = try await store.followers(request.incidentID())
    let shown = all.dropFirst(page.startIndex).prefix(page.maxResults)
    return .list(Array(shown), page: page, total: all.count, of: request)
  }

  private func follow(_ request: Request) async throws -> Response {
    try await store.follow(request.incidentID(), try person(), true)
    return Response(status: .noContent)
  }

  private func unfollow(_ request: Request) async throws -> Response {
    try await store.follow(request.incidentID(), try person(), false)
    return Response(status: .noContent)
  }

  /// Throws `.forbidden` for an application.
  private func person() throws(Failure) -> Person {
    guard let person = Caller.current.person else { throw .forbidden("Only people follow incidents: ask with a person's token.") }
    return person
  }
}
