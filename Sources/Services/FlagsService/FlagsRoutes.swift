import HTTPServer
import HTTPTypes
import JSONBytes
public import ServiceRuntime
import StatusModel

extension Flags {
  public var routes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/flags", .everyone, flags),
      ServiceRoute(.get, "/admin/flags", .sre, list),
      ServiceRoute(.post, "/admin/flags", .admin, bodyLimit: Bounds.definitionBytes, save),
      ServiceRoute(.get, "/admin/flags/", .sre, list),
      ServiceRoute(.post, "/admin/flags/", .admin, bodyLimit: Bounds.definitionBytes, save),
      ServiceRoute(.get, "/admin/flags/stale", .sre, stale),
      ServiceRoute(.get, "/admin/flags/{id}", .sre, flag),
      ServiceRoute(.delete, "/admin/flags/{id}", .admin, delete),
      ServiceRoute(.get, "/admin/flags/{id}/history", .sre, history),
      ServiceRoute(.post, "/admin/flags/{id}/rollback", .admin, rollBack),
      ServiceRoute(.post, "/admin/flags/{id}/explain", .sre, bodyLimit: Bounds.contextBytes, explain),
      ServiceRoute(.post, "/admin/toggle/{id}", .sre, toggle),
    ] + segmentRoutes + evaluationRoutes
  }

  private func list(_ request: Request) async throws -> Response {
    var query = FieldReader(JSONObject(request.query.items.map { ($0.name, .string($0.value)) }))
    let grouping = query.optionalChoice("group_by", ["target"])
    try query.check()
    let page = try request.page()
    let flags = try await memory.refresh().ordered
    if grouping != nil { return .json(FlagsByTarget.json(flags).bytes) }
    return .list(flags.page(page).map(\.json), page: page, total: flags.count, of: request)
  }

  private func save(_ request: Request) async throws -> Response {
    let record = try await editor.save(request.jsonObject(), at: request.expectedVersion)
    guard record.isNew else { return .json(record.json, version: record.version) }
    let id = try JSONValue(parsing: record.json)["id"]?.string ?? ""
    return .json(record.json, status: .created, version: record.version, location: "/admin/flags/\(id)")
  }

  private func stale(_ request: Request) async throws -> Response {
    let page = try request.page()
    let now = Int(node.clock() / 1000)
    let found = try await memory.refresh().ordered.compactMap { $0.staleness(at: now) }
    return .list(found.page(page).map(\.bytes), page: page, total: found.count, of: request)
  }

  private func flag(_ request: Request) async throws -> Response {
    let flag = try await wanted(request)
    return .json(flag.json, version: flag.version)
  }

  private func delete(_ request: Request) async throws -> Response {
    try await editor.delete(request.flagID, at: request.expectedVersion)
    return Response(status: .noContent)
  }

  private func history(_ request: Request) async throws -> Response {
    let page = try request.page()
    let found = try await store.history(request.flagID, start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func rollBack(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let version = body.integer("version", 1...Bounds.time.upperBound)
    try body.check()
    let record = try await editor.rollBack(request.flagID, to: version, at: request.expectedVersion)
    return .json(record.json, version: record.version)
  }

  private func explain(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let context = body.optionalObject("context") ?? JSONObject()
    for name in ["targetingKey", "user"] where context[name] != nil && context[name]?.string == nil {
      body.refuse("context.\(name)", "must be a string")
    }
    try body.check()
    let flag = try await wanted(request)
    return .json(Explanation.of(flag, in: try memory.snapshot, for: EvaluationContext(context)).bytes)
  }

  private func toggle(_ request: Request) async throws -> Response {
    var body = try request.optionalFields()
    let isOn = body.optionalBool("on")
    try body.check()
    let id = try request.flagID
    if ClusterFlag(rawValue: id) != nil, !Caller.current.isAdmin {
      throw Failure.forbidden("\(id) is one of the cluster's own flags; only an admin switches it.")
    }
    let record = try await editor.toggle(id, to: isOn, at: request.expectedVersion)
    return .json(record.json, version: record.version)
  }

  private func wanted(_ request: Request) async throws -> Flag {
    let id = try request.flagID
    guard let flag = try await memory.refresh().flags[id] else { throw FlagsStore.missing(id) }
    return flag
  }
}

extension HTTPServer.Request {
  /// Throws `.notFound` for what cannot be an id.
  fileprivate var flagID: String {
    get throws(Failure) {
      let id = parameters["id"] ?? ""
      guard FlagsRules.isID(id) else { throw .notFound("There is no such flag.") }
      return id
    }
  }
}

extension Caller {
  fileprivate var isAdmin: Bool { person.map { $0.role == .admin } ?? application?.admin ?? false }
}

extension Array {
  func page(_ page: Page) -> ArraySlice<Element> { dropFirst(page.startIndex).prefix(page.maxResults) }
}

extension Flag {
  /// `{id, reasons, updated_at, expires_at, owner}`; nil when it is not stale. `now` in epoch seconds.
  fileprivate func staleness(at now: Int) -> JSONValue? {
    let reasons = FlagsRules.staleness(of: definition, changedAt: updatedAt, now: now)
    guard !reasons.isEmpty else { return nil }
    return [
      "id": .string(id), "reasons": .array(reasons.map { .string($0.rawValue) }), "updated_at": .integer(updatedAt),
      "expires_at": definition.expiresAt.map { .integer($0) } ?? .null, "owner": definition.owner.map { .string($0) } ?? .null,
    ]
  }
}

/// Who has what by name: `{users: {name: [{flag, variation}]}, groups: {…}}`, names in order.
private enum FlagsByTarget {
  static func json(_ flags: [Flag]) -> JSONValue {
    ["users": json(flags, \.definition.users), "groups": json(flags, \.definition.groups)]
  }

  private static func json(_ flags: [Flag], _ targets: (Flag) -> [FlagDefinition.Target]) -> JSONValue {
    var byName: [String: [JSONValue]] = [:]
    for flag in flags {
      for target in targets(flag) {
        byName[target.name, default: []].append(["flag": .string(flag.id), "variation": .string(target.variation)])
      }
    }
    return .object(JSONObject(byName.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value)) }))
  }
}
