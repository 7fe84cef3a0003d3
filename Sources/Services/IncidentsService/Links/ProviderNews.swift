import JSONBytes
import Messaging
import RedisClient
import ServiceRuntime
import StatusModel

/// Writes what a provider says of an event on the timeline of the incidents that link to it and are not resolved. What csp-ingestor opened
/// itself it tells itself.
struct ProviderNews: Sendable {
  private let store: IncidentsStore

  /// Incidents that are told, the newest.
  private static let incidents = 100
  private static let textLength = 2000

  init(_ store: IncidentsStore) { self.store = store }

  func worker(on node: Node) -> Worker {
    node.worker(
      "incidents.providers", handles: Self.handles,
      handle: { message in
        try await node.admit(message, .sre)
        try await write(message)
      })
  }

  private static func handles(_ event: String) -> Bool { event == "csp.event.updated" || event == "csp.event.resolved" }

  /// Once for each incident, however often the message comes. Throws `Failure.unavailable`.
  func write(_ message: BusMessage) async throws {
    guard let event = message.data["event"], let id = event["id"]?.string, let title = event["title"]?.string,
      let state = event["status"]?.string
    else { throw ConsumerError.hard("data has no event of a provider") }
    let provider = event["provider"]?.string ?? String(id.prefix { $0 != ":" })
    let said = event["updates"]?.array?.last?["text"]?.string ?? title
    let text = "\(provider) (\(state)): \(String(said.prefix(Self.textLength)))"
    for incident in try await store.incidents(linkedTo: id, atMost: Self.incidents) {
      _ = try await RepeatKey.$current.withValue("\(message.uuid):\(incident)") {
        try await store.addEvent(incident, kind: "provider", text, details: ["event": .string(id), "state": .string(state)])
      }
    }
  }
}

extension IncidentsStore {
  private static let linkedToScript = RedisScript(name: "incidents.linked-to", source: Embedded.linkedToLua)

  /// The incidents that link to a provider's event and are not resolved. Throws `.unavailable`.
  fileprivate func incidents(linkedTo event: String, atMost count: Int) async throws(Failure) -> [String] {
    try await read(Self.linkedToScript, [.string(event), .integer(count)]).compactMap(\.string)
  }
}
