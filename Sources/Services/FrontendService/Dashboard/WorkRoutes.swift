import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import ServiceClients
import ServiceRuntime
import StatusModel

/// The pages of people who work: the overview, incidents, and declaring one.
extension Frontend {
  var workRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard", .everyone, page(.viewer, dashboard)),
      ServiceRoute(.get, "/dashboard/stream", .everyone, workLive),
      ServiceRoute(.get, "/dashboard/incidents", .everyone, page(.viewer, incidentList)),
      ServiceRoute(.get, "/dashboard/new", .everyone, page(.sre, newIncident)),
      ServiceRoute(.post, "/dashboard/new", .everyone, bodyLimit: Self.formLimit, action(.sre, declare)),
    ]
  }

  private func dashboard(_ request: Request, _ desk: Desk) async -> DashboardPage {
    async let open = Part.read { try await openIncidents() }
    async let providers = Part.read { try await self.providers.providers() }
    async let people = Part.read { try await users.users() }
    async let consumers = desk.may(.sre) ? Part.read { try await comms.consumers() } : .closed
    async let subscribers = desk.may(.sre) ? Part.read { try await comms.subscribers(count: 1).total } : .closed
    let shown = try? pages.current().data
    return await DashboardPage(
      Overview(
        open: open, providers: providers, people: people, consumers: consumers, subscribers: subscribers,
        hasComponent: shown?.components.isEmpty == false, hasAnnounced: shown?.incidents.isEmpty == false), desk)
  }

  private func openIncidents() async throws(Failure) -> [IncidentsClient.Incident] {
    var found: [IncidentsClient.Incident] = []
    for status in ["open", "mitigated"] {
      var filter = IncidentsClient.Filter()
      filter.status = status
      found += try await incidents.incidents(filter).items
    }
    return found
  }

  /// Says when something has changed: of one incident, or of anything.
  private func workLive(_ request: Request) async throws -> Response {
    guard try await person(request) != nil else { throw Failure.unknownCaller("Sign in first.") }
    let incident = request.query["incident"].map { Array($0.utf8) }
    return try changes.answer(request) { entry in
      let name = entry.message.name
      let concerns = ["incident.", "announcement."].contains { name.hasPrefix($0) } && incident.map(entry.bytes.contains) ?? true
      return concerns || ["flag.", "csp."].contains { name.hasPrefix($0) } ? .init(name: "page", data: Array("{}".utf8)) : nil
    }
  }

  private func incidentList(_ request: Request, _ desk: Desk) async throws -> ListPage {
    let filter = IncidentsClient.Filter(request.query)
    async let found = Part.read { try await incidents.incidents(filter) }
    async let people = Part.read { try await users.users() }
    let page = await found
    _ = try page.orRefusal()
    return await .incidents(filter, page, people, desk)
  }

  private func newIncident(_ request: Request, _ desk: Desk) -> FormPage {
    FormPage(.newIncident(desk.setting, (try? pages.current().data.components) ?? []), desk.setting)
  }

  private func declare(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    do throws(Failure) {
      let incident = try await incidents.declare(form.declaration)
      return done("declared", desk.links.warRoom(incident.id))
    } catch {
      return try again(form, error, .newIncident(desk.setting, (try? pages.current().data.components) ?? [], form))
    }
  }
}

extension Submission {
  /// `checkout, payments` as a list.
  func list(_ name: String) -> [String] {
    self[name].split { $0 == "," || $0.isNewline }.map(Self.trimmed).filter { !$0.isEmpty }
  }

  /// An incident as people describe it.
  var declaration: JSONValue {
    [
      "title": .string(text("title")), "sev": Int(self["sev"]).map(JSONValue.integer) ?? .string(self["sev"]),
      "services": .array(list("services").map(JSONValue.string)), "summary": .string(text("summary")),
    ]
  }
}

extension IncidentsClient.Filter {
  /// As the list's address has it.
  init(_ query: Query) {
    self.init()
    status = query["status"].flatMap { ["open", "mitigated", "resolved"].contains($0) ? $0 : nil }
    severity = query["sev"].flatMap { Int($0) }.flatMap { (1...4).contains($0) ? $0 : nil }
    service = query["service"]
    words = query["q"]
    start = PagerView.start(query["start"])
    count = PagerView.size
  }
}
