import JSONBytes
import Messaging
import ServiceRuntime
import StatusModel

/// Writes a flag's change on the timeline of every incident that is not resolved and has one of its tags among its services.
struct FlagChanges: Sendable {
  private let store: IncidentsStore

  /// Incidents of one tag and status that are told, the newest.
  private static let incidents = 100

  init(_ store: IncidentsStore) { self.store = store }

  func worker(on node: Node) -> Worker {
    node.worker("incidents.flags", handles: { $0 == "flag.changed" }, handle: { try await write($0) })
  }

  /// Once for each incident, however often the message comes. Throws `Failure.unavailable`.
  private func write(_ message: BusMessage) async throws {
    guard let change = FlagChange(message.data) else { throw ConsumerError.hard("it does not say which flag changed, and how") }
    for id in try await concerned(by: change.tags) {
      _ = try await RepeatKey.$current.withValue("\(message.uuid):\(id)") {
        try await store.addEvent(id, kind: "flag", change.message, details: change.details)
      }
    }
  }

  private func concerned(by tags: [String]) async throws -> Set<String> {
    var ids: Set<String> = []
    for tag in tags {
      for status in [Status.open, .mitigated] {
        let found = try await store.list(IncidentFilter(status: status, service: tag), start: 0, count: Self.incidents)
        ids.formUnion(try found.items.compactMap { try JSONValue(parsing: $0)["id"]?.string })
      }
    }
    return ids
  }
}

/// What `flag.changed` says.
private struct FlagChange {
  let tags: [String]
  let message: String
  /// `{flag, version, change, on}`
  let details: JSONValue

  init?(_ data: JSONObject) {
    guard let flag = data["flag"]?.string, let version = data["version"]?.integer, let change = data["change"]?.string,
      let isOn = data["on"]?.bool
    else { return nil }
    tags = data["tags"]?.array?.compactMap(\.string) ?? []
    let happened =
      switch change {
      case "toggled": isOn ? "switched on" : "switched off"
      case "rolled_back": "rolled back to an earlier version"
      case "scheduled": "changed as planned"
      case "created": "made"
      case "deleted": "deleted"
      default: "changed"
      }
    message = "Flag \(flag) \(happened)"
    details = ["flag": .string(flag), "version": .integer(version), "change": .string(change), "on": .bool(isOn)]
  }
}
