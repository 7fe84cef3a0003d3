import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceRuntime
import StatusModel

extension Comms {
  var componentRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/components", .everyone, listComponents),
      ServiceRoute(.post, "/api/v1/components", .sre, createComponent),
      ServiceRoute(.get, "/api/v1/components/{key}", .everyone, component),
      ServiceRoute(.patch, "/api/v1/components/{key}", .sre, updateComponent),
      ServiceRoute(.delete, "/api/v1/components/{key}", .sre, deleteComponent),
      ServiceRoute(.get, "/api/v1/components/{key}/uptime", .everyone, uptime),
    ]
  }

  /// Who is known sees what a component depends on, too.
  private func listComponents(_ request: Request) throws -> Response {
    try publicStatus.answer(Caller.current.isNobody ? .components : .componentsInside, pageOf: request)
  }

  private func createComponent(_ request: Request) async throws -> Response {
    let new = try NewComponent(request.fields(), now: Int(clock() / 1000))
    let created = try await components.create(new)
    await publicStatus.refresh()
    return .json(
      try inside(created), status: .created, version: created.version, location: "/api/v1/components/\(created.key)")
  }

  private func component(_ request: Request) throws -> Response {
    let found = try known(request)
    let snapshot = try publicStatus.current()
    guard Caller.current.isNobody else { return .json(snapshot.json(of: found, inside: true).bytes, version: found.version) }
    return publicStatus.answer(snapshot.json(of: found, inside: false).bytes, to: request)
  }

  private func updateComponent(_ request: Request) async throws -> Response {
    let change = try ComponentChange(request.fields(), now: Int(clock() / 1000))
    let updated = try await components.update(request.componentKey(), at: request.expectedVersion, change)
    await publicStatus.refresh()
    return .json(try inside(updated), version: updated.version)
  }

  private func deleteComponent(_ request: Request) async throws -> Response {
    try await components.delete(request.componentKey(), at: request.expectedVersion)
    await publicStatus.refresh()
    return Response(status: .noContent)
  }

  private func uptime(_ request: Request) throws -> Response {
    let days = try request.days()
    let found = try known(request)
    return publicStatus.answer(try publicStatus.uptime(of: found, days: days), to: request)
  }

  /// The component of the path as it is in memory. Throws `.notFound`.
  private func known(_ request: Request) throws(Failure) -> Component {
    let key = try request.componentKey()
    guard let found = try publicStatus.current().component(key) else { throw .notFound("There is no component \(key).") }
    return found
  }

  /// As who may change it sees it, with its status of now.
  private func inside(_ component: Component) throws(Failure) -> [UInt8] {
    try publicStatus.current().json(of: component, inside: true).bytes
  }
}

extension Request {
  fileprivate func componentKey() throws(Failure) -> String {
    let given = parameters["key"] ?? ""
    guard ComponentKey.isValid(given) else { throw .notFound("There is no component \(given.prefix(64)).") }
    return given
  }

  /// How many days of uptime are asked for; 90 unless the query says so. Throws `.invalid`.
  fileprivate func days() throws(Failure) -> Int {
    guard let text = query["days"] else { return 90 }
    guard let days = Int(text), StatusBounds.days.contains(days) else {
      throw .invalid("days", "must be an integer from \(StatusBounds.days.lowerBound) to \(StatusBounds.days.upperBound)")
    }
    return days
  }
}
