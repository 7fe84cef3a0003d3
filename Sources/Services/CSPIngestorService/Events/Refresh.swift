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

/// What `snapshot` does to a provider. Nothing is read or written, and the same again changes nothing.
func refresh(_ known: KnownProvider, with snapshot: Snapshot, filter: EventFilter = EventFilter(), now: Int) -> Refreshed {
  var result = Refreshed(known: known)
  if let refusal = result.known.refuses(snapshot, now: now) {
    result.refusal = refusal
    return result
  }
  var names = SeriesNames(known)
  names.learn(snapshot.events)
  var listed: Set<String> = []
  for item in snapshot.events {
    var event = item
    event.externalID = names.id(of: item)
    let before = known.events[event.externalID]
    guard before != nil || filter.admits(event), listed.insert(event.externalID).inserted else { continue }
    result.add(change(of: event, before, now: now))
  }
  for id in known.events.keys.sorted() where !listed.contains(id) && snapshot.unreadable == 0 {
    guard let before = known.events[id], before.kind != .probe else { continue }
    if let change = result.known.miss(before, snapshot.absence, now: now) { result.add(change) }
  }
  return result
}

private func change(of item: ProviderEvent, _ before: KnownEvent?, now: Int) -> EventChange {
  var event = item
  let firstSeenAt = before?.firstSeenAt ?? now
  event.startedAt = start(of: item, before, firstSeenAt, now: now)
  event.resolvedAt = item.isOver ? item.resolvedAt ?? before?.resolvedAt ?? now : nil
  if item.isOver, item.impactEnded, let before { event.impact = max(item.impact, before.impact) }
  let known = KnownEvent(
    externalID: event.externalID, series: event.series, kind: event.kind, state: event.state, impact: event.impact,
    peakImpact: max(event.impact, before?.peakImpact ?? event.impact), startedAt: event.startedAt ?? firstSeenAt,
    resolvedAt: event.resolvedAt, resolution: event.isOver ? .declared : nil, firstSeenAt: firstSeenAt, fingerprint: event.fingerprint)
  guard var before else { return EventChange(action: event.isOver ? .recorded : .opened, known: known, event: event) }
  if !before.state.isOver, event.isOver { return EventChange(action: .declaredOver, known: known, event: event) }
  guard before.fingerprint == known.fingerprint, before.state.isOver == event.isOver else {
    return EventChange(action: .updated, known: known, event: event)
  }
  before.unseenSince = nil
  return EventChange(action: .unchanged, known: before, event: event)
}

/// Of what is planned, as planned. Else a start that is missing or lies in the future is the time of first sight, and stays it
/// until the provider names an earlier one.
private func start(of event: ProviderEvent, _ before: KnownEvent?, _ firstSeenAt: Int, now: Int) -> Int {
  guard let stated = event.startedAt else { return before?.startedAt ?? firstSeenAt }
  if event.kind == .maintenance { return stated }
  let wasClamped = before?.startedAt == firstSeenAt && stated > firstSeenAt
  return stated > now || wasClamped ? firstSeenAt : stated
}

extension KnownProvider {
  /// In good polls, in seconds: how long a history may hide an open event.
  static let patience = 86_400
  /// Another page is believed at this poll in a row.
  static let believedAt = 3

  /// Whether the snapshot is of another page or older than the last; remembers what it is told.
  fileprivate mutating func refuses(_ snapshot: Snapshot, now: Int) -> Refusal? {
    if let id = snapshot.pageID, let pageID, id != pageID {
      let times = otherPage?.id == id ? (otherPage?.times ?? 0) + 1 : 1
      guard times >= Self.believedAt else {
        otherPage = OtherPage(id: id, times: times)
        return .otherPage
      }
      pageUpdatedAt = nil
    }
    otherPage = nil
    if let updatedAt = snapshot.pageUpdatedAt {
      if let pageUpdatedAt, updatedAt < pageUpdatedAt { return .stale }
      // A page whose clock runs ahead must not make the next ones stale.
      pageUpdatedAt = min(updatedAt, now)
    }
    pageID = snapshot.pageID ?? pageID
    return nil
  }

