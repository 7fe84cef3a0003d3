import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// One incident, where people work on it.
extension Frontend {
  var warRoomRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/incidents/{id}", .everyone, page(.viewer, warRoom)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/timeline", .everyone, bodyLimit: Self.formLimit, action(.sre, write)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/status", .everyone, bodyLimit: Self.formLimit, action(.sre, setStatus)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/assign", .everyone, bodyLimit: Self.formLimit, action(.sre, assign)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/change", .everyone, bodyLimit: Self.formLimit, action(.sre, change)),
      ServiceRoute(.get, "/dashboard/incidents/{id}/announce", .everyone, page(.sre, showAnnounce)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/announce", .everyone, bodyLimit: Self.formLimit, action(.sre, announce)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/withdraw", .everyone, bodyLimit: Self.formLimit, action(.sre, withdraw)),
      ServiceRoute(.get, "/dashboard/incidents/{id}/postmortem", .everyone, page(.sre, showPostmortem)),
      ServiceRoute(.post, "/dashboard/incidents/{id}/postmortem", .everyone, bodyLimit: Self.longFormLimit, action(.sre, savePostmortem)),
    ]
  }

  /// Bytes of a form with texts of 20,000 characters.
  static let longFormLimit = 1 << 20

  private func warRoom(_ request: Request, _ desk: Desk) async throws -> WarRoomPage {
    try await warRoomPage(request, desk, nil)
  }

  /// What the services say of the incident, asked all at once.
  private func warRoomPage(_ request: Request, _ desk: Desk, _ form: Submission?) async throws -> WarRoomPage {
    let id = request.incidentID
    async let detail = Part.read { try await incidents.detail(id) }
    async let people = Part.read { try await users.users() }
    async let published = Part.read { try await comms.publicIncident(id) }
    async let causes = Part.read { try await providers.causes(of: id) }
    async let flags = desk.may(.sre) ? Part.read { try await self.flags.flags() } : .closed
    let room = await WarRoom(id: id, detail: detail, people: people, published: published, causes: causes, flags: flags)
    _ = try room.detail.orRefusal()
    return WarRoomPage(room, desk, typed: form, page: request.query["page"].flatMap { Int($0) } ?? 1)
  }

  /// Acts, and goes back to the incident; a refusal shows it again with what was typed.
  private func acting(
    _ request: Request, _ form: Submission, _ desk: Desk, _ key: String, anchor: String = "",
    _ act: (String) async throws(Failure) -> Void
  ) async throws -> Response {
    do throws(Failure) { try await act(request.incidentID) } catch {
      return try await refused(error, form) { setting in
        try await warRoomPage(request, Desk(person: desk.person, setting: setting, now: desk.now), form)
      }
    }
    return done(key, desk.links.warRoom(request.incidentID) + anchor)
  }

  private func write(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "written", anchor: "#timeline") { id throws(Failure) in
      try await incidents.write(id, kind: form["type"], message: form.text("message"), isPublic: form["visibility"] == "public")
    }
  }

  private func setStatus(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "status_set") { id throws(Failure) in
      try await incidents.setStatus(id, form["status"], message: form.text("message"))
    }
  }

  private func assign(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "assigned", anchor: "#roles") { id throws(Failure) in
      try await incidents.assign(id, user: form["commander"], role: form["role"])
    }
  }

  private func change(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "saved") { id throws(Failure) in
      guard let current = try await incidents.incident(id) else { throw .notFound(desk.strings("no_such_incident")) }
      try await incidents.change(id, form.changes(of: current), version: current.version)
    }
  }

  private func withdraw(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "withdrawn", anchor: "#public") { id throws(Failure) in try await comms.withdraw(id) }
  }

  private func showAnnounce(_ request: Request, _ desk: Desk) async throws -> AnnouncePage {
    try await announcePage(request, desk)
  }

  private func announcePage(
    _ request: Request, _ desk: Desk, _ form: Submission? = nil, trial: CommsClient.Trial? = nil
  ) async throws(Failure) -> AnnouncePage {
    let id = request.incidentID
    async let found = Part.read { try await incidents.incident(id) }
    async let published = Part.read { try await comms.publicIncident(id) }
    let known = await found
    if let failure = known.failure { throw failure }
    guard let incident = known.value ?? nil else { throw .notFound(desk.strings("no_such_incident")) }
    return await AnnouncePage(incident, published.value ?? nil, desk, typed: form, trial: trial)
  }

  /// The first sending shows what it would do, the second does it.
  private func announce(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let body = form.announcement(of: request.incidentID)
    do throws(Failure) {
      guard form["step"] == "publish" else {
        let trial = try await comms.tryAnnouncing(body)
        return answer(try await announcePage(request, desk, form, trial: trial), form.visitor)
      }
      try await comms.announce(body)
    } catch {
      return try await refused(error, form) { setting in
        try await announcePage(request, Desk(person: desk.person, setting: setting, now: desk.now), form)
      }
    }
    return done("announced", desk.links.warRoom(request.incidentID))
  }

  private func showPostmortem(_ request: Request, _ desk: Desk) async throws -> FormPage {
    let detail = try await incidents.detail(request.incidentID)
    return FormPage(.postmortem(desk.setting, detail.incident, detail.postmortem), desk.setting)
  }

  private func savePostmortem(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let detail = try await incidents.detail(request.incidentID)
    do throws(Failure) { try await incidents.savePostmortem(detail.incident.id, form.postmortem(replacing: detail.postmortem)) } catch {
      return try again(form, error, .postmortem(desk.setting, detail.incident, detail.postmortem, form))
    }
    let key = form["state"] == "published" ? "postmortem_published" : "postmortem_saved"
    return done(key, desk.links.warRoom(detail.incident.id) + "#postmortem")
  }
}

