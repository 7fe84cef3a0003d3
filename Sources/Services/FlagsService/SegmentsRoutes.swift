import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

extension Flags {
  var segmentRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/admin/segments", .sre, listSegments),
      ServiceRoute(.get, "/admin/segments/{name}", .sre, segment),
      ServiceRoute(.put, "/admin/segments/{name}", .admin, saveSegment),
      ServiceRoute(.delete, "/admin/segments/{name}", .admin, deleteSegment),
    ]
  }

  private func listSegments(_ request: Request) async throws -> Response {
    let page = try request.page()
    let segments = try await memory.refresh().segments.values.sorted { $0.segment.name < $1.segment.name }
    return .list(segments.page(page).map(\.json), page: page, total: segments.count, of: request)
  }

  private func segment(_ request: Request) async throws -> Response {
    let name = try request.segmentName
    guard let segment = try await memory.refresh().segments[name] else { throw Failure.notFound("There is no segment \(name).") }
    return .json(segment.json, version: segment.version)
  }

  private func saveSegment(_ request: Request) async throws -> Response {
    let segment = try Segment(name: request.parameters["name"] ?? "", request.jsonObject())
    let record = try await editor.save(segment, at: request.expectedVersion)
    return .json(record.json, status: record.isNew ? .created : .ok, version: record.version)
  }

  private func deleteSegment(_ request: Request) async throws -> Response {
    try await editor.deleteSegment(request.segmentName, at: request.expectedVersion)
    return Response(status: .noContent)
  }
}

extension HTTPServer.Request {
  /// Throws `.notFound` for what cannot be a name.
  fileprivate var segmentName: String {
    get throws(Failure) {
      let name = parameters["name"] ?? ""
      guard FlagsRules.isID(name) else { throw .notFound("There is no such segment.") }
      return name
    }
  }
}
