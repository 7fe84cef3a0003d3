import HTTPTypes
import JSONBytes
import Reactor
import ServiceRuntime
import StatusModel

/// Compares what is kept of providers with what csp-ingestor knows, in every replica: a message that was lost (given up, or trimmed before it
/// was read) leaves a component wrong for one pause, not for good.
struct ProvidersComparison: Sendable {
  let components: ComponentsStore
  let publicStore: PublicStore
  let neighbours: Neighbours
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  private static let pause = Duration.seconds(300)
  /// While csp-ingestor or Redis is away.
  private static let retryPause = Duration.seconds(5)
  private static let pageSize = 500

  /// Until cancelled, on a loop.
  func run() async {
    while !Task.isCancelled {
      var pause = Self.pause
      do { try await compare() } catch { pause = Self.retryPause }
      guard (try? await EventLoop.current.sleep(for: pause)) != nil else { return }
    }
  }

  /// What the bus tells after the moment of asking is later, and holds. Throws `.unavailable`.
  private func compare() async throws(Failure) {
    let asked = ISO8601.text(milliseconds: clock())
    let kept = try await publicStore.providerTroubles()
    let active = try await activeTroubles()
    for (event, trouble) in active where kept[event] != trouble { try await components.keep(trouble, of: event, told: asked) }
    for event in kept.keys where active[event] == nil { try await components.keep(nil, of: event, told: asked) }
  }

  private func activeTroubles() async throws(Failure) -> [String: ProviderTrouble] {
    var found: [String: ProviderTrouble] = [:]
    var start = 0
    while true {
      let page = "startIndex=\(start)&maxResults=\(Self.pageSize)"
      let events = try await neighbours.call(.cspIngestor, .get, "/api/v1/csp/events?active=true&\(page)").array ?? []
      for event in events {
        guard let provider = event["provider"]?.string, let id = event["id"]?.string else { continue }
        found[ComponentsFollower.key(provider, id)] = ProviderTrouble(provider: provider, event: event)
      }
      guard events.count == Self.pageSize else { return found }
      start += Self.pageSize
    }
  }
}
