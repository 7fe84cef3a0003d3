import JSONBytes
import StatusModel

/// Links events to the upstream events they come from, whenever a cause or an effect appears or is revised.
struct CauseWeigher: Sendable {
  let store: CSPStore
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// Links kept with an event, the likeliest.
  static let linkLimit = 5
  private static let attempts = 5

  /// `changed` are external ids of `provider`: they are weighed as effects, and all that may come from them too.
  func weigh(_ provider: String, changed: [String]) async throws(Failure) {
    let world = try await CausalWorld(store, around: provider)
    guard world.hasEdges, let own = world.memories[provider] else { return }
    let now = Int(clock() / 1000)
    let times = changed.compactMap { own.events[$0]?.known }
    guard let first = times.map(\.startedAt).min() else { return }
    let last = times.map { $0.state.isOver ? $0.resolvedAt ?? now : now }.max() ?? now
    for dependent in world.dependents(of: provider) {
      for event in world.memories[dependent]?.events.values.map(\.known) ?? [] where event.isOutage {
        let isChanged = dependent == provider && changed.contains(event.externalID)
        let mayFollow = dependent != provider && (first - Self.slack...max(first, last) + Self.slack) ~= event.startedAt
        if isChanged || mayFollow { try await weigh(event.externalID, of: dependent, in: world, now: now) }
      }
    }
  }

  /// As in `Causes`, twice for two hops. Seconds.
  private static let slack = 3600

  private func weigh(_ externalID: String, of provider: String, in world: CausalWorld, now: Int) async throws(Failure) {
    let found = try await world.causes(of: externalID, provider: provider, store, now: now)
    let linked = found.filter(\.isLink).prefix(Self.linkLimit).map { CauseLink($0, at: now) }
    let id = EventDocument.id(provider, externalID)
    for _ in 0..<Self.attempts {
      guard let memory = try await store.memory(provider), var event = memory.events[externalID] else { return }
      let links = linked.map { link in
        var link = link
        link.firstLinkedAt = event.causes.first { $0.event == link.event }?.firstLinkedAt ?? now
        return link
      }
      guard links != event.causes, var document = try await store.document(id) else { return }
      event.causes = links
      document.follow(event)
      let word: CSPStore.Written.Word = event.known.state.isOver ? .nothing : .updated
      let written = CSPStore.Written(tracked: event, document: document, word: word)
      if try await store.commit(provider, from: memory, [written]) { return }
    }
  }
}

/// Some providers, who depends on whom among them, and their events.
struct CausalWorld: Sendable {
  private(set) var memories: [String: CSPStore.Memory] = [:]
  private let causes: Causes
  private let edges: [DependencyEdge]

  /// Hops that count.
  private static let reach = 2

  var hasEdges: Bool { !edges.isEmpty }

  /// Those that `provider` may have to do with, upstream and downstream.
  /// `more`: edges that no provider's settings have.
  init(_ store: CSPStore, around provider: String, more: [DependencyEdge] = []) async throws(Failure) {
    let all = try await store.providers().items.map(\.settings)
    let known = all.flatMap(\.dependencies) + more
    var near: Set = [provider]
    // Whoever depends on it, and then all that those depend on.
    for _ in 0..<Self.reach { near.formUnion(known.filter { near.contains($0.to) }.map(\.from)) }
    for _ in 0..<Self.reach { near.formUnion(known.filter { near.contains($0.from) }.map(\.to)) }
    edges = known.filter { near.contains($0.from) && near.contains($0.to) }
    causes = Causes(edges: edges, aliases: Dictionary(all.map { ($0.name, $0.aliases) }) { $1 })
    guard !edges.isEmpty else { return }
    for name in near {
      if let memory = try await store.memory(name) { memories[name] = memory }
    }
  }

  /// `provider`, and those whose events may come from its events.
  func dependents(of provider: String) -> [String] {
    var found: Set = [provider]
    for _ in 0..<Self.reach { found.formUnion(edges.filter { found.contains($0.to) }.map(\.from)) }
    return found.sorted()
  }

  /// What may have brought about one event, the likeliest first.
  func causes(of externalID: String, provider: String, _ store: CSPStore, now: Int) async throws(Failure) -> [Cause] {
    guard let effect = memories[provider]?.events[externalID]?.known else { return [] }
    let candidates = try await candidates(for: effect, of: provider, store, now: now)
    let id = EventDocument.id(provider, externalID)
    guard let event = try await store.document(id)?.causal(provider, effect) else { return [] }
    return causes.of(event, among: candidates, now: now)
  }

  func causes(of effect: CausalEvent, _ store: CSPStore, now: Int) async throws(Failure) -> [Cause] {
    let known = KnownEvent(
      externalID: effect.externalID, series: nil, kind: effect.kind, state: .investigating, impact: effect.peakImpact,
      peakImpact: effect.peakImpact, startedAt: effect.startedAt, firstSeenAt: effect.startedAt, fingerprint: "")
    return causes.of(effect, among: try await candidates(for: known, of: effect.provider, store, now: now), now: now)
  }

  /// Events of providers upstream that lasted when `effect` began, or nearly.
  private func candidates(
    for effect: KnownEvent, of provider: String, _ store: CSPStore, now: Int
  ) async throws(Failure) -> [CausalEvent] {
    var upstream: Set = [provider]
    for _ in 0..<Self.reach { upstream.formUnion(edges.filter { upstream.contains($0.from) }.map(\.to)) }
    var found: [(id: String, provider: String, event: KnownEvent)] = []
    for name in upstream.sorted() where name != provider {
      for event in memories[name]?.events.values.map(\.known) ?? [] where event.isOutage && event.mayCause(effect, now: now) {
        found.append((EventDocument.id(name, event.externalID), name, event))
      }
    }
    let documents = try await store.documents(found.map(\.id))
    return found.compactMap { documents[$0.id]?.causal($0.provider, $0.event) }
  }
}

extension KnownEvent {
  fileprivate var isOutage: Bool { kind == .incident || kind == .probe }

  /// Whether the times allow it, by way of another event too. An hour is twice what one hop may differ by.
  fileprivate func mayCause(_ effect: KnownEvent, now: Int) -> Bool {
    let end = state.isOver ? resolvedAt ?? now : now
    return startedAt - 3600 <= effect.startedAt && effect.startedAt <= max(startedAt, end) + 3600
  }
}

extension EventDocument {
  fileprivate func causal(_ provider: String, _ known: KnownEvent) -> CausalEvent? {
    event.map { CausalEvent($0, of: provider, peakImpact: known.peakImpact) }
  }
}
