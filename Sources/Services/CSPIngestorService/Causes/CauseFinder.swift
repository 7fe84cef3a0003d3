import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Answers who depends on whom, and who is to blame.
struct CauseFinder: Sendable {
  let store: CSPStore
  let incidents: IncidentsClient
  let neighbours: Neighbours
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// Providers with their states, who depends on whom, and our own components as far as comms answers.
  func graph() async throws(Failure) -> JSONValue {
    let providers = try await store.providers(withComponents: true).items
    let nodes = providers.map { provider -> JSONValue in
      [
        "name": .string(provider.settings.name), "vendor": .string(provider.settings.vendor), "state": .string(provider.state),
        "suspected": .bool(provider.isSuspected), "active_events": .integer(provider.active.count),
        "components": .array(provider.components.filter { $0["status"]?.string != "operational" }),
      ]
    }
    let edges = providers.flatMap { provider in provider.settings.dependencies.map(\.graphJSON) }
    let own = await ownComponents()
    return [
      "providers": .array(nodes), "edges": .array(edges), "components": .array(own ?? []), "components_known": .bool(own != nil),
    ]
  }

  /// What the public page lists, with what it depends on; nil while comms is away.
  private func ownComponents() async -> [JSONValue]? {
    try? await neighbours.call(.comms, .get, "/api/v1/components?maxResults=500").array
  }

  /// What may be behind the trouble of a provider, one of its components, one of ours, an event or an incident; the likeliest first.
  /// Throws `.invalid` when `of` is none of them.
  func ranked(of: String) async throws(Failure) -> JSONValue {
    let now = Int(clock() / 1000)
    let subject = try await subject(of, now: now)
    let world = try await CausalWorld(store, around: subject.provider, more: subject.edges)
    var rows: [(score: Double, json: JSONValue)] = []
    for effect in subject.effects {
      let found =
        switch effect {
        case .event(let id): try await world.causes(of: id, provider: subject.provider, store, now: now)
        case .now(let event): try await world.causes(of: event, store, now: now)
        }
      let name = effect.id.map { EventDocument.id(subject.provider, $0) }
      for cause in found {
        let document = try await store.document(EventDocument.id(cause.event.provider, cause.event.externalID))
        rows.append((cause.score, cause.row(effect: name, document)))
      }
    }
    return .array(rows.sorted { $0.score > $1.score }.map(\.json))
  }

  // MARK: Of whom

  private struct Subject {
    enum Effect {
      /// By external id.
      case event(String)
      /// Trouble that no event tells of, since now.
      case now(CausalEvent)

      var id: String? { if case .event(let id) = self { id } else { nil } }
    }
    var provider: String
    var effects: [Effect]
    var edges: [DependencyEdge] = []
  }

  private func subject(_ of: String, now: Int) async throws(Failure) -> Subject {
    let parts = of.split(separator: ":", maxSplits: 1).map(String.init)
    if let name = parts.first, let memory = try await store.memory(name) {
      guard parts.count == 2 else { return Self.subject(name, component: nil, memory, now: now) }
      if memory.events[parts[1]] != nil { return Subject(provider: name, effects: [.event(parts[1])]) }
      return Self.subject(name, component: parts[1], memory, now: now)
    }
    if of.uppercased().hasPrefix("INC-") { return try await subject(incident: of.uppercased(), now: now) }
    if let own = try await subject(components: [of], now: now) { return own }
    throw .invalid("of", "must be a provider, provider:component, a component, an event or an incident; there is none with this name")
  }

  /// The events that last, or the moment when none does.
  private static func subject(_ name: String, component: String?, _ memory: CSPStore.Memory, now: Int) -> Subject {
    let lasting = memory.events.values.filter { $0.known.state.isActive && ($0.known.kind == .incident || $0.known.kind == .probe) }
    if component == nil, !lasting.isEmpty {
      return Subject(provider: name, effects: lasting.map(\.known.externalID).sorted().map { .event($0) })
    }
    return Subject(provider: name, effects: [.now(trouble(of: name, component: component, now: now))])
  }

  private static func trouble(of name: String, component: String?, now: Int) -> CausalEvent {
    var event = CausalEvent(
      provider: name, externalID: "", kind: .incident, isOver: false, peakImpact: .major, title: component ?? name, startedAt: now)
    if let component { event.components = [ProviderComponent(id: "", name: component)] }
    return event
  }

