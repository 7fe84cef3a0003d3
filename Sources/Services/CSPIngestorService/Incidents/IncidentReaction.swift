import JSONBytes
import Logging
import Reactor
import ServiceClients
import Signing
import StatusModel

/// Opens one incident for a serious event, tells it what the provider says, and ends it with the event unless a person works on it.
///
/// What is left to do is kept with the event and in the due set `work`, so that it outlives this process and waits for incidents.
struct IncidentReaction: Sendable {
  let store: CSPStore
  let incidents: IncidentsClient
  /// Whether incidents may be opened at all.
  let isOn: @Sendable () -> Bool
  let logger: Logger
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// Milliseconds until incidents is asked again after it was away.
  private static let retryTime: Int64 = 3_000
  private static let batch = 50
  /// Seconds for which an incident that has ended still explains what it caused.
  static let grace = 1800
  /// Seconds between the starts of two events that count as one outage.
  static let sameStart = 120
  private static let attempts = 5

  /// This service, as the one who did it.
  private static let ownCaller = Caller(
    application: Application(name: ServiceName.cspIngestor.rawValue, scopes: [.read, .write], strict: true, admin: false, expiresAt: nil),
    isSigned: true)

  // MARK: When

  /// Decides about a provider's events that want an incident, and tells incidents what is new. What fails waits: it is in the due set too.
  /// Throws `.unavailable` while Redis is away.
  func decide(_ provider: String) async throws(Failure) {
    guard let memory = try await store.memory(provider) else { return }
    guard let settings = try await settings(of: provider, ifNeededBy: memory) else { return }
    let waiting = memory.events.values.filter { $0.wantsIncident(settings.autoIncident) || !$0.isIncidentTold }
    for event in waiting.sorted(by: { ($0.known.startedAt, $0.known.externalID) < ($1.known.startedAt, $1.known.externalID) }) {
      do {
        try await handle(event.known.externalID, of: settings)
      } catch {
        logger.notice("incidents could not be told yet", metadata: ["provider": "\(provider)", "error": "\(error.detail)"])
        if case .unavailable = error { return }
      }
    }
  }

  private func settings(of provider: String, ifNeededBy memory: CSPStore.Memory) async throws(Failure) -> ProviderSettings? {
    let isNeeded = memory.events.values.contains {
      !$0.isIncidentTold || $0.known.kind == .incident && $0.known.state.isActive && $0.incident == nil
    }
    return isNeeded ? try await store.provider(provider)?.settings : nil
  }

