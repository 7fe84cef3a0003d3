/// That one provider needs another, and how well that is known.
struct DependencyEdge: Sendable, Equatable {
  enum Level: String, Sendable, CaseIterable {
    /// The vendor's own text names it, or an operator declared it.
    case a = "A"
    /// A document of the vendor does, or its text said "upstream" at the right time.
    case b = "B"
    /// A third party says so.
    case c = "C"

    var likelihood: Double {
      switch self {
      case .a: 0.9
      case .b: 0.8
      case .c: 0.5
      }
    }
  }
  /// The dependent provider, and which of its components need it; none: all do.
  var from: String
  var fromComponents: [String] = []
  var to: String
  var toComponents: [String] = []
  /// Where the upstream is used.
  var region: String?
  var level: Level
}

/// What weighing needs of an event.
struct CausalEvent: Sendable, Equatable {
  var provider: String
  var externalID: String
  var kind: EventKind
  var isOver: Bool
  var peakImpact: Impact
  var title: String
  var startedAt: Int
  var resolvedAt: Int?
  var components: [ProviderComponent] = []
  var regions: [String] = []
  /// The texts of its updates.
  var texts: [String] = []
}

/// One event held to have brought about another. Scores are 0 to 0.99.
struct Cause: Sendable, Equatable {
  /// One dependency that was followed.
  struct Hop: Sendable, Equatable {
    var edge: DependencyEdge
    var externalID: String
    var time: Double
    var region: Double
    var causeImpact: Double
    var mention: Double
    /// Of the effect against the cause, in seconds; below 0 when the effect was seen to begin first.
    var delay: Int

    var score: Double { min(Cause.certain, edge.level.likelihood * time * region * causeImpact + mention) }
  }
  var event: CausalEvent
  /// From the effect to the cause: one, or two by way of another event.
  var path: [Hop]

  var score: Double { path.reduce(1) { $0 * $1.score } }
  /// Good enough to be stated; below it is only shown.
  var isLink: Bool { score >= Self.linked }

  static let certain = 0.99
  static let linked = 0.6
  static let shown = 0.3
}

/// Ranks what may have brought about an effect. Pure: whoever learns of an event or a revision weighs anew, ended effects too.
struct Causes: Sendable {
  let edges: [DependencyEdge]
  /// By provider: the names under which texts speak of it, beside its own.
  let aliases: [String: [String]]

  /// The likeliest first; of each event the best path. Of equals the worse and then the earlier comes first.
  func of(_ effect: CausalEvent, among events: [CausalEvent], now: Int) -> [Cause] {
    let text = CauseText(effect)
    let byProvider = Dictionary(grouping: events) { $0.provider }
    var found = direct(effect, text, byProvider, now: now)
    for near in found where near.score >= Cause.shown {
      for far in direct(near.event, CauseText(near.event), byProvider, now: now)
      where far.event.provider != effect.provider && far.event.provider != near.event.provider {
        found.append(Cause(event: far.event, path: near.path + far.path))
      }
    }
    var best: [String: Cause] = [:]
    for cause in found where cause.score >= Cause.shown {
      let key = "\(cause.event.provider):\(cause.event.externalID)"
      if best[key].map({ $0.score < cause.score }) ?? true { best[key] = cause }
    }
    return best.values.sorted(by: Self.ranksBefore)
  }

  private static func ranksBefore(_ one: Cause, _ other: Cause) -> Bool {
    // Products of the same factors may differ in their last digits.
    if abs(one.score - other.score) > 1e-9 { return one.score > other.score }
    if one.event.peakImpact != other.event.peakImpact { return one.event.peakImpact > other.event.peakImpact }
    if one.event.startedAt != other.event.startedAt { return one.event.startedAt < other.event.startedAt }
    return (one.event.provider, one.event.externalID) < (other.event.provider, other.event.externalID)
  }

