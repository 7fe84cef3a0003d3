import JSONBytes

/// An event as it is sent (`CspEvent`). `incident_id` stands last, so that it can be cut off for those who may not know of incidents.
struct EventDocument: Sendable, Equatable {
  /// The newest updates are kept.
  static let updateLimit = 100
  /// On the bus.
  static let busUpdateLimit = 20
  static let componentLimit = 500
  /// Bytes of the item as it stood in the feed; a larger one is left out.
  static let rawLimit = 16_384

  private(set) var object: JSONObject

  static func id(_ provider: String, _ externalID: String) -> String { "\(provider):\(externalID)" }

  init?(parsing bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.object else { return nil }
    self.object = object
  }

  init(_ event: ProviderEvent, provider: String, tracked: TrackedEvent) {
    let known = tracked.known
    object = JSONObject([
      ("id", .string(Self.id(provider, known.externalID))), ("external_id", .string(known.externalID)), ("provider", .string(provider)),
      ("service", .string(event.service(of: provider))), ("kind", .string(known.kind.rawValue)), ("title", .string(event.title)),
      ("status", .string(known.state.rawValue)), ("impact", .string(known.impact.rawValue)),
      ("peak_impact", .string(known.peakImpact.rawValue)), ("ts_start", .integer(known.startedAt)),
      ("ts_update", .integer(event.providerUpdatedAt ?? event.updates.compactMap(\.at).last ?? known.startedAt)),
      ("resolved_at", .optional(known.resolvedAt)), ("resolution", .optional(known.resolution?.rawValue)),
      ("scheduled_for", .optional(event.scheduledFor)), ("scheduled_until", .optional(event.scheduledUntil)),
      ("first_seen_at", .integer(known.firstSeenAt)), ("components", .array(event.components.prefix(Self.componentLimit).map(\.json))),
      ("regions", .array(event.regions.map(JSONValue.string))), ("url", .optional(event.url)),
      ("updates", .array(event.updates.suffix(Self.updateLimit).map(\.json))),
    ])
    follow(tracked)
  }

  /// Takes over what is ours to say: its end, its causes, its incident.
  mutating func follow(_ tracked: TrackedEvent) {
    object["status"] = .string(tracked.known.state.rawValue)
    object["resolved_at"] = .optional(tracked.known.resolvedAt)
    object["resolution"] = .optional(tracked.known.resolution?.rawValue)
    object["caused_by"] = .array(tracked.causes.map(\.json))
    object["incident_id"] = nil
    object["incident_id"] = .optional(tracked.incident)
  }

  var bytes: [UInt8] { JSONValue.object(object).bytes }

  /// For a message of the bus, which has a limit.
  var busText: String {
    var short = object
    short["updates"] = .array(Array(updates.suffix(Self.busUpdateLimit)))
    return JSONValue.object(short).text
  }

  /// Without what only those may know who are signed in.
  static func forNobody(_ bytes: [UInt8]) -> [UInt8] {
    let name = Array(#","incident_id":"#.utf8)
    var index = bytes.count - name.count
    while index > 0, !bytes[index..<index + name.count].elementsEqual(name) { index -= 1 }
    return index > 0 ? Array(bytes[..<index]) + Array(#","incident_id":null}"#.utf8) : bytes
  }

  var title: String { object["title"]?.string ?? "" }
  var url: String? { object["url"]?.string }
  var startedAt: Int { object["ts_start"]?.integer ?? 0 }
  var endedAt: Int? { object["resolved_at"]?.integer }
  var regions: [String] { object["regions"]?.array?.compactMap(\.string) ?? [] }
  var updates: [JSONValue] { object["updates"]?.array ?? [] }
  var components: [JSONValue] { object["components"]?.array ?? [] }
  var componentNames: [String] { components.compactMap { $0["name"]?.string } }

  /// As the adapter knew it, but for what only the feed's family needs.
  var event: ProviderEvent? {
    guard let id = object["external_id"]?.string, let kind = object["kind"]?.string.flatMap(EventKind.init),
      let state = object["status"]?.string.flatMap(EventState.init), let impact = object["impact"]?.string.flatMap(Impact.init)
    else { return nil }
    var event = ProviderEvent(externalID: id, kind: kind, state: state, impact: impact, title: title)
    event.startedAt = startedAt
    event.resolvedAt = endedAt
    event.scheduledFor = object["scheduled_for"]?.integer
    event.scheduledUntil = object["scheduled_until"]?.integer
    event.components = components.map {
      ProviderComponent(
        id: $0["id"]?.string ?? "", name: $0["name"]?.string ?? "", group: $0["group"]?.string,
        status: $0["status"]?.string.flatMap(ComponentStatus.init))
    }
    event.regions = regions
    event.updates = updates.map {
      ProviderUpdate(id: $0["id"]?.string, state: $0["state"]?.string, text: $0["text"]?.string ?? "", at: $0["at"]?.integer)
    }
    event.url = url
    return event
  }

  /// What searches find it by.
  static func words(_ event: ProviderEvent, provider: String) -> String {
    let texts = [provider, event.title] + event.components.prefix(20).map(\.name) + event.regions.prefix(20)
    return Words.of(texts.joined(separator: " ")).joined(separator: " ")
  }
}

extension ProviderComponent {
  var json: JSONValue {
    ["id": .string(id), "name": .string(name), "group": .optional(group), "status": .optional(status?.rawValue)]
  }
}

extension ProviderUpdate {
  var json: JSONValue { ["id": .optional(id), "state": .optional(state), "text": .string(text), "at": .optional(at)] }
}

enum Words {
  private static let limit = 60

  /// Of a text, each once: runs of two or more letters and digits, lower-cased, cut at 32 characters.
  static func of(_ text: String) -> [String] {
    var seen: Set<String> = []
    var words: [String] = []
    for run in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let word = String(run.prefix(32))
      guard word.count > 1, seen.insert(word).inserted else { continue }
      words.append(word)
      if words.count == limit { break }
    }
    return words
  }
}
