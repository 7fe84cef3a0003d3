import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

/// The public pages and documents: all from memory.
extension Frontend {
  var publicRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/", .everyone, status),
      ServiceRoute(.get, "/incidents/{id}", .everyone, incident),
      ServiceRoute(.get, "/history", .everyone, history),
      ServiceRoute(.get, "/components/{key}", .everyone, component),
      ServiceRoute(.get, "/live", .everyone, live),
      ServiceRoute(.get, "/badge.svg", .everyone, badge),
      ServiceRoute(.get, "/assets/{name}", .everyone, asset),
    ] + PublicData.paths.map { ServiceRoute(.get, $0, .everyone, document) }
  }

  private func status(_ request: Request) throws -> Response {
    try pages.answer(request, path: "/") { renderer.html(StatusPage($0, $1)) }
  }

  private func incident(_ request: Request) throws -> Response {
    let id = (request.parameters["id"] ?? "").uppercased()
    return try pages.answer(request, path: "/incidents/\(id)") { IncidentPage(id, $0, $1).map(renderer.html) }
  }

  private func history(_ request: Request) throws -> Response {
    try pages.answer(request, path: "/history") { renderer.html(HistoryPage($0, $1)) }
  }

  private func component(_ request: Request) throws -> Response {
    let key = request.parameters["key"] ?? ""
    return try pages.answer(request, path: "/components/\(key)") { ComponentPage(key, $0, $1).map(renderer.html) }
  }

  private func live(_ request: Request) throws -> Response { try pages.live.answer(node.address(of: request)) }

  private func badge(_ request: Request) throws -> Response {
    let snapshot = try pages.current()
    var answer = Response(contentType: "image/svg+xml", Array(Badge(snapshot, Language(accepting: request.query["lang"])).svg.utf8))
    answer.headerFields[.cacheControl] = "public, max-age=60"
    answer.headerFields[.xContentTypeOptions] = "nosniff"
    return answer
  }

  private func asset(_ request: Request) throws -> Response {
    guard let file = Assets.shared.files[request.parameters["name"] ?? ""] else { throw Failure.notFound("There is no such file.") }
    return file.response(to: request)
  }

  private func document(_ request: Request) throws -> Response { try pages.document(request, path: request.route ?? request.path) }
}

/// The documents of all services, under one address.
extension Frontend {
  var documentRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/docs", .everyone, documents),
      ServiceRoute(.get, "/docs/{service}", .everyone, documentPage),
      ServiceRoute(.get, "/docs/{service}/swagger.yaml", .everyone, swagger),
    ]
  }

  private func documents(_ request: Request) async -> Response {
    let visitor = await visitor(request)
    return answer(DocumentsPage(setting(request, visitor)), visitor)
  }

  private func documentPage(_ request: Request) async throws -> Response {
    let service = try neighbour(request)
    let page = try await node.neighbours.document(service, "/docs")
    let own = #"href="\#(Links(language: .en, form: .plain).swagger(of: service.rawValue))""#
    let html = String(decoding: page.bytes, as: UTF8.self).replacing(#"href="/swagger.yaml""#, with: own)
    var answer = Response(contentType: page.contentType, Array(html.utf8))
    answer.headerFields[.contentSecurityPolicy] = "default-src 'none'; style-src 'self' 'unsafe-inline'"
    answer.headerFields[.xContentTypeOptions] = "nosniff"
    return answer.compressed(for: request)
  }

  private func swagger(_ request: Request) async throws -> Response {
    let document = try await node.neighbours.document(neighbour(request), "/swagger.yaml")
    return Response(contentType: document.contentType, document.bytes).compressed(for: request)
  }

  private func neighbour(_ request: Request) throws(Failure) -> ServiceName {
    guard let service = ServiceName(rawValue: request.parameters["service"] ?? ""), service != .frontend else {
      throw .notFound("There is no such service.")
    }
    return service
  }
}
