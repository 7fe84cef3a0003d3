import JSONBytes
import StatusModel

/// What of a refresh is to be written.
struct Reckoning {
  let settings: ProviderSettings
  let memory: CSPStore.Memory
  let cid: String
  /// Milliseconds.
  let now: Int64
  private(set) var written: [CSPStore.Written] = []

  /// Until incidents is asked a first time: the refresh itself does that at once, the worker only if it cannot.
  static let patience: Int64 = 2_000

  init(settings: ProviderSettings, memory: CSPStore.Memory, cid: String, now: Int64) {
    self.settings = settings
    self.memory = memory
    self.cid = cid
    self.now = now
  }

  mutating func take(_ refreshed: Refreshed, from store: CSPStore) async throws(Failure) {
    var taken: Set<String> = []
    let gone = refreshed.changes.filter { $0.event == nil && $0.action != .unchanged }.map(\.known.externalID)
    let documents = try await store.documents(gone.map { EventDocument.id(settings.name, $0) })
    for change in refreshed.changes where change.action != .unchanged {
      taken.insert(change.known.externalID)
      if let event = change.event {
        written.append(revised(change, event))
      } else if let document = documents[EventDocument.id(settings.name, change.known.externalID)] {
        written.append(ended(change, document))
      }
    }
    for (id, known) in refreshed.known.events where !taken.contains(id) {
      guard var tracked = memory.events[id], tracked.known != known else { continue }
      tracked.known = known
      written.append(CSPStore.Written(tracked: tracked))
    }
  }

  private func revised(_ change: EventChange, _ event: ProviderEvent) -> CSPStore.Written {
    let old = memory.events[change.known.externalID]
    var tracked = old ?? TrackedEvent(known: change.known, wasFirstSeenOpen: change.action == .opened)
    if let old, old.known.startedAt != change.known.startedAt { tracked.startEdits += 1 }
    tracked.known = change.known
    tracked.publishedAt = [tracked.publishedAt, event.updates.compactMap(\.at).min()].compactMap(\.self).min()
    if tracked.known.kind == .probe, tracked.known.state.isOver { tracked.known.resolution = .probeOK }
    let word: CSPStore.Written.Word =
      switch change.action {
      case .opened: .opened
      case .updated: .updated
      case .declaredOver, .absent, .expired: .resolved
      case .recorded, .unchanged: .nothing
      }
    let work = self.work(&tracked, word)
    let raw = event.raw.text
    return CSPStore.Written(
      tracked: tracked, document: EventDocument(event, provider: settings.name, tracked: tracked), word: word,
      raw: raw.utf8.count > EventDocument.rawLimit ? "null" : raw, words: EventDocument.words(event, provider: settings.name), work: work)
  }

  private func ended(_ change: EventChange, _ document: EventDocument) -> CSPStore.Written {
    var tracked = memory.events[change.known.externalID] ?? TrackedEvent(known: change.known, wasFirstSeenOpen: true)
    tracked.known = change.known
    var document = document
    document.follow(tracked)
    let work = self.work(&tracked, .resolved)
    return CSPStore.Written(tracked: tracked, document: document, word: .resolved, work: work)
  }

  /// When incidents is to hear of it.
  private func work(_ tracked: inout TrackedEvent, _ word: CSPStore.Written.Word) -> CSPStore.Written.Work {
    if tracked.incident != nil, word != .nothing {
      tracked.isIncidentTold = false
      return .at(now + Self.patience)
    }
    guard tracked.wantsIncident(settings.autoIncident), tracked.wantedBy == nil else { return .unchanged }
    tracked.wantedBy = cid
    return .at(now + Self.patience)
  }

  /// Whether there is anything to keep at all.
  func hasNews(page: KnownProvider, components: [ProviderComponent]) -> Bool {
    !written.isEmpty || !components.isEmpty && CSPStore.digest(of: components) != memory.components || page.json != memory.page.json
  }

  /// What is over for longest and stands in the document no more, beyond what is kept of history.
  func surplus(beside snapshot: Snapshot) -> [String] {
    let current = Set(snapshot.events.map(\.externalID))
    let over = memory.events.values.filter { $0.known.state.isOver && !current.contains($0.known.externalID) }
    guard over.count > CSPStore.keptHistory else { return [] }
    return over.sorted { ($0.known.resolvedAt ?? 0) < ($1.known.resolvedAt ?? 0) }.prefix(over.count - CSPStore.keptHistory)
      .map(\.known.externalID)
  }
}
