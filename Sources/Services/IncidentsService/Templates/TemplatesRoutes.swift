import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

extension Incidents {
  var templateRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/templates", .viewer, templates),
      ServiceRoute(.post, "/api/v1/templates", .sre, createTemplate),
      ServiceRoute(.get, "/api/v1/templates/{key}", .viewer, template),
      ServiceRoute(.patch, "/api/v1/templates/{key}", .sre, changeTemplate),
      ServiceRoute(.delete, "/api/v1/templates/{key}", .sre, deleteTemplate),
    ]
  }

  private func templates(_ request: Request) async throws -> Response {
    let page = try request.page()
    let found = try await store.templates(start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func createTemplate(_ request: Request) async throws -> Response {
    let template = try UpdateTemplate(request.fields())
    let record = try await store.create(template)
    return .json(record.json, status: .created, version: record.version, location: "/api/v1/templates/\(template.key)")
  }

  private func template(_ request: Request) async throws -> Response {
    let record = try await store.template(request.parameters["key"] ?? "")
    return .json(record.json, version: record.version)
  }

  private func changeTemplate(_ request: Request) async throws -> Response {
    let change = try UpdateTemplateChange(request.fields())
    let record = try await store.change(request.parameters["key"] ?? "", at: request.expectedVersion, change)
    return .json(record.json, version: record.version)
  }

  private func deleteTemplate(_ request: Request) async throws -> Response {
    try await store.deleteTemplate(request.parameters["key"] ?? "", at: request.expectedVersion)
    return Response(status: .noContent)
  }
}