  /// Takes up what was left to do, until cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        for id in try await store.claim(.work, at: clock(), most: Self.batch) { try await takeUp(id) }
        try await takeUpPartings()
      } catch {
        if case .unavailable = error {} else { logger.error("incidents were not told", metadata: ["error": "\(error)"]) }
      }
      guard (try? await EventLoop.current.sleep(for: .seconds(1))) != nil else { return }
    }
  }

  /// Throws `.unavailable` when incidents or Redis is away: the rest can wait too.
  private func takeUp(_ id: String) async throws(Failure) {
    let parts = id.split(separator: ":", maxSplits: 1).map(String.init)
    do {
      guard parts.count == 2, let settings = try await store.provider(parts[0])?.settings else { return try await store.end(id, of: .work) }
      try await handle(parts[1], of: settings)
    } catch {
      try await store.postpone(id, of: .work, to: clock() + Self.retryTime)
      throw error
    }
  }

  private func handle(_ externalID: String, of settings: ProviderSettings) async throws(Failure) {
    guard let event = try await store.memory(settings.name)?.events[externalID] else {
      return try await store.end(EventDocument.id(settings.name, externalID), of: .work)
    }
    let cid = event.incident == nil ? event.wantedBy ?? CorrelationID.current : CorrelationID.current
    try await acting(cid: cid) { () async throws(Failure) in
      if event.incident == nil { try await place(externalID, of: settings) }
      try await tell(externalID, of: settings)
    }
  }

  /// A provider that is to be deleted says nothing more: its open events end. Their incidents end by `part` once it is deleted.
  func forget(_ provider: String) async throws(Failure) {
    guard let memory = try await store.memory(provider), let settings = try await store.provider(provider)?.settings else { return }
    let open = memory.events.values.filter { !$0.known.state.isOver }
    for event in open {
      try await revise(event.known.externalID, of: settings, word: .resolved, work: .unchanged) { event in
        event.known.state = event.known.kind == .maintenance ? .completed : .resolved
        event.known.resolvedAt = Int(clock() / 1000)
        event.known.resolution = .expired
        event.isIncidentTold = event.incident == nil
      }
    }
  }

  /// Ends the incidents of deleted providers as far as incidents answers; the rest is taken up later.
  func part() async {
    do { try await takeUpPartings() } catch {
      logger.notice("incidents could not be told yet", metadata: ["error": "\(error.detail)"])
    }
  }

  /// Throws `.unavailable` when incidents or Redis is away.
  private func takeUpPartings() async throws(Failure) {
    for parting in try await store.claim(.partings, at: clock(), most: Self.batch) {
      do { try await part(parting) } catch {
        try await store.postpone(parting, of: .partings, to: clock() + Self.retryTime)
        throw error
      }
      try await store.end(parting, of: .partings)
    }
  }

  private func part(_ parting: String) async throws(Failure) {
    let parts = parting.split(separator: " ", maxSplits: 2).map(String.init)
    guard parts.count == 3, let provider = parts[2].split(separator: ":").first else { return }
    try await acting(cid: parts[1]) { () async throws(Failure) in
      guard let incident = try await incidents.incident(parts[0]) else { return }
      let words = IncidentWords(provider: String(provider), event: parts[2])
      try await turn(incident, isOver: true, words.parted, words, since: incident.startedAt)
    }
  }

  /// As this service, under a correlation id.
  private func acting(cid: String, _ body: () async throws(Failure) -> Void) async throws(Failure) {
    let outcome: Result<Void, Failure> = await Caller.$current.withValue(Self.ownCaller) {
      await CorrelationID.$current.withValue(cid) {
        do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
      }
    }
    try outcome.get()
  }

  // MARK: Which incident

  /// Joins, leaves it to the cause, or opens. One at a time in the cluster, so that two pages of one vendor do not open two.
  private func place(_ externalID: String, of settings: ProviderSettings) async throws(Failure) {
    guard isOn() else { return try await store.end(EventDocument.id(settings.name, externalID), of: .work) }
    let token = try await waitForDecision()
    let outcome: Result<Void, Failure>
    do throws(Failure) {
      try await place(alone: externalID, of: settings)
      outcome = .success(())
    } catch { outcome = .failure(error) }
    try await store.endDecision(token)
    try outcome.get()
  }

  private func waitForDecision() async throws(Failure) -> String {
    for _ in 0..<100 {
      if let token = try await store.beginDecision() { return token }
      guard (try? await EventLoop.current.sleep(for: .milliseconds(50))) != nil else { break }
    }
    throw .unavailable("Another replica is deciding about incidents. Try again.", retryAfter: 1)
  }

  private func place(alone externalID: String, of settings: ProviderSettings) async throws(Failure) {
    let id = EventDocument.id(settings.name, externalID)
    guard let event = try await store.memory(settings.name)?.events[externalID], event.incident == nil,
      let document = try await store.document(id)
    else { return }
    if let incident = try await incidentOfSameOutage(as: document, id: id, of: settings) {
      logger.info("joined an incident", metadata: ["event": "\(id)", "incident": "\(incident)"])
      return try await settle(externalID, of: settings, incident)
    }
    if let cause = try await causeWithIncident(of: event) {
      logger.info("left to the cause's incident", metadata: ["event": "\(id)", "cause": "\(cause)"])
      return try await store.end(id, of: .work)
    }
    let incident = try await incidents.declare(Self.declaration(document, id: id, event, settings))
    logger.info("opened an incident", metadata: ["event": "\(id)", "incident": "\(incident.id)"])
    try await settle(externalID, of: settings, incident.id)
  }

  private static func declaration(
    _ document: EventDocument, id: String, _ event: TrackedEvent, _ settings: ProviderSettings
  ) -> JSONValue {
    let url = document.url.flatMap { ProviderSettings.isAddress($0) && $0.utf8.count <= Bounds.url.upperBound ? $0 : nil }
    let summary = document.updates.last?["text"]?.string ?? ""
    return [
      "title": .string("\(settings.name): \(document.title)".cut(at: Bounds.title.upperBound)),
      "sev": .integer(settings.autoIncident.severity(of: event.known.impact)), "source": "csp",
      "services": .array([.string(settings.name)]),
      "summary": .string(summary.cut(at: Bounds.summary.upperBound)), "cid": .string(CorrelationID.current),
      "external": ["provider": .string(settings.name), "id": .string(externalKey(event.known.externalID)), "url": .optional(url)],
    ]
  }

  /// What incidents knows the event by: the provider's id, or its digest when incidents would not take it.
  private static func externalKey(_ id: String) -> String { id.unicodeScalars.count <= 300 ? id : SHA256.hex(id) }

  /// The open incident of another event of the vendor with regions that meet, and an equal title or start.
  private func incidentOfSameOutage(
    as document: EventDocument, id: String, of settings: ProviderSettings
  ) async throws(Failure) -> String? {
    let kin = try await store.providers().items.filter { $0.settings.vendor.lowercased() == settings.vendor.lowercased() }
    for provider in kin.map(\.settings.name) {
      guard let memory = try await store.memory(provider) else { continue }
      let having = memory.events.values.filter { $0.incident != nil && EventDocument.id(provider, $0.known.externalID) != id }
      for event in having.sorted(by: { $0.known.startedAt > $1.known.startedAt }).prefix(Self.batch) {
        let otherID = EventDocument.id(provider, event.known.externalID)
        guard let incident = event.incident, let other = try await store.document(otherID),
          Self.isSameOutage(document, other), try await incidents.incident(incident)?.isResolved == false
        else { continue }
        return incident
      }
    }
    return nil
  }

  static func isSameOutage(_ one: EventDocument, _ other: EventDocument) -> Bool {
    guard one.regions.isEmpty || other.regions.isEmpty || Regions.meet(one.regions, other.regions) else { return false }
    return one.title.lowercased() == other.title.lowercased() || abs(one.startedAt - other.startedAt) <= sameStart
  }

  /// The linked cause whose incident is open, or has only just ended.
  private func causeWithIncident(of event: TrackedEvent) async throws(Failure) -> String? {
    let now = Int(clock() / 1000)
    for link in event.causes {
      let parts = link.event.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, let id = try await store.memory(parts[0])?.events[parts[1]]?.incident,
        let incident = try await incidents.incident(id)
      else { continue }
      if !incident.isResolved || now - (incident.resolvedAt ?? 0) < Self.grace { return link.event }
    }
    return nil
  }

  /// Incidents has accepted: now the event has its incident.
  private func settle(_ externalID: String, of settings: ProviderSettings, _ incident: String) async throws(Failure) {
    try await store.share(incident, EventDocument.id(settings.name, externalID))
    try await revise(externalID, of: settings, work: .at(clock() + Self.retryTime)) { event in
      event.incident = incident
      event.isIncidentTold = false
    }
  }

  // MARK: What it is told

  private func tell(_ externalID: String, of settings: ProviderSettings) async throws(Failure) {
    let id = EventDocument.id(settings.name, externalID)
    guard let event = try await store.memory(settings.name)?.events[externalID], let incidentID = event.incident, !event.isIncidentTold,
      let document = try await store.document(id)
    else { return }
    var told = event.told
    if try await incidents.incident(incidentID) != nil {
      let words = IncidentWords(provider: settings.name, event: id)
      for news in words.news(document, untold: told) {
        try await incidents.tell(incidentID, news.message, repeatKey: news.key)
        told.append(news.key)
      }
      let hasTurned = event.known.state.isOver != (event.toldState?.isOver ?? false)
      if hasTurned, let incident = try await incidents.incident(incidentID) { try await end(event, incident, words) }
    }
    let state = event.known.state
    let fingerprint = event.known.fingerprint
    try await revise(externalID, of: settings, work: .done) { event in
      event.told = told.suffix(EventDocument.updateLimit)
      event.toldState = state
      // What the provider said meanwhile is told next.
      event.isIncidentTold = event.known.fingerprint == fingerprint && event.known.state == state
    }
  }

  /// Ends the incident with the last of the events that share it, or opens it again; one that a person works on is only told.
  private func end(
    _ event: TrackedEvent, _ incident: IncidentsClient.Incident, _ words: IncidentWords
  ) async throws(Failure) {
    let isOver = event.known.state.isOver
    let time = event.known.resolvedAt ?? event.known.firstSeenAt
    try await turn(incident, isOver: isOver, isOver ? words.over(event) : words.again, words, since: time)
  }

  private func turn(
    _ incident: IncidentsClient.Incident, isOver: Bool, _ message: String, _ words: IncidentWords, since time: Int
  ) async throws(Failure) {
    let others = isOver ? try await isAnyOpen(of: incident.id, but: words.event) : false
    let isOurs = !incident.isTouchedByHuman && incident.isResolved != isOver && !others
    if isOurs {
      try await incidents.setStatus(incident.id, isOver ? "resolved" : "open", message: message, version: incident.version)
    } else if incident.isResolved != isOver || others {
      let reason = others ? words.others : words.touched
      let key = words.key("\(message) \(time)")
      try await incidents.tell(incident.id, "\(message) \(reason)", repeatKey: key)
    }
  }

  private func isAnyOpen(of incident: String, but own: String) async throws(Failure) -> Bool {
    for id in try await store.sharers(of: incident) where id != own {
      let parts = id.split(separator: ":", maxSplits: 1).map(String.init)
      if parts.count == 2, try await store.memory(parts[0])?.events[parts[1]]?.known.state.isActive == true { return true }
    }
    return false
  }

  /// Changes what is remembered of one event, however often somebody else is faster.
  private func revise(
    _ externalID: String, of settings: ProviderSettings, word: CSPStore.Written.Word = .nothing, work: CSPStore.Written.Work,
    _ change: (inout TrackedEvent) -> Void
  ) async throws(Failure) {
    let id = EventDocument.id(settings.name, externalID)
    for _ in 0..<Self.attempts {
      guard let memory = try await store.memory(settings.name), var event = memory.events[externalID],
        var document = try await store.document(id)
      else { return }
      change(&event)
      document.follow(event)
      let left: CSPStore.Written.Work = event.isIncidentTold ? work : .at(clock() + Self.retryTime)
      let written = CSPStore.Written(tracked: event, document: document, word: word, work: left)
      if try await store.commit(settings.name, from: memory, [written]) { return }
    }
    throw .unavailable("This provider is being changed by others. Try again.", retryAfter: 1)
  }
}

extension String {
  /// At most `limit` characters (Unicode scalars), the last an ellipsis where something was cut.
  func cut(at limit: Int) -> String {
    unicodeScalars.count <= limit ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(limit - 1))) + "…"
  }
}
