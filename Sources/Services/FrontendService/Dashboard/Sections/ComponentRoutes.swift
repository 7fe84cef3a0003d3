import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Components of the public page, and maintenance.
extension Frontend {
  var componentRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/components", .everyone, page(.viewer, componentList)),
      ServiceRoute(.post, "/dashboard/components", .everyone, bodyLimit: Self.formLimit, action(.sre, addComponent)),
      ServiceRoute(.get, "/dashboard/components/{key}", .everyone, page(.sre, editComponent)),
      ServiceRoute(.post, "/dashboard/components/{key}", .everyone, bodyLimit: Self.formLimit, action(.sre, changeComponent)),
      ServiceRoute(.post, "/dashboard/components/{key}/delete", .everyone, bodyLimit: Self.formLimit, action(.sre, deleteComponent)),
      ServiceRoute(.get, "/dashboard/maintenance", .everyone, page(.viewer, maintenanceList)),
      ServiceRoute(.post, "/dashboard/maintenance", .everyone, bodyLimit: Self.formLimit, action(.sre, planMaintenance)),
      ServiceRoute(.post, "/dashboard/maintenance/{id}/end", .everyone, bodyLimit: Self.formLimit, action(.sre, endMaintenance)),
    ]
  }

  private func componentList(_ request: Request, _ desk: Desk) async -> ListPage {
    .components(await Part.read { try await comms.workingComponents() }, desk)
  }

  private func addComponent(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    var body = form.component(nil)
    body["key"] = .string(form.text("key"))
    do throws(Failure) { try await comms.addComponent(.object(body)) } catch {
      return try await refused(error, form) { setting in
        let desk = Desk(person: desk.person, setting: setting, now: desk.now)
        return ListPage.components(await Part.read { try await comms.workingComponents() }, desk, typed: form)
      }
    }
    return done("added", desk.links.components)
  }

  private func editComponent(_ request: Request, _ desk: Desk) async throws -> ListPage {
    .component(try await comms.workingComponent(request.parameters["key"] ?? ""), desk)
  }

  private func changeComponent(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let known = try await comms.workingComponent(request.parameters["key"] ?? "")
    do throws(Failure) {
      try await comms.changeComponent(known.shown.key, .object(form.component(known)), version: Int(form["version"]) ?? known.version)
    } catch {
      return try await refused(error, form) { setting in
        ListPage.component(known, Desk(person: desk.person, setting: setting, now: desk.now), typed: form)
      }
    }
    return done("saved", desk.links.components)
  }

  private func deleteComponent(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await comms.removeComponent(request.parameters["key"] ?? "")
    return done("deleted", desk.links.components)
  }

  private func maintenanceList(_ request: Request, _ desk: Desk) async -> ListPage { await maintenancePage(desk, nil) }

  private func maintenancePage(_ desk: Desk, _ form: Submission?) async -> ListPage {
    async let maintenances = Part.read { try await comms.maintenances() }
    async let components = Part.read { try await comms.components() }
    return await .maintenances(maintenances, components.value ?? [], desk, typed: form)
  }

  private func planMaintenance(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    do throws(Failure) { try await comms.planMaintenance(form.maintenance()) } catch {
      return try await refused(error, form) { setting in
        await maintenancePage(Desk(person: desk.person, setting: setting, now: desk.now), form)
      }
    }
    return done("planned", desk.links.maintenance)
  }

  private func endMaintenance(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await comms.endMaintenance(request.parameters["id"] ?? "")
    return done("ended", desk.links.maintenance)
  }
}

extension Submission {
  /// What the form of a component says; what else is known of a dependency stays.
  fileprivate func component(_ known: CommsClient.Component?) -> JSONObject {
    func dependencies(_ effect: String) -> [JSONValue] {
      list(effect).map { name in
        known?.dependsOn.first { $0["on"]?.string == name && $0["effect"]?.string == effect } ?? [
          "on": .string(name), "effect": .string(effect),
        ]
      }
    }
    var body = JSONObject([
      ("name", .string(text("name"))), ("description", .string(text("description"))), ("group", .string(text("group"))),
      ("show", .string(self["show"] == "if_degraded" ? "if_degraded" : "always")),
      ("depends_on", .array(dependencies("note") + dependencies("state"))),
    ])
    if let position = Int(text("position")) { body["position"] = .integer(position) }
    guard known != nil else { return body }
    let until = known?.override["until"] ?? .null
    body["status_override"] =
      self["status_override"].isEmpty
      ? .null : ["status": .string(self["status_override"]), "reason": .string(text("status_override.reason")), "until": until]
    return body
  }

  /// Throws `.invalid` for times that are none.
  fileprivate func maintenance() throws(Failure) -> JSONValue {
    func seconds(_ name: String) -> Int? { ISO8601.milliseconds("\(text(name).prefix(16)):00Z").map { Int($0 / 1000) } }
    let missing = ["starts_at", "ends_at"].filter { seconds($0) == nil }
    if !missing.isEmpty { throw .invalid(missing.map { FieldProblem(field: $0, message: "must be a day and a time") }) }
    return [
      "title": .string(text("title")), "message": .string(text("message")),
      "components": .array(values("components").map(JSONValue.string)), "starts_at": .integer(seconds("starts_at") ?? 0),
      "ends_at": .integer(seconds("ends_at") ?? 0),
    ]
  }
}
