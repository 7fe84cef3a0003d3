import JSONBytes
import Logging
import OutboundClient
import Reactor
import Signing
import StatusModel

/// What one refresh of a provider came to.
struct RefreshOutcome: Sendable {
  var counts = RefreshCounts()
  /// Why the answer changed nothing, and the words for it.
  var refusal: (why: Refusal, detail: String)?
  var tookMilliseconds = 0
}

/// Asks one provider, understands the answer, keeps what changed, and has causes weighed and incidents told.
struct Refresher: Sendable {
  let store: CSPStore
  let fetcher: Fetcher
  let prober: Prober
  let workers: WorkerPool
  let weigher: CauseWeigher
  let reaction: IncidentReaction
  let logger: Logger
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// A body of more bytes is read on a worker, so that the loop goes on.
  private static let inlineLimit = 32_768
  /// How often a refresh reckons anew because somebody else has changed the provider's events meanwhile.
  private static let attempts = 5

  /// Gives the claim back, whatever happens. Throws `.unavailable`.
  func poll(_ claim: Claim) async throws(Failure) -> RefreshOutcome {
    let begun = EventLoop.now
    var turn = Turn(claim: claim, poll: claim.poll, now: Int(clock() / 1000))
    do {
      if claim.settings.isProbe { try await look(&turn) } else { try await ask(&turn) }
    } catch {
      try await finish(turn)
      throw error
    }
    try await finish(turn)
    if turn.outcome.refusal == nil { try await follow(turn) }
    turn.outcome.tookMilliseconds = Fetcher.milliseconds(since: begun)
    return turn.outcome
  }

  /// What goes from step to step.
  private struct Turn {
    let claim: Claim
    var poll: PollState
    let now: Int
    var outcome = RefreshOutcome()
    /// Events that were opened, revised or ended, by external id.
    var changed: [String] = []
    var backsOff = false
    var freshFor: Int?
    var retryAfter: Int?

    mutating func refuse(_ why: Refusal, _ detail: String) {
      poll.refuse(why, detail, at: now)
      outcome.refusal = (why, detail)
    }
  }

  private func finish(_ turn: Turn) async throws(Failure) {
    let settings = turn.claim.settings
    let delay = Schedule.delay(
      interval: settings.interval, refusals: turn.poll.refusals, backsOff: turn.backsOff, freshFor: turn.freshFor,
      retryAfter: turn.retryAfter)
    let wait = Schedule.jittered(delay, random: .random(in: -1...1), mayBeEarlier: delay == settings.interval && turn.retryAfter == nil)
    let next = clock() + wait
    var poll = turn.poll
    poll.nextAt = Int(next / 1000)
    try await store.finish(turn.claim, poll, next: next)
  }

  // MARK: A feed

  private func ask(_ turn: inout Turn) async throws(Failure) {
    let settings = turn.claim.settings
    let answer = await fetcher.fetch(settings.feedURL, turn.poll.mustRead ? nil : turn.poll.validators)
    turn.poll.latency = answer.latency
    (turn.freshFor, turn.retryAfter) = (answer.freshFor, answer.retryAfter)
    switch answer.result {
    case .refused(let why, let detail, let backsOff):
      turn.backsOff = backsOff
      turn.refuse(why, detail)
    case .notModified: stayTheSame(&turn)
    case .body(let body, let contentType, let validators, let isGzip):
      let digest = SHA256.hex(body)
      if digest == turn.poll.digest, !turn.poll.mustRead {
        if isGzip { turn.poll.validators.gzip = validators.gzip } else { turn.poll.validators.identity = validators.identity }
        return stayTheSame(&turn)
      }
      try await take(body, contentType, &turn)
      guard turn.outcome.refusal == nil else { return }
      turn.poll.digest = digest
      turn.poll.validators = validators
    }
  }

  /// The document is the one of the last good poll.
  private func stayTheSame(_ turn: inout Turn) {
    turn.poll.succeed(at: turn.now)
    turn.outcome.counts.fetched = turn.poll.fetched
    turn.outcome.counts.unchanged = turn.poll.fetched
  }

