import JSONBytes

/// How honest and how late a provider is, from what we kept of it.
struct ReportCard {
  let provider: String
  let days: Int
  /// Epoch seconds.
  let now: Int
  let events: [TrackedEvent]
  /// When we, or the crowd, saw trouble: starts of probes and suspicions.
  let sightings: [Int]

  /// Seconds by which a sighting may come before the start of the event it belongs to.
  static let sightingLead = 7200

  private var since: Int { now - days * 86_400 }
  private var incidents: [TrackedEvent] {
    events.filter { $0.known.kind == .incident && ($0.known.resolvedAt ?? now) >= since && $0.known.startedAt <= now }
  }

  var json: JSONValue {
    let incidents = incidents
    let impacts = [Impact.none, .minor, .major, .critical]
    let counts = impacts.map { impact in (impact.rawValue, JSONValue.integer(incidents.count { $0.known.peakImpact == impact })) }
    return [
      "provider": .string(provider), "days": .integer(days), "events": .integer(incidents.count),
      "events_by_impact": .object(JSONObject(counts)),
      "publication_delay_s": Self.summary(incidents.map { ($0.publishedAt ?? $0.known.firstSeenAt) - $0.known.startedAt }),
      "sighting_delay_s": Self.summary(incidents.compactMap(sightingDelay)),
      "start_edits": .integer(incidents.reduce(0) { $0 + $1.startEdits }),
      "events_with_edited_start": .integer(incidents.count { $0.startEdits > 0 }), "minutes": minutes,
    ]
  }

  /// From the first word of the provider to ours; negative: we were earlier.
  private func sightingDelay(_ event: TrackedEvent) -> Int? {
    let end = event.known.resolvedAt ?? now
    let seen = sightings.filter { $0 >= event.known.startedAt - Self.sightingLead && $0 <= end }.min()
    return seen.map { $0 - (event.publishedAt ?? event.known.firstSeenAt) }
  }

  /// Median and 90th percentile (nearest rank).
  static func summary(_ values: [Int]) -> JSONValue {
    guard !values.isEmpty else { return ["count": 0, "median": nil, "p90": nil] }
    let sorted = values.sorted()
    func percentile(_ share: Int) -> JSONValue { .integer(sorted[max(0, (sorted.count * share + 99) / 100 - 1)]) }
    return ["count": .integer(values.count), "median": percentile(50), "p90": percentile(90)]
  }

  /// In each state of the provider; of events at the same time the worst counts.
  private var minutes: JSONValue {
    var edges: [(time: Int, impact: Impact, step: Int)] = []
    for event in events where event.known.kind == .incident || event.known.kind == .maintenance {
      let start = max(since, event.known.startedAt)
      let end = min(now, event.known.resolvedAt ?? (event.known.state.isActive ? now : start))
      guard start < end else { continue }
      edges += [(start, event.known.impact, 1), (end, event.known.impact, -1)]
    }
    var open: [Impact: Int] = [:]
    var seconds: [String: Int] = [:]
    var last = since
    for edge in edges.sorted(by: { $0.time < $1.time }) {
      seconds[Self.word(open), default: 0] += edge.time - last
      last = edge.time
      open[edge.impact, default: 0] += edge.step
    }
    seconds[Self.word(open), default: 0] += now - last
    let words = ["operational"] + Impact.allCases.map(\.rawValue)
    return .object(JSONObject(words.map { ($0, .integer((seconds[$0] ?? 0) / 60)) }))
  }

  private static func word(_ open: [Impact: Int]) -> String { open.filter { $0.value > 0 }.keys.max()?.rawValue ?? "operational" }
}
