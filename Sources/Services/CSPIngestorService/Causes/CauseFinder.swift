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
    let edges = providers.flatMap { provider in provider.settings.dependencies.map { $0.json(from: provider.settings.name) } }
    let own = await ownComponents()
    return [
      "providers": .array(nodes), "edges": .array(edges), "components": .array(own ?? []), "components_known": .bool(own != nil),
    ]
  }

  /// What the public page lists, with what it depends on; nil while comms is away.
  private func ownComponents() async -> [JSONValue]? {
    try? await neighbours.call(.comms, .get, "/api/v1/components?maxResults=500").array
  }

  func ranked(of: String) async throws(Failure) -> JSONValue { [] }

  /// When we or the crowd saw trouble with a provider: starts of suspicions, and of probes that depend on it or look at its vendor.
  func sightings(of settings: ProviderSettings) async throws(Failure) -> [Int] {
    var starts: [Int] = []
    for other in try await store.providers().items.map(\.settings) {
      let looksAtIt = other.isProbe && (other.vendor == settings.vendor || other.dependencies.contains { $0.upstream == settings.name })
      guard other.name == settings.name || looksAtIt, let memory = try await store.memory(other.name) else { continue }
      starts += memory.events.values.filter { $0.known.kind == .probe || CrowdReports.isOurs($0.known.externalID) }.map(\.known.startedAt)
    }
    return starts
  }
}

extension DependencyEdge {
  func json(from name: String) -> JSONValue {
    [
      "from": .string(name), "to": .string(upstream), "level": .string(level.rawValue), "components": .array(components.map(JSONValue.string)),
      "region": .optional(region), "to_components": .array(upstreamComponents.map(JSONValue.string)),
    ]
  }
}
