import JSONBytes

/// What a component is in now, and why.
struct ComponentState: Sendable, Equatable {
  var status: ComponentStatus
  /// What explains it, the worst first; notes, which change nothing, last.
  var causes: [ComponentCause]

  static let operational = ComponentState(status: .operational, causes: [])
}

/// One reason for a component's status, or something worth knowing beside it.
struct ComponentCause: Sendable, Equatable {
  enum Kind: String, Sendable { case override, incident, maintenance, component, provider }
  let kind: Kind
  /// For people: the reason given, a public title, the name of a component or provider.
  let name: String
  /// What it does, or would do if it were no note.
  let status: ComponentStatus
  let effect: ComponentDependency.Effect
  /// Of a public incident, a maintenance or a component.
  let id: String?

  /// It lies with something the component depends on.
  var isUpstream: Bool { kind == .component || kind == .provider }

  var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "name": .string(name), "status": .string(status.rawValue), "id": id.map(JSONValue.string) ?? .null,
    ]
  }
}

/// The roll-up: a component's status is the worst of what a person set, of the public incidents that name it, of maintenance, and of what
/// it depends on with the effect `state`.
struct ComponentRules: Sendable {
  let components: [Component]
  let incidents: [PublicIncident]
  let maintenances: [Maintenance]
  let providers: [ProviderTrouble]
  /// Epoch seconds.
  let now: Int

  /// By the components' ids.
  func states() -> [String: ComponentState] {
    var walk = Walk(byID: Dictionary(components.map { ($0.id, $0) }) { first, _ in first })
    for component in components { _ = state(of: component, &walk) }
    return walk.known
  }

  private struct Walk {
    let byID: [String: Component]
    var known: [String: ComponentState] = [:]
    /// On the way from the component asked for: one that comes again closes a circle and counts as operational there.
    var open: Set<String> = []
  }

  private func state(of component: Component, _ walk: inout Walk) -> ComponentState {
    if let known = walk.known[component.id] { return known }
    guard walk.open.insert(component.id).inserted else { return .operational }
    defer { walk.open.remove(component.id) }
    var causes = own(component)
    for dependency in component.dependencies { causes += self.causes(dependency, &walk) }
    let status = causes.filter { $0.effect == .state }.map(\.status).max() ?? .operational
    // Stable: equals keep the order in which they were found.
    let ordered = causes.enumerated().sorted { a, b in
      if a.element.effect != b.element.effect { return a.element.effect == .state }
      if a.element.status != b.element.status { return a.element.status > b.element.status }
      return a.offset < b.offset
    }
    let state = ComponentState(status: status, causes: ordered.map(\.element))
    walk.known[component.id] = state
    return state
  }

  /// What a person set, incidents and maintenance.
  private func own(_ component: Component) -> [ComponentCause] {
    var causes: [ComponentCause] = []
    if let override = component.override, override.until.map({ $0 > now }) ?? true, override.status > .operational {
      causes.append(ComponentCause(kind: .override, name: override.reason, status: override.status, effect: .state, id: nil))
    }
    for incident in incidents where incident.effect > .operational && incident.names(component) {
      causes.append(ComponentCause(kind: .incident, name: incident.title, status: incident.effect, effect: .state, id: incident.id))
    }
    for maintenance in maintenances where maintenance.isRunning(at: now) && maintenance.names(component) {
      let status = ComponentStatus.underMaintenance
      causes.append(ComponentCause(kind: .maintenance, name: maintenance.title, status: status, effect: .state, id: maintenance.id))
    }
    return causes
  }

  /// A name that is a component's is that component, any other a provider's.
  private func causes(_ dependency: ComponentDependency, _ walk: inout Walk) -> [ComponentCause] {
    if let target = walk.byID[dependency.id] {
      let status = state(of: target, &walk).status
      guard status > .operational, status != .underMaintenance, Impact(status) >= dependency.minImpact else { return [] }
      return [ComponentCause(kind: .component, name: target.name, status: status, effect: dependency.effect, id: target.key)]
    }
    let impact = providers.filter { dependency.meets($0) }.map(\.impact).max() ?? .none
    guard impact > .none, impact >= dependency.minImpact else { return [] }
    let name = String(dependency.on.prefix { $0 != ":" })
    return [ComponentCause(kind: .provider, name: name, status: impact.status, effect: dependency.effect, id: nil)]
  }
}

extension ComponentDependency {
  /// Whether it is about that provider, and about a part that is in trouble: one of that name (ignoring case, also within a longer name),
  /// in the title too; trouble that names no part is everywhere.
  func meets(_ trouble: ProviderTrouble) -> Bool {
    let parts = id.split(separator: ":", maxSplits: 1)
    guard let provider = parts.first, trouble.provider.lowercased() == provider else { return false }
    guard parts.count > 1, !trouble.components.isEmpty else { return true }
    return (trouble.components + [trouble.title]).contains { $0.lowercased().contains(parts[1]) }
  }
}

extension PublicIncident {
  func names(_ component: Component) -> Bool { services.contains { $0.lowercased() == component.id } }
}

extension Maintenance {
  func names(_ component: Component) -> Bool { components.contains { $0.lowercased() == component.id } }
}
