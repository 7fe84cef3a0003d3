import HTTPServer
import HTTPTypes
import JSONBytes
import Reactor
import ServiceClients
public import ServiceRuntime
import StatusModel

extension CSPIngestor {
  public var routes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/csp/providers", .sre, register),
      ServiceRoute(.get, "/api/v1/csp/providers", .viewer, providers),
      ServiceRoute(.post, "/api/v1/csp/providers/detect", .sre, detect),
      ServiceRoute(.get, "/api/v1/csp/providers/catalogue", .viewer, catalogue),
      ServiceRoute(.post, "/api/v1/csp/providers/catalogue", .sre, addFromCatalogue),
      ServiceRoute(.get, "/api/v1/csp/providers/{name}", .viewer, provider),
      ServiceRoute(.delete, "/api/v1/csp/providers/{name}", .sre, deleteProvider),
      ServiceRoute(.get, "/api/v1/csp/providers/{name}/report", .viewer, reportCard),
      ServiceRoute(.post, "/api/v1/csp/refresh", .sre, refreshNow),
      ServiceRoute(.get, "/api/v1/csp/events", .everyone, events),
      ServiceRoute(.get, "/api/v1/csp/events/{id}", .viewer, event),
      ServiceRoute(.get, "/api/v1/csp/graph", .viewer, graph),
      ServiceRoute(.get, "/api/v1/csp/causes", .viewer, rankedCauses),
      ServiceRoute(.post, "/api/v1/csp/reports", .everyone, report),
      ServiceRoute(.get, "/api/v1/csp/reports", .everyone, reportCounts),
      ServiceRoute(.post, "/api/v1/incidents", .sre, declareIncident),
    ]
  }

  // MARK: Providers

  private func register(_ request: Request) async throws -> Response {
    let body = try request.fields()
    var settings = Catalogue.standard.completed(try ProviderSettings(body), from: body.object)
    let finding = try await registration.look(at: settings, field: "feed_url")
    settings.family = finding.family
    let first = clock() + Schedule.jittered(settings.interval, random: .random(in: -1...1), mayBeEarlier: true)
    let registered = try await store.register(settings, firstPoll: first)
    guard let provider = try await store.provider(settings.name) else { throw Failure.defect }
    var json = provider.json
    json["warnings"] = .array(finding.warnings.map(JSONValue.string))
    return .json(
      JSONValue.object(json).bytes, status: registered.isNew ? .created : .ok, version: provider.version,
      location: "/api/v1/csp/providers/\(settings.name.pathSegment)")
  }

  private func providers(_ request: Request) async throws -> Response {
    let page = try request.page()
    let found = try await store.providers(start: page.startIndex, count: page.maxResults)
    return .list(found.items.map { JSONValue.object($0.json).bytes }, page: page, total: found.total, of: request)
  }

  private func detect(_ request: Request) async throws -> Response {
    let settings = try ProviderSettings.toDetect(request.fields())
    let finding = try await registration.look(at: settings, field: "url")
    let answer: JSONValue = [
      "url": .string(settings.feedURL), "family": .optional(finding.family?.rawValue), "charset": .string(finding.charset),
      "events": .integer(finding.events), "active": .integer(finding.active), "unreadable": .integer(finding.unreadable),
      "warnings": .array(finding.warnings.map(JSONValue.string)),
    ]
    return .json(answer.bytes)
  }

  private func catalogue(_ request: Request) async throws -> Response { .json(Catalogue.standard.json.bytes) }

  private func addFromCatalogue(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let names = body.optionalStrings("names", count: Bounds.catalogueNames, length: Bounds.name)
    if names == nil, body.problems.isEmpty { body.refuse("names", "is missing") }
    try body.check()
    let added = Set(try await registration.addFromCatalogue(names ?? []))
    let found = try await store.providers().items.filter { added.contains($0.settings.name) }
    return .json(JSONValue.array(found.map { .object($0.json) }).bytes)
  }

  private func provider(_ request: Request) async throws -> Response {
    let provider = try await found(request)
    return .json(JSONValue.object(provider.detail).bytes, version: provider.version)
  }

  private func deleteProvider(_ request: Request) async throws -> Response {
    let name = request.parameters["name"] ?? ""
    try await reaction.forget(name)
    guard try await store.delete(name) else { throw Self.noProvider(name) }
    await reaction.part()
    return Response(status: .noContent)
  }

  private func reportCard(_ request: Request) async throws -> Response {
    let provider = try await found(request)
    var query = QueryReader(request)
    let days = query.integer("days", Bounds.days) ?? 90
    try query.check()
    guard let events = try await store.memory(provider.settings.name)?.events else { throw Self.noProvider(provider.settings.name) }
    let card = ReportCard(
      provider: provider.settings.name, days: days, now: Int(clock() / 1000), events: Array(events.values),
      sightings: try await causes.sightings(of: provider.settings))
    return .json(card.json.bytes)
  }

  private func found(_ request: Request) async throws(Failure) -> CSPStore.Provider {
    let name = request.parameters["name"] ?? ""
    guard let provider = try await store.provider(name) else { throw Self.noProvider(name) }
    return provider
  }

  private static func noProvider(_ name: String) -> Failure { .notFound("There is no provider \(name.prefix(64)).") }

  // MARK: Refresh

  /// One a provider, for programs and for people.
  private static let programRefreshes = RateLimit("csp_refresh", 1, perSeconds: 15)
  private static let personRefreshes = RateLimit("csp_refresh_person", 1, perSeconds: 1)

  private func refreshNow(_ request: Request) async throws -> Response {
    let name = request.query["provider"] ?? ""
    guard !name.isEmpty, try await store.provider(name) != nil else {
      throw Failure.invalid("provider", "must be the name of a provider; there is none with this one")
    }
    try await limits.take(Caller.current.person == nil ? Self.programRefreshes : Self.personRefreshes, key: name)
    let outcome = try await refresher.poll(claimed(name))
    if let refusal = outcome.refusal {
      throw Failure.badUpstream("The feed of \(name) was not taken (\(refusal.why.rawValue)). \(refusal.detail) What was known stays.")
    }
    return .json(outcome.json(of: name).bytes)
  }

  /// Waits while the provider or its host is being asked.
  private func claimed(_ name: String) async throws(Failure) -> Claim {
    for _ in 0..<150 {
      if let claim = try await store.claim(name, at: clock()) { return claim }
      guard (try? await EventLoop.current.sleep(for: .milliseconds(100))) != nil else { break }
    }
    throw .unavailable("The host of this provider is being asked already. Try again.", retryAfter: 2)
  }

  // MARK: Events

  private static let readsOfNobody = RateLimit("csp_events", 60, perSeconds: 60)

  private func events(_ request: Request) async throws -> Response {
    let isNobody = Caller.current.isNobody
    if isNobody { try await limits.take(Self.readsOfNobody, key: Caller.current.address) }
    let (filter, page) = try CSPStore.EventQuery.read(request)
    let found = try await store.events(filter, start: page.startIndex, count: page.maxResults)
    let items = isNobody ? found.items.map(EventDocument.forNobody) : found.items
    return .list(items, page: page, total: found.total, of: request)
  }

  private func event(_ request: Request) async throws -> Response {
    let id = request.parameters["id"] ?? ""
    guard let json = try await store.detail(id) else { throw Failure.notFound("There is no event \(id.prefix(200)).") }
    return .json(json)
  }

  // MARK: Cause and effect

  private func graph(_ request: Request) async throws -> Response { .json(try await causes.graph().bytes) }

  private func rankedCauses(_ request: Request) async throws -> Response {
    var query = QueryReader(request)
    let of = query.text("of", Bounds.subject)
    if of == nil, query.problems.isEmpty {
      query.refuse("of", "must be a provider, provider:component, a component, an event or an incident")
    }
    try query.check()
    return .json(try await causes.ranked(of: of ?? "").bytes)
  }

  // MARK: Reports of visitors

  private func report(_ request: Request) async throws -> Response {
    guard flags.isOn(.publicReports) else { throw Failure.forbidden("Reports are switched off here.") }
    let report = try NewReport(request.fields())
    guard try await store.provider(report.provider) != nil else {
      throw Failure.invalid("provider", "must be the name of a provider; there is none with this one")
    }
    let address = Caller.current.address
    try await limits.take(RateLimit("csp_report:\(report.provider)", 1, perSeconds: CrowdReports.window), key: address)
    let counts = try await reports.add(report.provider, address: address, kind: report.kind, region: report.region)
    return .json(counts.json(of: report.provider, at: Int(clock() / 1000), threshold: reports.threshold).bytes, status: .created)
  }

  private func reportCounts(_ request: Request) async throws -> Response {
    if Caller.current.isNobody { try await limits.take(Self.readsOfNobody, key: Caller.current.address) }
    let name = request.query["provider"] ?? ""
    guard !name.isEmpty, try await store.provider(name) != nil else {
      throw Failure.invalid("provider", "must be the name of a provider; there is none with this one")
    }
    return .json(try await reports.counts(name).json(of: name, at: Int(clock() / 1000), threshold: reports.threshold).bytes)
  }

  // MARK: Incidents

  private func declareIncident(_ request: Request) async throws -> Response {
    let body = try NewProviderIncident.read(request.fields())
    let incident = try await neighbours.call(.incidents, .post, "/api/v1/incidents", body: body)
    return .json(incident.bytes, status: .created, version: incident["version"]?.integer)
  }
}

extension RefreshOutcome {
  func json(of provider: String) -> JSONValue {
    [
      "provider": .string(provider), "fetched": .integer(counts.fetched), "opened": .integer(counts.opened),
      "recorded": .integer(counts.recorded), "updated": .integer(counts.updated), "resolved": .integer(counts.resolved),
      "unchanged": .integer(counts.unchanged), "took_ms": .integer(tookMilliseconds),
    ]
  }
}