  private func direct(_ effect: CausalEvent, _ text: CauseText, _ events: [String: [CausalEvent]], now: Int) -> [Cause] {
    guard effect.kind.isOutage else { return [] }
    var found: [Cause] = []
    for edge in edges where edge.from == effect.provider && edge.to != edge.from {
      let near = (events[edge.to] ?? []).filter { mayCause($0, effect, edge, now: now) }
      guard !near.isEmpty, edge.fromComponents.isEmpty || edge.fromComponents.contains(where: effect.concerns) else { continue }
      let mention = text.mention(of: [edge.to] + (aliases[edge.to] ?? []))
      found += near.map { Cause(event: $0, path: [hop(edge, effect, $0, mention)]) }
    }
    return found
  }

  /// Whether the effect began while the upstream event went on, and that event is of what the edge leads to.
  private func mayCause(_ cause: CausalEvent, _ effect: CausalEvent, _ edge: DependencyEdge, now: Int) -> Bool {
    let end = cause.isOver ? cause.resolvedAt ?? now : now
    guard cause.kind.isOutage, cause.startedAt - Self.slack <= effect.startedAt, effect.startedAt <= end + Self.slack else { return false }
    return edge.toComponents.isEmpty || cause.components.isEmpty || edge.toComponents.contains(where: cause.concerns)
  }

  private func hop(_ edge: DependencyEdge, _ effect: CausalEvent, _ cause: CausalEvent, _ mention: Double) -> Cause.Hop {
    let delay = effect.startedAt - cause.startedAt
    let places = edge.region.map { [$0] } ?? effect.regions
    let isElsewhere = !places.isEmpty && !cause.regions.isEmpty && !Regions.meet(places, cause.regions)
    return Cause.Hop(
      edge: edge, externalID: cause.externalID, time: abs(delay) <= Self.together ? 1 : 0.8, region: isElsewhere ? 0.5 : 1,
      causeImpact: cause.peakImpact >= .major ? 1 : cause.peakImpact == .minor ? 0.9 : 0.7,
      mention: mention, delay: delay)
  }

  /// Order of appearance says little: an effect may be seen this long before its cause, or begin this long after its end. In seconds.
  private static let slack = 30 * 60
  /// Starts this far apart speak for one outage, in seconds.
  private static let together = 45 * 60
}

extension EventKind {
  /// What can be a cause or an effect.
  fileprivate var isOutage: Bool { self == .incident || self == .probe }
}

extension CausalEvent {
  /// Whether it lists the component, by name or group, or has it in the title.
  fileprivate func concerns(_ component: String) -> Bool {
    let wanted = component.lowercased()
    return components.contains { $0.name.lowercased().contains(wanted) || $0.group?.lowercased().contains(wanted) == true }
      || title.lowercased().contains(wanted)
  }
}

/// What an effect says of itself, searched for the names of others.
private struct CauseText {
  private let text: String

  init(_ event: CausalEvent) {
    text = Self.plain(([event.title] + event.texts + event.components.map(\.name)).joined(separator: "\n"))
  }

  /// In lower case, hyphens as blanks: `third-party`, `google-cloud`.
  private static func plain(_ text: String) -> String { String(text.lowercased().map { $0 == "-" ? " " : $0 }) }

  func mention(of names: [String]) -> Double {
    if names.contains(where: hasWord) { return 0.08 }
    return Self.hints.contains { text.contains($0) } ? 0.04 : 0
  }

  private static let hints = ["third party", "3rd party", "upstream", "cloud provider", "service provider"]

  /// Not as a part of another word: AWS is not in "flaws".
  private func hasWord(_ name: String) -> Bool {
    let wanted = Self.plain(name)
    return text.ranges(of: wanted).contains { range in
      let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
      let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
      return ![before, after].contains { $0.isLetter || $0.isNumber }
    }
  }
}

extension CausalEvent {
  /// `event` as `refresh` gave it.
  init(_ event: ProviderEvent, of provider: String, peakImpact: Impact) {
    self.init(
      provider: provider, externalID: event.externalID, kind: event.kind, isOver: event.isOver, peakImpact: peakImpact, title: event.title,
      startedAt: event.startedAt ?? 0, resolvedAt: event.resolvedAt, components: event.components, regions: event.regions,
      texts: event.updates.map(\.text))
  }
}