extension Request {
  /// Of the path; ids are written in capitals.
  fileprivate var incidentID: String { (parameters["id"] ?? "").uppercased() }
}

extension Submission {
  /// What differs from what the form showed at first. Throws `.versionMismatch` when somebody else has changed just that.
  fileprivate func changes(of incident: IncidentsClient.Incident) throws(Failure) -> JSONValue {
    let all = declaration.object ?? JSONObject()
    var changed = JSONObject()
    for (name, now) in incident.editable {
      let (typed, shown) = (text(name), text("shown_\(name)"))
      guard typed != shown else { continue }
      guard now == shown || now == typed else {
        throw .versionMismatch(setting.strings("changed_meanwhile", ["now": TextPart.clipped(now, 200)]))
      }
      changed[name] = all[name]
    }
    return .object(changed)
  }

  fileprivate func announcement(of incident: String) -> JSONValue {
    var body = JSONObject([
      ("incident_id", .string(incident)), ("message", .string(text("message"))), ("state", .string(self["state"])),
    ])
    for name in ["message_fr", "title"] where !text(name).isEmpty { body[name] = .string(text(name)) }
    return .object(body)
  }

  /// Action items are lines; `[x]` marks those that are done. One whose title is the same keeps what else is known of it.
  fileprivate func postmortem(replacing known: Postmortem?) -> JSONValue {
    let items = lines("action_items").map { line -> JSONValue in
      let isDone = line.lowercased().hasPrefix("[x]")
      let title = isDone ? Self.trimmed(line.dropFirst(3)) : line
      var item = known?.actionItems.first { $0.title == title }?.json.object ?? JSONObject([("title", .string(title))])
      item["done"] = .bool(isDone)
      return .object(item)
    }
    let texts = ["what_happened", "root_cause", "impact", "detection", "lessons"].map { ($0, JSONValue.string(text($0))) }
    return .object(
      JSONObject(
        texts + [
          ("contributing_factors", .array(lines("contributing_factors").map(JSONValue.string))), ("action_items", .array(items)),
          ("state", .string(self["state"] == "published" ? "published" : "draft")),
        ]))
  }

  private func lines(_ name: String) -> [String] { self[name].split(whereSeparator: \.isNewline).map(Self.trimmed).filter { !$0.isEmpty } }
}
