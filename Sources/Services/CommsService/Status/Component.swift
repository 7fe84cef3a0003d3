import JSONBytes

/// What the public page lists: a part of the organisation's service.
struct Component: Sendable, Equatable {
  enum Show: String, CaseIterable, Sendable {
    case always
    case ifDegraded = "if_degraded"
  }

  /// Set by a person until it is taken back, or until a time.
  struct Override: Sendable, Equatable {
    let status: ComponentStatus
    let reason: String
    /// Epoch seconds; nil: until it is taken back.
    let until: Int?
  }

  let key: String
  let name: String
  let description: String
  let group: String?
  let position: Int
  let show: Show
  let dependencies: [ComponentDependency]
  let override: Override?
  let version: Int
  /// Epoch seconds, as all times.
  let createdAt: Int
  let updatedAt: Int
  /// As it was last noted, and since when.
  let status: ComponentStatus
  let since: Int

  /// Keys compare ignoring case.
  var id: String { key.lowercased() }
}

/// Something a component needs: another component, or a provider, or a part of one.
struct ComponentDependency: Sendable, Equatable {
  enum Effect: String, CaseIterable, Sendable {
    /// Shown beside the component, whose status stays.
    case note
    /// Lowers the component.
    case state
  }

  /// As it was written: a component's key, `provider` or `provider:component`.
  let on: String
  let effect: Effect
  /// The least impact that counts.
  let minImpact: Impact

  var id: String { on.lowercased() }
}

/// How bad an event is, in the providers' words.
enum Impact: String, CaseIterable, Comparable, Sendable {
  case none, minor, major, critical

  private var rank: Int {
    switch self {
    case .none: 0
    case .minor: 1
    case .major: 2
    case .critical: 3
    }
  }
  static func < (a: Impact, b: Impact) -> Bool { a.rank < b.rank }

  /// What it does to who depends on it.
  var status: ComponentStatus {
    switch self {
    case .none: .operational
    case .minor: .degradedPerformance
    case .major: .partialOutage
    case .critical: .majorOutage
    }
  }

  /// What a component in this status is to who depends on it. Maintenance is no trouble.
  init(_ status: ComponentStatus) {
    self =
      switch status {
      case .operational, .underMaintenance: .none
      case .degradedPerformance: .minor
      case .partialOutage: .major
      case .majorOutage: .critical
      }
  }
}

/// What a provider said of itself and has not taken back.
struct ProviderTrouble: Sendable, Equatable {
  let provider: String
  let title: String
  let impact: Impact
  /// Names of the provider's components; none: all of it.
  let components: [String]
}

// MARK: - From what is stored

extension Component {
  /// Nil when the record is none.
  init?(_ record: [UInt8]) {
    guard let json = try? JSONValue(parsing: record), let key = json["key"]?.string, let name = json["name"]?.string,
      let position = json["position"]?.integer, let version = json["version"]?.integer, let createdAt = json["created_at"]?.integer,
      let updatedAt = json["updated_at"]?.integer
    else { return nil }
    self.key = key
    self.name = name
    self.position = position
    self.version = version
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    description = json["description"]?.string ?? ""
    group = json["group"]?.string
    show = json["show"]?.string.flatMap(Show.init) ?? .always
    dependencies = (json["depends_on"]?.array ?? []).compactMap(ComponentDependency.init)
    override = json["status_override"].flatMap(Override.init)
    status = json["status"]?.string.flatMap(ComponentStatus.init) ?? .operational
    since = json["since"]?.integer ?? createdAt
  }
}

extension Component.Override {
  fileprivate init?(_ json: JSONValue) {
    guard let status = json["status"]?.string.flatMap(ComponentStatus.init) else { return nil }
    self.init(status: status, reason: json["reason"]?.string ?? "", until: json["until"]?.integer)
  }

  var json: JSONValue {
    ["status": .string(status.rawValue), "reason": .string(reason), "until": until.map(JSONValue.integer) ?? .null]
  }
}

extension ComponentDependency {
  fileprivate init?(_ json: JSONValue) {
    guard let on = json["on"]?.string, let effect = json["effect"]?.string.flatMap(Effect.init),
      let minImpact = json["min_impact"]?.string.flatMap(Impact.init)
    else { return nil }
    self.init(on: on, effect: effect, minImpact: minImpact)
  }

  var json: JSONValue { ["on": .string(on), "effect": .string(effect.rawValue), "min_impact": .string(minImpact.rawValue)] }
}

extension ProviderTrouble {
  /// Nil when the record is none.
  init?(_ record: [UInt8]) {
    guard let json = try? JSONValue(parsing: record), let provider = json["provider"]?.string, let title = json["title"]?.string,
      let impact = json["impact"]?.string.flatMap(Impact.init)
    else { return nil }
    self.init(provider: provider, title: title, impact: impact, components: json["components"]?.array?.compactMap(\.string) ?? [])
  }

  var json: JSONValue {
    [
      "provider": .string(provider), "title": .string(title), "impact": .string(impact.rawValue),
      "components": .array(components.map(JSONValue.string)),
    ]
  }
}
