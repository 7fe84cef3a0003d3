import JSONBytes

/// What one reading of the store found.
struct PublicRecords: Sendable {
  /// Of how many changes this is the outcome.
  var revision: Int
  var incidents: [PublicIncident] = []
  var components: [Component] = []
  /// Those that are not over, and those that were until fourteen days ago.
  var maintenances: [Maintenance] = []
  /// As it is sent.
  var banner: JSONValue?
  var providers: [ProviderTrouble] = []
}

/// All that the public may see, as it was at one moment.
struct PublicSnapshot: Sendable {
  /// Milliseconds since the epoch.
  let madeAt: Int64
  let records: PublicRecords
  /// In the order of the page.
  let components: [Component]
  /// By the components' ids.
  let states: [String: ComponentState]
  /// Components' keys by their lower-cased form.
  let componentKeys: [String: String]

  init(madeAt: Int64, records: PublicRecords) {
    self.madeAt = madeAt
    self.records = records
    components = records.components.sorted { ($0.position, $0.name, $0.key) < ($1.position, $1.name, $1.key) }
    componentKeys = Dictionary(records.components.map { ($0.id, $0.key) }) { first, _ in first }
    states = ComponentRules(
      components: components, incidents: records.incidents.sorted(by: PublicIncident.comesBefore), maintenances: records.maintenances,
      providers: records.providers, now: Int(madeAt / 1000)
    ).states()
  }

  /// Epoch seconds.
  var now: Int { Int(madeAt / 1000) }

  var banner: JSONValue? { records.banner }

  func incident(_ id: String) -> PublicIncident? { records.incidents.first { $0.id == id } }
  /// Ignoring case.
  func component(_ key: String) -> Component? { components.first { $0.id == key.lowercased() } }
  func state(of component: Component) -> ComponentState { states[component.id] ?? .operational }

  /// In the public order.
  var currentIncidents: [PublicIncident] {
    records.incidents.filter { $0.isCurrent(at: now) }.sorted(by: PublicIncident.comesBefore)
  }

  /// The latest start first.
  var history: [PublicIncident] {
    Array(records.incidents.sorted { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }.prefix(StatusBounds.history))
  }

  /// In the public order.
  var maintenances: [Maintenance] { records.maintenances.sorted { Maintenance.comesBefore($0, $1, at: now) } }

  /// Those whose noted status is not the one of now.
  var unnoted: [(component: Component, state: ComponentState)] {
    components.map { ($0, state(of: $0)) }.filter { $0.0.status != $0.1.status }
  }

  /// `inside`: with what is not for everybody.
  func json(of component: Component, inside: Bool) -> JSONValue {
    let state = state(of: component)
    func causes(_ belongs: (ComponentCause) -> Bool) -> JSONValue { .array(state.causes.filter(belongs).map(\.json)) }
    var object = JSONObject([
      ("key", .string(component.key)), ("name", .string(component.name)), ("description", .string(component.description)),
      ("group", component.group.map(JSONValue.string) ?? .null), ("position", .integer(component.position)),
      ("show", .string(component.show.rawValue)), ("status", .string(state.status.rawValue)),
      ("since", .integer(component.status == state.status ? component.since : now)),
      ("reasons", causes { $0.effect == .state && !$0.isUpstream }), ("caused_by", causes { $0.effect == .state && $0.isUpstream }),
      ("notes", causes { $0.effect == .note }),
    ])
    if inside {
      object["depends_on"] = .array(component.dependencies.map(\.json))
      object["status_override"] = component.override?.json ?? .null
      object["version"] = .integer(component.version)
      object["created_at"] = .integer(component.createdAt)
      object["updated_at"] = .integer(component.updatedAt)
    }
    return .object(object)
  }
}
