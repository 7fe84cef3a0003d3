import HTTPServer
import HTTPTypes
import ServiceClients
import ServiceRuntime
import StatusModel

/// The providers that are watched, for people at work and for everybody.
extension Frontend {
  var providerRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/providers", .everyone, page(.viewer, providerList)),
      ServiceRoute(.post, "/dashboard/providers", .everyone, bodyLimit: Self.formLimit, action(.sre, addProvider)),
      ServiceRoute(.get, "/dashboard/providers/{name}", .everyone, page(.viewer, provider)),
      ServiceRoute(.post, "/dashboard/providers/{name}/refresh", .everyone, bodyLimit: Self.formLimit, action(.sre, refreshProvider)),
      ServiceRoute(.post, "/dashboard/providers/{name}/delete", .everyone, bodyLimit: Self.formLimit, action(.sre, deleteProvider)),
    ]
  }

  private func providerList(_ request: Request, _ desk: Desk) async -> ListPage { await providerPage(desk, nil) }

  private func providerPage(_ desk: Desk, _ form: Submission?) async -> ListPage {
    async let known = Part.read { try await providers.providers() }
    async let catalogue = desk.may(.sre) ? Part.read { try await providers.catalogue() } : .closed
    return await .providers(known, catalogue.value ?? [], desk, typed: form)
  }

  /// By its name in the catalogue, or by the address of its feed.
  private func addProvider(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    do throws(Failure) {
      let name = form.text("name")
      if form.text("feed_url").isEmpty {
        try await providers.add([name])
      } else {
        try await providers.register(name, feed: form.text("feed_url"), kind: form["type"])
      }
    } catch {
      return try await refused(error, form) { setting in
        await providerPage(Desk(person: desk.person, setting: setting, now: desk.now), form)
      }
    }
    return done("watched", desk.links.providers)
  }

  private func provider(_ request: Request, _ desk: Desk) async throws -> ListPage { try await onePage(request, desk) }

  private func onePage(_ request: Request, _ desk: Desk) async throws -> ListPage {
    let name = request.parameters["name"] ?? ""
    async let found = Part.read { try await providers.provider(name) }
    async let events = Part.read { try await providers.events(of: name) }
    async let reports = Part.read { try await providers.reports(of: name) }
    let provider = await found
    if let failure = provider.failure { throw failure }
    guard let known = provider.value else { throw Failure.defect }
    return await .provider(known, events, reports.value, desk)
  }

  private func refreshProvider(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let name = request.parameters["name"] ?? ""
    do throws(Failure) { try await providers.refresh(name) } catch {
      return try await refused(error, form) { setting in
        try await onePage(request, Desk(person: desk.person, setting: setting, now: desk.now))
      }
    }
    return done("refreshed", desk.links.providers(name))
  }

  private func deleteProvider(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await providers.forget(request.parameters["name"] ?? "")
    return done("deleted", desk.links.providers)
  }
}
