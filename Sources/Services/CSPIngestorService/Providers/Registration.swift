import JSONBytes
import OutboundClient
import Reactor
import StatusModel

/// Looks at an address before it is watched, and adds what the catalogue knows.
struct Registration: Sendable {
  let store: CSPStore
  let fetcher: Fetcher
  let prober: Prober
  let workers: WorkerPool
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  struct Finding: Sendable {
    /// Nil: nothing in it says which.
    var family: Family?
    var charset = ""
    var events = 0
    var active = 0
    var unreadable = 0
    /// For people: the address works, but.
    var warnings: [String] = []
  }

  /// Throws `.invalid` naming `field` when the address cannot be watched.
  func look(at settings: ProviderSettings, field: String) async throws(Failure) -> Finding {
    if settings.isProbe { return try await probe(settings, field) }
    let answer = await fetcher.fetch(settings.feedURL, nil)
    switch answer.result {
    case .refused(let why, let detail, _):
      throw .invalid(field, "cannot be read: \(why == .transport || why == .httpStatus ? detail : why.text)")
    case .notModified: throw .invalid(field, "cannot be read: the server answered 304 to a plain request")
    case .body(let body, let contentType, _, _): return try await finding(body, contentType, settings, field)
    }
  }

  private func finding(
    _ body: [UInt8], _ contentType: String?, _ settings: ProviderSettings, _ field: String
  ) async throws(Failure) -> Finding {
    let now = Int(clock() / 1000)
    let snapshot: Snapshot
    do {
      snapshot = try await workers.run {
        try readFeed(body, contentType: contentType, address: settings.feedURL, registered: settings.family, now: now)
      }
    } catch let why as Refusal {
      throw .invalid(field, "cannot be read: \(why.text)")
    } catch { throw .unavailable("This service has too much to do for the moment. Try again.", retryAfter: 5) }
    var finding = Finding(family: snapshot.family ?? settings.family, charset: snapshot.charset)
    finding.events = snapshot.events.count
    finding.active = snapshot.events.count(where: \.isActive)
    finding.unreadable = snapshot.unreadable
    let path = settings.feedURL.lowercased().prefix { $0 != "?" && $0 != "#" }
    if snapshot.family == .statuspage || snapshot.family == .incidentio,
      path.hasSuffix("/status.json") || path.hasSuffix("/components.json")
    {
      finding.warnings.append("This address lists no incidents. Take the page's /api/v2/summary.json instead.")
    }
    if snapshot.unreadable > 0 { finding.warnings.append("\(snapshot.unreadable) items cannot be read and are left out.") }
    return finding
  }

  /// A site that is down may be watched; an address that nobody can reach from here may not.
  private func probe(_ settings: ProviderSettings, _ field: String) async throws(Failure) -> Finding {
    let (outcome, failure) = await prober.look(settings)
    switch failure {
    case .badURL, .addressRefused, .cannotResolve: throw .invalid(field, "cannot be watched: \(failure?.description ?? "")")
    default: return Finding(warnings: outcome.failure.map { ["It is not well now. \($0)"] } ?? [])
    }
  }

  /// Watches these names of the catalogue, as they stand there; one that is watched already stays as it is. Throws `.invalid`.
  func addFromCatalogue(_ names: [String]) async throws(Failure) -> [String] {
    var chosen: [ProviderSettings] = []
    for name in names {
      guard let settings = Catalogue.standard.settings(named: name) else {
        throw .invalid("names", "has \(name.prefix(64)), which the catalogue does not know")
      }
      chosen += settings
    }
    for settings in chosen { _ = try await store.register(settings, firstPoll: clock(), onlyIfNew: true) }
    return chosen.map(\.name)
  }

  /// The providers of the first start, once in the life of a namespace.
  func seed() async throws(Failure) {
    guard try await !store.isSeeded() else { return }
    _ = try await addFromCatalogue(Catalogue.standard.firstStart)
    try await store.markSeeded()
  }
}
