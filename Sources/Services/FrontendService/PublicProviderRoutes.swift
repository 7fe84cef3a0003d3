import HTTPServer
import HTTPTypes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Whom we depend on, for everybody, and what visitors report of them.
extension Frontend {
  var publicProviderRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/providers", .everyone, publicProviders),
      ServiceRoute(.get, "/providers/{name}", .everyone, publicProvider),
      ServiceRoute(.post, "/providers/{name}", .everyone, bodyLimit: Self.formLimit, reportProvider),
    ]
  }

  private func publicProviders(_ request: Request) async -> Response {
    let visitor = await visitor(request)
    let shown = await Part.read { try await shownProviders() }
    return answer(ListPage.publicProviders(shown, setting(request, visitor), now: now), visitor)
  }

  private func publicProvider(_ request: Request) async throws -> Response {
    let visitor = await visitor(request)
    return answer(try await publicPage(request, setting(request, visitor)), visitor)
  }

  private func publicPage(_ request: Request, _ setting: PageContext) async throws -> ProviderPage {
    let name = request.parameters["name"] ?? ""
    async let events = Part.read { try await providers.events(of: name, count: Self.eventsShown) }
    async let reports = Part.read { try await providers.reports(of: name) }
    let shown = try await shownProviders()
    guard let provider = shown.first(where: { $0.name == name }) else { throw Failure.notFound(setting.strings("error_404_advice")) }
    return await ProviderPage(provider, events, reports, setting, now: now)
  }

  private func reportProvider(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    let name = request.parameters["name"] ?? ""
    do {
      try await form.visitor.acting { try await providers.report(name, kind: form["kind"]) }
    } catch let refusal as Failure {
      return try await refused(refusal, form) { try await publicPage(request, $0) }
    }
    return done("reported", form.setting.links.publicProvider(name))
  }

  private static let eventsShown = 20
  private var now: Int { Int(node.clock() / 1000) }

  /// Those a component depends on; with `PUBLIC_GRAPH=all` every one.
  private func shownProviders() async throws -> [ProvidersClient.Provider] {
    async let known = providers.providers()
    if node.configuration.text("PUBLIC_GRAPH") == "all" { return try await known }
    async let components = comms.workingComponents()
    let needed = try await Set(components.flatMap(\.dependsOn).compactMap(Self.providerName))
    return try await known.filter { needed.contains($0.name) }
  }
}
