import JSONBytes
import Logging
import Reactor
import RedisClient
import ServiceRuntime
import Signing
import StatusModel

/// What visitors say of providers. Enough of them, and more than usual, make a provider suspected: an event of the kind notice, which opens
/// nothing and causes nothing.
struct CrowdReports: Sendable {
  let store: CSPStore
  /// Distinct reporters from which on a provider may be suspected.
  let threshold: Int
  let logger: Logger
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// Seconds.
  static let bucket = 300
  static let window = 900
  static let day = 86_400
  /// How many times the day's mean the window must have.
  static let factor = 3.0
  /// Fields of a day's counts.
  private static let fieldLimit = 5_000
  private static let externalIDPrefix = "suspected:"
  private static let script = RedisScript(name: "csp.report", source: Embedded.reportLua)

  /// Whether an event is ours, not the feed's.
  static func isOurs(_ externalID: String) -> Bool { externalID.hasPrefix(externalIDPrefix) }

  enum Kind: String, CaseIterable, Sendable { case outage, errors, slow, other }

  struct Counts: Sendable, Equatable {
    struct Row: Sendable, Equatable {
      let at: Int
      let kind: String
      let region: String
      let count: Int
    }
    /// Within the window.
    var reporters = 0
    var rows: [Row] = []

    /// Reports within the last `seconds`, by the buckets that began in them.
    func sum(since time: Int) -> Int { rows.reduce(0) { $0 + ($1.at >= time ? $1.count : 0) } }

    func isSuspicious(at now: Int, threshold: Int) -> Bool {
      let recent = sum(since: now - now % CrowdReports.bucket - CrowdReports.window + CrowdReports.bucket)
      let mean = Double(sum(since: 0)) * Double(CrowdReports.window) / Double(CrowdReports.day)
      return reporters >= threshold && Double(recent) >= CrowdReports.factor * mean
    }
  }

  /// Counts one report of the visitor at `address`; the counts with it.
  func add(_ provider: String, address: String, kind: Kind, region: String) async throws(Failure) -> Counts {
    let now = Int(clock() / 1000)
    let counts = try await ask(provider, at: now, who: SHA256.hex("\(provider) \(address)"), kind: kind.rawValue, region: region)
    if counts.isSuspicious(at: now, threshold: threshold) { try await suspect(provider, at: now) }
    return counts
  }

  func counts(_ provider: String) async throws(Failure) -> Counts {
    try await ask(provider, at: Int(clock() / 1000), who: "", kind: "", region: "")
  }

  private func ask(_ provider: String, at now: Int, who: String, kind: String, region: String) async throws(Failure) -> Counts {
    let answer = try await store.read(
      Self.script,
      [
        .string(provider), .integer(now), .string(who), .integer(Self.bucket), .integer(Self.day), .integer(Self.window), .string(kind),
        .string(region), .integer(Self.fieldLimit),
      ])
    var counts = Counts(reporters: answer.first?.int ?? 0)
    for index in stride(from: 1, to: answer.count - 1, by: 2) {
      let parts = (answer[index].string ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3, let at = Int(parts[0]) else { continue }
      counts.rows.append(Counts.Row(at: at, kind: parts[1], region: parts[2], count: answer[index + 1].int ?? 0))
    }
    return counts
  }

  // MARK: Suspicion

  /// Ends suspicions that are no longer founded, until cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        for provider in try await store.providers().items {
          let open = provider.active.filter { Self.isOurs($0.known.externalID) }
          let now = Int(clock() / 1000)
          guard !open.isEmpty, try await counts(provider.settings.name).reporters < threshold else { continue }
          for event in open { try await end(event.known.externalID, of: provider.settings.name, at: now) }
        }
      } catch {
        if case .unavailable = error {} else { logger.error("suspicions were not looked at", metadata: ["error": "\(error)"]) }
      }
      guard (try? await EventLoop.current.sleep(for: .seconds(60))) != nil else { return }
    }
  }

  private func suspect(_ provider: String, at now: Int) async throws(Failure) {
    try await change(provider) { memory in
      guard !memory.events.values.contains(where: { Self.isOurs($0.known.externalID) && $0.known.state.isActive }) else { return nil }
      var event = ProviderEvent(
        externalID: "\(Self.externalIDPrefix)\(now)", kind: .notice, state: .investigating, impact: .none,
        title: "Many people report trouble with \(provider); it has not said so itself")
      event.startedAt = now
      let known = KnownEvent(
        externalID: event.externalID, series: nil, kind: .notice, state: .investigating, impact: .none, peakImpact: .none, startedAt: now,
        firstSeenAt: now, fingerprint: "")
      let tracked = TrackedEvent(known: known, wasFirstSeenOpen: true)
      return CSPStore.Written(
        tracked: tracked, document: EventDocument(event, provider: provider, tracked: tracked), word: .opened,
        words: EventDocument.words(event, provider: provider))
    }
  }

  private func end(_ externalID: String, of provider: String, at now: Int) async throws(Failure) {
    let id = EventDocument.id(provider, externalID)
    guard var document = try await store.document(id) else { return }
    try await change(provider) { memory in
      guard var tracked = memory.events[externalID], tracked.known.state.isActive else { return nil }
      tracked.known.state = .resolved
      tracked.known.resolvedAt = now
      tracked.known.resolution = .expired
      document.follow(tracked)
      return CSPStore.Written(tracked: tracked, document: document, word: .resolved)
    }
  }

  private func change(_ provider: String, _ reckon: (CSPStore.Memory) -> CSPStore.Written?) async throws(Failure) {
    for _ in 0..<5 {
      guard let memory = try await store.memory(provider), let written = reckon(memory) else { return }
      if try await store.commit(provider, from: memory, [written]) { return }
    }
  }
}
