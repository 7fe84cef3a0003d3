import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceRuntime
import StatusModel

extension Comms {
  var maintenanceRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/public/banner", .everyone, banner),
      ServiceRoute(.put, "/api/v1/public/banner", .sre, setBanner),
      ServiceRoute(.delete, "/api/v1/public/banner", .sre, deleteBanner),
      ServiceRoute(.get, "/api/v1/maintenances", .everyone, listMaintenances),
      ServiceRoute(.post, "/api/v1/maintenances", .sre, planMaintenance),
      ServiceRoute(.get, "/api/v1/maintenances/{id}", .everyone, maintenance),
      ServiceRoute(.patch, "/api/v1/maintenances/{id}", .sre, updateMaintenance),
      ServiceRoute(.delete, "/api/v1/maintenances/{id}", .sre, cancelMaintenance),
      ServiceRoute(.get, "/maintenance.ics", .everyone, calendar),
    ]
  }

  /// 204 when there is none, or when its time is over.
  private func banner(_ request: Request) throws -> Response {
    guard let banner = try publicStatus.current().banner, banner["until"]?.integer.map({ $0 > Int(clock() / 1000) }) ?? true else {
      return publicStatus.marked(Response(status: .noContent), for: request)
    }
    return publicStatus.answer(banner.bytes, to: request)
  }

  private func setBanner(_ request: Request) async throws -> Response {
    let json = try await maintenances.setBanner(NewBanner(request.fields(), now: Int(clock() / 1000)))
    await publicStatus.refresh()
    return .json(json)
  }

  private func deleteBanner(_ request: Request) async throws -> Response {
    try await maintenances.deleteBanner()
    await publicStatus.refresh()
    return Response(status: .noContent)
  }

  private func listMaintenances(_ request: Request) throws -> Response { try publicStatus.answer(.maintenances, pageOf: request) }

  private func planMaintenance(_ request: Request) async throws -> Response {
    let now = Int(clock() / 1000)
    let planned = try await maintenances.create(NewMaintenance(request.fields(), now: now))
    await publicStatus.refresh()
    return .json(
      planned.json(at: now).bytes, status: .created, version: planned.version, location: "/api/v1/maintenances/\(planned.id)")
  }

  private func maintenance(_ request: Request) throws -> Response {
    let id = try request.maintenanceID()
    let snapshot = try publicStatus.current()
    guard let found = snapshot.records.maintenances.first(where: { $0.id == id }) else {
      throw Failure.notFound("There is no maintenance \(id).")
    }
    return publicStatus.marked(.json(found.json(at: Int(clock() / 1000)).bytes, version: found.version), for: request)
  }

  private func updateMaintenance(_ request: Request) async throws -> Response {
    let change = try MaintenanceChange(request.fields())
    let updated = try await maintenances.update(request.maintenanceID(), at: request.expectedVersion, change)
    await publicStatus.refresh()
    return .json(updated.json(at: Int(clock() / 1000)).bytes, version: updated.version)
  }

  private func cancelMaintenance(_ request: Request) async throws -> Response {
    try await maintenances.delete(request.maintenanceID(), at: request.expectedVersion)
    await publicStatus.refresh()
    return Response(status: .noContent)
  }

  private func calendar(_ request: Request) throws -> Response { try publicStatus.answer(.calendar, to: request) }
}
