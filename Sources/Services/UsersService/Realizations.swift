import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// What a person has done here: the incidents they lead, then the postmortems they wrote, each newest first.
struct Realizations {
  enum Kind: String {
    case incident, postmortem

    /// The filter of incidents' list that finds them.
    var filter: String { self == .incident ? "commander" : "author" }
  }
  let incidents: IncidentsClient

  /// Throws `unavailable` when incidents is away.
  func page(_ page: Page, of person: String) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let led = try await found(.incident, person, from: page.startIndex, count: page.maxResults)
    let wrote = try await found(
      .postmortem, person, from: max(0, page.startIndex - led.total), count: max(1, page.maxResults - led.items.count))
    let items = (led.items + wrote.items).prefix(page.maxResults)
    return (Array(items), led.total + wrote.total)
  }

  private func found(
    _ kind: Kind, _ person: String, from start: Int, count: Int
  ) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let page = try await incidents.incidents(where: kind.filter, is: person, startIndex: start, maxResults: count)
    return (page.items.map { Self.item(kind, $0).bytes }, page.total)
  }

  private static func item(_ kind: Kind, _ incident: JSONValue) -> JSONValue {
    var item = JSONObject([("kind", .string(kind.rawValue))])
    for name in ["id", "title", "sev", "status", "services", "started_at", "resolved_at"] { item[name] = incident[name] ?? .null }
    return .object(item)
  }
}
