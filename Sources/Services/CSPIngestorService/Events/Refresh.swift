/// What is remembered of one event between two polls: little enough to keep them all at hand.
struct KnownEvent: Sendable, Equatable {
  var externalID: String
  var series: String?
  var kind: EventKind
  var state: EventState
  var impact: Impact
  /// Never falls.
  var peakImpact: Impact
  var startedAt: Int
  var resolvedAt: Int?
  var resolution: Resolution?
  var firstSeenAt: Int
  /// The first good poll in a row that did not list it; nil while it is listed.
  var unseenSince: Int?
  /// Of all that users would call a change (see `ProviderEvent.fingerprint`): 16 hexadecimal digits.
  var fingerprint: String
}

/// What is remembered of one provider between two polls.
struct KnownProvider: Sendable, Equatable {
  var events: [String: KnownEvent] = [:]
  var pageID: String?
  var pageUpdatedAt: Int?
  /// Another page answered at the last poll.
  var otherPage: OtherPage?

  struct OtherPage: Sendable, Equatable {
    var id: String
    /// In a row.
    var times: Int
  }
}

/// What one good poll did to one event.
struct EventChange: Sendable, Equatable {
  enum Action: String, Sendable {
    case opened
    /// New but over: kept, nothing more.
    case recorded
    case updated
    /// The provider says it is over.
    case declaredOver
    /// It is over because a complete list has it no more, or because a history has not shown it for a day.
    case absent, expired
    case unchanged
  }
  let action: Action
  let known: KnownEvent
  /// With its id, its start and its end made definite; nil for what the document does not hold (absent, expired).
  let event: ProviderEvent?
}

struct RefreshCounts: Sendable, Equatable {
  /// opened + recorded + updated + unchanged + declared over.
  var fetched = 0
  var opened = 0
  var recorded = 0
  var updated = 0
  /// Declared over, absent and expired.
  var resolved = 0
  var unchanged = 0
}

/// Which events of a provider are wanted; an empty list wants all.
struct EventFilter: Sendable, Equatable {
  var components: [String] = []
  var regions: [String] = []
}

struct Refreshed: Sendable, Equatable {
  /// `stale` or `other_page`: the snapshot changed no event.
  var refusal: Refusal?
  var counts = RefreshCounts()
  /// In the document's order, then what it does not hold by id.
  var changes: [EventChange] = []
  /// To be remembered, of a refused snapshot too.
  var known: KnownProvider
}
