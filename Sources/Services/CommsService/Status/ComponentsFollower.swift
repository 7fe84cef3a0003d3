import JSONBytes
import Messaging
import StatusModel

/// What the bus says of providers, kept for the components that depend on them. One group: each message is done once in the cluster.
struct ComponentsFollower: Sendable {
  static let group = "comms.providers"
  let components: ComponentsStore
  /// Shows what was kept.
  let changed: @Sendable () async -> Void

  /// What an event is kept under.
  static func key(_ provider: String, _ event: String) -> String { "\(provider) \(event)" }

  static func handles(_ event: String) -> Bool { event.hasPrefix("csp.event.") }

  func handle(_ message: BusMessage) async throws {
    guard let event = message.data["event"], let id = event["id"]?.string ?? event["external_id"]?.string,
      let provider = message.data["provider"]?.string ?? event["provider"]?.string
    else { throw ConsumerError.hard("data has no provider or no event with an id") }
    let trouble = message.name == "csp.event.resolved" ? nil : ProviderTrouble(provider: provider, event: event)
    try await components.keep(trouble, of: Self.key(provider, id), told: message.createdAt)
    await changed()
  }
}

extension ProviderTrouble {
  /// Nil when it is no trouble: over, planned, or news.
  init?(provider: String, event: JSONValue) {
    guard ["incident", "probe"].contains(event["kind"]?.string ?? "incident"), event["resolved_at"]?.integer == nil,
      (event["state"] ?? event["status"])?.string != "resolved", let impact = event["impact"]?.string.flatMap(Impact.init)
    else { return nil }
    let names = (event["components"]?.array ?? []).compactMap { $0.string ?? $0["name"]?.string }
    self.init(
      provider: provider, title: String((event["title"]?.string ?? "").prefix(200)), impact: impact,
      components: Array(names.prefix(StatusBounds.providerComponents)))
  }
}