  private func take(_ body: [UInt8], _ contentType: String?, _ turn: inout Turn) async throws(Failure) {
    let settings = turn.claim.settings
    let now = turn.now
    let snapshot: Snapshot
    do {
      if body.count <= Self.inlineLimit {
        snapshot = try readFeed(body, contentType: contentType, address: settings.feedURL, registered: settings.family, now: now)
      } else {
        snapshot = try await workers.run {
          try readFeed(body, contentType: contentType, address: settings.feedURL, registered: settings.family, now: now)
        }
      }
    } catch {
      guard let why = error as? Refusal else {
        throw .unavailable("This service has too much to do for the moment. Try again.", retryAfter: 5)
      }
      turn.refuse(why, why.sentence)
      if why.isDrift { logger.warning("format drift", metadata: ["provider": "\(settings.name)", "refusal": "\(why.rawValue)"]) }
      return
    }
    try await reckon(snapshot, &turn)
    guard turn.outcome.refusal == nil else { return }
    turn.poll.accept(snapshot, at: now)
    turn.poll.fetched = turn.outcome.counts.fetched
  }

  // MARK: A probe

  private func look(_ turn: inout Turn) async throws(Failure) {
    let begun = EventLoop.now
    let (outcome, failure) = await prober.look(turn.claim.settings)
    turn.poll.latency = Fetcher.milliseconds(since: begun)
    let events = turn.poll.probe.take(outcome, at: turn.now, name: turn.claim.settings.name)
    try await reckon(Snapshot(events: events), &turn)
    turn.poll.succeed(at: turn.now)
    turn.poll.fetched = turn.outcome.counts.fetched
    if let failure { (turn.poll.lastError, turn.poll.lastErrorAt) = (failure.description, turn.now) }
  }

  // MARK: What changed

  private func reckon(_ snapshot: Snapshot, _ turn: inout Turn) async throws(Failure) {
    let settings = turn.claim.settings
    for _ in 0..<Self.attempts {
      guard let memory = try await store.memory(settings.name) else {
        throw .notFound("There is no provider \(settings.name) any more.")
      }
      let refreshed = refresh(memory.feed, with: snapshot, filter: settings.filter, now: turn.now)
      var reckoning = Reckoning(settings: settings, memory: memory, cid: CorrelationID.current, now: clock())
      try await reckoning.take(refreshed, from: store)
      let components = refreshed.refusal == nil ? snapshot.componentStates : []
      if reckoning.hasNews(page: refreshed.known, components: components) {
        let isKept = try await store.commit(
          settings.name, from: memory, page: refreshed.known, components: components, reckoning.written,
          forget: reckoning.surplus(beside: snapshot))
        guard isKept else { continue }
      }
      turn.outcome.counts = refreshed.counts
      turn.changed = reckoning.written.filter { $0.word != .nothing || $0.tracked.known.state.isOver }.map(\.tracked.known.externalID)
      turn.poll.mustRead = refreshed.known.waits
      if let why = refreshed.refusal { turn.refuse(why, why.sentence) }
      return
    }
    throw .unavailable("This provider is being changed by others. Try again.", retryAfter: 1)
  }

  /// What the refresh means for causes and incidents. Incidents being away makes it wait, not fail.
  private func follow(_ turn: Turn) async throws(Failure) {
    let name = turn.claim.settings.name
    if !turn.changed.isEmpty { try await weigher.weigh(name, changed: turn.changed) }
    try await reaction.decide(name)
  }
}

extension KnownProvider {
  /// Whether a document that stays as it is must be read again all the same: another page is being counted, or an event is missed.
  fileprivate var waits: Bool { otherPage != nil || events.values.contains { $0.unseenSince != nil && !$0.state.isOver } }
}

extension CSPStore.Memory {
  /// What the feed's snapshot is compared with: not what we say of the provider ourselves.
  var feed: KnownProvider {
    var feed = page
    for (id, event) in events where !CrowdReports.isOurs(id) { feed.events[id] = event.known }
    return feed
  }
}