  /// What it means that a good snapshot does not list an event.
  fileprivate mutating func miss(_ before: KnownEvent, _ absence: Absence, now: Int) -> EventChange? {
    var event = before
    event.unseenSince = before.unseenSince ?? now
    events[event.externalID] = event
    guard !before.state.isOver else { return nil }
    let hasEnded = absence == .all || (absence == .incidents && before.kind == .incident)
    guard hasEnded || now - (before.unseenSince ?? now) >= Self.patience else { return nil }
    event.state = before.kind == .maintenance ? .completed : .resolved
    event.resolvedAt = now
    event.resolution = hasEnded ? .absentFromFeed : .expired
    return EventChange(action: hasEnded ? .absent : .expired, known: event, event: nil)
  }

  /// Drops what is over and has not been listed for `seconds`.
  mutating func forget(unseenFor seconds: Int, now: Int) {
    events = events.filter { _, event in !event.state.isOver || event.unseenSince.map { now - $0 < seconds } ?? true }
  }
}

extension Refreshed {
  fileprivate mutating func add(_ change: EventChange) {
    switch change.action {
    case .opened: counts.opened += 1
    case .recorded: counts.recorded += 1
    case .updated: counts.updated += 1
    case .unchanged: counts.unchanged += 1
    case .declaredOver, .absent, .expired: counts.resolved += 1
    }
    if change.event != nil { counts.fetched += 1 }
    changes.append(change)
    known.events[change.known.externalID] = change.known
  }
}

extension EventFilter {
  func admits(_ event: ProviderEvent) -> Bool { admitsComponents(event.components) && admitsRegions(event.regions) }

  /// By id, name or group, in any case.
  private func admitsComponents(_ named: [ProviderComponent]) -> Bool {
    guard !components.isEmpty, !named.isEmpty else { return true }
    let wanted = Set(components.map { $0.lowercased() })
    return named.contains { row in [row.id, row.name, row.group].contains { $0.map { wanted.contains($0.lowercased()) } == true } }
  }

  private func admitsRegions(_ named: [String]) -> Bool {
    regions.isEmpty || named.isEmpty || regions.contains { wanted in named.contains { Regions.meet(wanted.lowercased(), $0) } }
  }
}

enum Regions {
  /// When they are equal, one is global, or one extends the other by `-…`.
  static func meet(_ one: String, _ other: String) -> Bool {
    one == other || one == "global" || other == "global" || one.hasPrefix(other + "-") || other.hasPrefix(one + "-")
  }
  /// Whether any of these meets any of those.
  static func meet(_ these: [String], _ those: [String]) -> Bool { these.contains { one in those.contains { meet(one, $0) } } }
}

/// Finds which event an item without an id of its own is: the one of its series with the same start, else the open one, else a new one.
private struct SeriesNames {
  private let known: KnownProvider
  /// Events that have a series: by it and their start, and the open ones by it.
  private var byStart: [String: String] = [:]
  private var open: [String: [String]] = [:]
  /// Ids by what the adapter called the item, and those that are given away.
  private var ids: [String: String] = [:]
  private var taken: Set<String> = []

  init(_ known: KnownProvider) {
    self.known = known
    for event in known.events.values.sorted(by: { $0.externalID > $1.externalID }) {
      guard let series = event.series else { continue }
      byStart[Self.key(series, event.startedAt)] = event.externalID
      if !event.state.isOver { open[series, default: []].append(event.externalID) }
    }
  }

  private static func key(_ series: String, _ start: Int?) -> String { "\(start ?? 0) \(series)" }

  mutating func learn(_ items: [ProviderEvent]) {
    for item in items {
      guard let series = item.series else { continue }
      let same = known.events[item.externalID] == nil ? byStart[Self.key(series, item.startedAt)] : item.externalID
      if let same, taken.insert(same).inserted { ids[item.externalID] = same }
    }
    for item in items {
      guard let series = item.series, ids[item.externalID] == nil else { continue }
      while let id = open[series]?.popLast() {
        guard taken.insert(id).inserted else { continue }
        ids[item.externalID] = id
        break
      }
    }
  }

  func id(of item: ProviderEvent) -> String { ids[item.externalID] ?? item.externalID }
}
