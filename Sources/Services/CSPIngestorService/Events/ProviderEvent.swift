import JSONBytes

/// What a provider says about itself, the same whatever family of feed it came from. Times are epoch seconds, rounded down.
struct ProviderEvent: Sendable, Equatable {
  /// Unique within its provider.
  var externalID: String
  /// What the provider's own ids stand for where it gives none: an item is the open event of its series. Else nil.
  var series: String?
  var kind: EventKind
  var state: EventState
  var impact: Impact
  /// The severity fell because the event ended: the last one before stays.
  var impactEnded = false
  /// At most `PlainText.titleLimit` characters, cleaned.
  var title: String
  /// Nil: the feed does not say; `refresh` puts the time of first sight.
  var startedAt: Int?
  var resolvedAt: Int?
  var scheduledFor: Int?
  var scheduledUntil: Int?
  var components: [ProviderComponent] = []
  /// Sorted, unique.
  var regions: [String] = []
  /// The oldest first.
  var updates: [ProviderUpdate] = []
  var url: String?
  var providerUpdatedAt: Int?
  /// The item as it stood in the feed; an item of XML is its text.
  var raw: JSONValue = .null

  var isOver: Bool { state.isOver }
  /// Under way now; a maintenance only when it has begun.
  var isActive: Bool { state.isActive }
  /// The contract's `service`: what is hit first, else the provider.
  func service(of provider: String) -> String { components.first?.name ?? provider }
}

struct ProviderComponent: Sendable, Equatable {
  /// The provider's, else the name's slug.
  var id: String
  var name: String
  var group: String?
  var status: ComponentStatus?
}

struct ProviderUpdate: Sendable, Equatable {
  var id: String?
  /// The provider's own word, in lower case.
  var state: String?
  /// At most `PlainText.updateLimit` characters, cleaned.
  var text: String
  var at: Int?
}

enum EventKind: String, Sendable, CaseIterable {
  case incident, maintenance
  /// News: opens nothing, is neither cause nor effect.
  case notice
  /// Our own look at the provider.
  case probe
}

enum EventState: String, Sendable, CaseIterable {
  case investigating, identified, monitoring, resolved
  case scheduled
  case inProgress = "in_progress"
  case verifying, completed

  var isOver: Bool { self == .resolved || self == .completed }
  var isActive: Bool { !isOver && self != .scheduled }
  /// What an incident's word means of a maintenance; a maintenance's own word stays.
  var ofMaintenance: EventState {
    switch self {
    case .investigating, .identified: .inProgress
    case .monitoring: .verifying
    case .resolved: .completed
    case .scheduled, .inProgress, .verifying, .completed: self
    }
  }
}

/// From harmless to worst; `maintenance` belongs to that kind only and is below them all.
enum Impact: String, Sendable, CaseIterable, Comparable {
  case maintenance, none, minor, major, critical

  static func < (one: Impact, other: Impact) -> Bool { one.rank < other.rank }
  private var rank: Int {
    switch self {
    case .maintenance: 0
    case .none: 1
    case .minor: 2
    case .major: 3
    case .critical: 4
    }
  }
}

/// In the words of Statuspage.
enum ComponentStatus: String, Sendable, CaseIterable {
  case operational
  case underMaintenance = "under_maintenance"
  case degradedPerformance = "degraded_performance"
  case partialOutage = "partial_outage"
  case majorOutage = "major_outage"

  var impact: Impact {
    switch self {
    case .operational, .underMaintenance: .none
    case .degradedPerformance: .minor
    case .partialOutage: .major
    case .majorOutage: .critical
    }
  }
}

enum Resolution: String, Sendable, CaseIterable {
  case declared
  case absentFromFeed = "absent_from_feed"
  case expired
  case probeOK = "probe_ok"
}
