import JSONBytes

/// What is remembered of one event: what the feed's adapter needs to compare, and what became of it here. In Redis it is one JSON text.
struct TrackedEvent: Sendable, Equatable {
  var known: KnownEvent
  /// Whether it was under way, or planned, when it was first seen.
  var wasFirstSeenOpen: Bool
  /// The correlation id of the refresh from which on it wanted an incident; nil: it wants none.
  var wantedBy: String?
  /// The incident it has, be it another event's.
  var incident: String?
  /// Nothing is left to tell the incident.
  var isIncidentTold = true
  /// What the incident was told: digests of updates, and the last state.
  var told: [String] = []
  var toldState: EventState?
  /// How often the provider moved the start.
  var startEdits = 0
  /// The earliest time of an update; nil: the feed does not say.
  var publishedAt: Int?
  /// Best first.
  var causes: [CauseLink] = []

  /// Whether an incident should be opened for it, as far as its own data say.
  func wantsIncident(_ rule: AutoIncident) -> Bool {
    guard let least = rule.leastImpact else { return false }
    return known.kind == .incident && known.state.isActive && wasFirstSeenOpen && known.impact >= least && incident == nil
  }
}

/// An upstream event that a downstream one is held to come from.
struct CauseLink: Sendable, Equatable {
  /// The upstream event's id.
  var event: String
  var score: Double
  /// From the effect to the cause, as they are sent.
  var hops: [JSONValue]
  var firstLinkedAt: Int

  init(_ cause: Cause, at now: Int) {
    event = EventDocument.id(cause.event.provider, cause.event.externalID)
    score = (cause.score * 1000).rounded() / 1000
    hops = cause.path.map(\.json)
    firstLinkedAt = now
  }

  init?(_ json: JSONValue) {
    guard let event = json["event"]?.string, let score = json["score"]?.number else { return nil }
    self.event = event
    self.score = score
    hops = json["path"]?.array ?? []
    firstLinkedAt = json["first_linked_at"]?.integer ?? 0
  }

  var provider: String { event.split(separator: ":", maxSplits: 1).first.map(String.init) ?? "" }

  var json: JSONValue {
    [
      "event": .string(event), "provider": .string(provider), "score": .number(score), "path": .array(hops),
      "first_linked_at": .integer(firstLinkedAt),
    ]
  }
}

extension Cause.Hop {
  var json: JSONValue {
    [
      "from": .string(edge.from), "to": .string(edge.to), "event": .string(EventDocument.id(edge.to, externalID)),
      "level": .string(edge.level.rawValue), "likelihood": .number(edge.level.likelihood), "time": .number(time),
      "region": .number(region), "cause_impact": .number(causeImpact), "mention": .number(mention), "delay_s": .integer(delay),
    ]
  }
}

extension TrackedEvent {
  var json: JSONValue {
    [
      "id": .string(known.externalID), "series": .optional(known.series), "kind": .string(known.kind.rawValue),
      "state": .string(known.state.rawValue), "impact": .string(known.impact.rawValue), "peak": .string(known.peakImpact.rawValue),
      "start": .integer(known.startedAt), "end": .optional(known.resolvedAt), "resolution": .optional(known.resolution?.rawValue),
      "first_seen": .integer(known.firstSeenAt), "unseen_since": .optional(known.unseenSince), "fingerprint": .string(known.fingerprint),
      "open": .bool(wasFirstSeenOpen), "wanted_by": .optional(wantedBy), "incident": .optional(incident), "is_told": .bool(isIncidentTold),
      "told": .array(told.map(JSONValue.string)), "told_state": .optional(toldState?.rawValue), "start_edits": .integer(startEdits),
      "published": .optional(publishedAt), "causes": .array(causes.map(\.json)),
    ]
  }

  /// Nil when it is none of ours.
  init?(_ json: JSONValue) {
    guard let id = json["id"]?.string, let kind = json["kind"]?.string.flatMap(EventKind.init), let start = json["start"]?.integer,
      let state = json["state"]?.string.flatMap(EventState.init), let impact = json["impact"]?.string.flatMap(Impact.init),
      let firstSeen = json["first_seen"]?.integer, let fingerprint = json["fingerprint"]?.string
    else { return nil }
    known = KnownEvent(
      externalID: id, series: json["series"]?.string, kind: kind, state: state, impact: impact,
      peakImpact: json["peak"]?.string.flatMap(Impact.init) ?? impact, startedAt: start, resolvedAt: json["end"]?.integer,
      resolution: json["resolution"]?.string.flatMap(Resolution.init), firstSeenAt: firstSeen,
      unseenSince: json["unseen_since"]?.integer, fingerprint: fingerprint)
    wasFirstSeenOpen = json["open"]?.bool ?? false
    wantedBy = json["wanted_by"]?.string
    incident = json["incident"]?.string
    isIncidentTold = json["is_told"]?.bool ?? true
    told = json["told"]?.array?.compactMap(\.string) ?? []
    toldState = json["told_state"]?.string.flatMap(EventState.init)
    startEdits = json["start_edits"]?.integer ?? 0
    publishedAt = json["published"]?.integer
    causes = json["causes"]?.array?.compactMap(CauseLink.init) ?? []
  }
}

extension JSONValue {
  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
  static func optional(_ number: Int?) -> JSONValue { number.map(JSONValue.integer) ?? .null }
}