  private func subject(incident id: String, now: Int) async throws(Failure) -> Subject {
    guard let incident = try await incidents.incident(id.pathSegment) else {
      throw .invalid("of", "must name an incident that exists; there is no \(id.prefix(64))")
    }
    if let name = incident.externalProvider, let memory = try await store.memory(name) {
      let events = memory.events.values.filter { $0.incident == incident.id }.map(\.known.externalID)
      if !events.isEmpty { return Subject(provider: name, effects: events.sorted().map { .event($0) }) }
    }
    return try await subject(components: incident.services, now: incident.startedAt) ?? Subject(provider: "", effects: [])
  }

  /// Our own components, by key or name; nil when there is none of these, or comms is away.
  private func subject(components names: [String], now: Int) async throws(Failure) -> Subject? {
    let wanted = Set(names.map { $0.lowercased() })
    let found = (await ownComponents() ?? []).filter { component in
      [component["key"], component["name"]].contains { $0?.string.map { wanted.contains($0.lowercased()) } == true }
    }
    guard let first = found.first, let key = first["key"]?.string else { return nil }
    // No provider's name has a slash.
    let name = "component/\(key)"
    let edges = found.flatMap { $0["depends_on"]?.array ?? [] }.compactMap { dependency -> DependencyEdge? in
      guard let on = dependency.string ?? dependency["on"]?.string else { return nil }
      let parts = on.split(separator: ":", maxSplits: 1).map(String.init)
      return parts.first.map { DependencyEdge(from: name, to: $0, toComponents: Array(parts.dropFirst()), level: .a) }
    }
    return Subject(provider: name, effects: [.now(Self.trouble(of: name, component: nil, now: now))], edges: edges)
  }

  /// When we or the crowd saw trouble with a provider: starts of suspicions, and of probes that depend on it or look at its vendor.
  func sightings(of settings: ProviderSettings) async throws(Failure) -> [Int] {
    var starts: [Int] = []
    for other in try await store.providers().items.map(\.settings) {
      let looksAtIt = other.isProbe && (other.vendor == settings.vendor || other.dependencies.contains { $0.to == settings.name })
      guard other.name == settings.name || looksAtIt, let memory = try await store.memory(other.name) else { continue }
      starts += memory.events.values.filter { $0.known.kind == .probe || CrowdReports.isOurs($0.known.externalID) }.map(\.known.startedAt)
    }
    return starts
  }
}

extension DependencyEdge {
  fileprivate var graphJSON: JSONValue {
    var edge = JSONObject([("from", .string(from)), ("to", .string(to))])
    for member in json.object?.members ?? [] where member.name != "on" { edge[member.name] = member.value }
    return .object(edge)
  }
}

extension Cause {
  /// As it is sent; `effect` is an event's id, nil for trouble that no event tells of.
  fileprivate func row(effect: String?, _ document: EventDocument?) -> JSONValue {
    [
      "effect": .optional(effect), "event": .string(EventDocument.id(event.provider, event.externalID)),
      "provider": .string(event.provider),
      "title": .string(event.title), "impact": .string(event.peakImpact.rawValue), "ts_start": .integer(event.startedAt),
      "resolved_at": .optional(event.resolvedAt), "score": .number((score * 1000).rounded() / 1000), "linked": .bool(isLink),
      "path": .array(path.map(\.json)), "reason": .string(path.map(\.reason).joined(separator: "; ")),
      "incident_id": document?.object["incident_id"] ?? .null,
    ]
  }
}

extension Cause.Hop {
  /// In words.
  fileprivate var reason: String {
    let minutes = abs(delay) / 60
    let when = delay == 0 ? "at the same time as" : delay > 0 ? "\(minutes) min after" : "\(minutes) min before"
    var words = "\(edge.from) depends on \(edge.to) (evidence \(edge.level.rawValue)) and began \(when) it"
    if region < 1 { words += ", in another region" }
    if causeImpact < 1 { words += ", which was no major event" }
    if mention >= 0.08 { words += "; its own text names \(edge.to)" } else if mention > 0 { words += "; its own text speaks of a supplier" }
    return words
  }
}
