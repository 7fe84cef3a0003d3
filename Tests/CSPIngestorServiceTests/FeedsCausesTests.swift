import JSONBytes
import Testing

@testable import CSPIngestorService

struct FeedsCausesTests {
  private static let aliases = [
    "aws": ["AWS", "Amazon Web Services"], "google-cloud": ["Google Cloud", "GCP", "Gemini", "Vertex AI"],
    "anthropic": ["Anthropic", "Claude"],
  ]

  /// Step by step, as if each poll weighed everything anew: the true causes are linked, first when expected, and nothing else is.
  @Test(.enabled(if: Recordings.areHere), arguments: Recordings.names("scenarios"))
  func theTrueCausesAreLinkedAndOnlyThose(_ day: String) throws {
    let scenario = try #require(Recordings.expected["scenarios"]?[day])
    let causes = Causes(edges: (scenario["edges"]?.elements ?? []).compactMap(edge), aliases: Self.aliases)
    var known: [String: KnownProvider] = [:]
    var events: [String: CausalEvent] = [:]
    var firstLinked: [String: Int] = [:]
    var links: [String: Cause] = [:]
    for step in scenario["steps"]?.elements ?? [] {
      let provider = try #require(step["provider"]?.string)
      let now = try #require(step["poll_time"]?.integer)
      let result = refresh(
        known[provider] ?? KnownProvider(), with: try Recordings.read(try #require(step["file"]?.string), now: now), now: now)
      known[provider] = result.known
      for change in result.changes { keep(change, of: provider, in: &events) }
      links = [:]
      for (key, effect) in events {
        guard let best = causes.of(effect, among: Array(events.values), now: now).first, best.isLink else { continue }
        links[key] = best
        firstLinked[key] = firstLinked[key] ?? now
      }
    }
    let expected = scenario["links"]?.elements ?? []
    #expect(links.keys.sorted() == expected.compactMap { $0["effect"]?.string }.sorted())
    for link in expected {
      let effect = try #require(link["effect"]?.string)
      let best = try #require(links[effect])
      let hop = try #require(best.path.first)
      #expect(best.path.count == 1)
      #expect(best.event.provider == link["cause_provider"]?.string && best.event.externalID == link["best_event"]?.string)
      #expect(firstLinked[effect] == link["first_linked_at"]?.integer)
      #expect(hop.edge.level.rawValue == link["level"]?.string)
      for (got, member) in [
        (best.score, "score"), (hop.time, "time"), (hop.region, "region"), (hop.causeImpact, "cause_impact"), (hop.mention, "mention"),
      ] {
        #expect(abs(got - (link[member]?.number ?? -1)) < 1e-9, "\(effect) \(member)")
      }
    }
  }

  private func keep(_ change: EventChange, of provider: String, in events: inout [String: CausalEvent]) {
    let key = "\(provider):\(change.known.externalID)"
    if let event = change.event { events[key] = CausalEvent(event, of: provider, peakImpact: change.known.peakImpact) }
    events[key]?.isOver = change.known.state.isOver
    events[key]?.resolvedAt = change.known.resolvedAt
  }

  private func edge(_ row: JSONValue) -> DependencyEdge? {
    guard let from = row["from"]?.string, let to = row["to"]?.string, let level = row["level"]?.string.flatMap(DependencyEdge.Level.init)
    else { return nil }
    return DependencyEdge(
      from: from, fromComponents: [row["component"]?.string].compactMap { $0 }, to: to,
      toComponents: row["to_components"]?.elements.compactMap(\.string) ?? [], region: row["region"]?.string, level: level)
  }

  private func event(_ provider: String, _ id: String = "x", at start: Int = 100_000) -> CausalEvent {
    CausalEvent(
      provider: provider, externalID: id, kind: .incident, isOver: false, peakImpact: .major, title: "Trouble", startedAt: start)
  }

  private func score(_ effect: CausalEvent, _ cause: CausalEvent, _ edge: DependencyEdge) -> Double? {
    Causes(edges: [edge], aliases: Self.aliases).of(effect, among: [effect, cause], now: 200_000).first?.score
  }

  private let edge = DependencyEdge(from: "shop", to: "aws", region: "us-east-1", level: .a)

  @Test func eachFactorCounts() {
    let effect = event("shop")
    var cause = event("aws")
    #expect(score(effect, cause, edge) == 0.9)
    cause.peakImpact = .minor
    #expect(score(effect, cause, edge) == 0.9 * 0.9)
    cause.peakImpact = .none
    #expect(score(effect, cause, edge) == 0.9 * 0.7)
    cause = event("aws", at: 100_000 - 46 * 60)
    #expect(score(effect, cause, edge) == 0.9 * 0.8)
    cause = event("aws")
    cause.regions = ["eu-west-1"]
    #expect(score(effect, cause, edge) == 0.45)
    for region in ["us-east-1", "us-east-1-az2", "global"] {
      cause.regions = [region]
      #expect(score(effect, cause, edge) == 0.9)
    }
    #expect(score(effect, cause, DependencyEdge(from: "shop", to: "aws", level: .b)) == 0.8)
    #expect(score(effect, cause, DependencyEdge(from: "shop", to: "aws", level: .c)) == 0.5)
  }

  @Test func timeBoundsACause() {
    let effect = event("shop")
    #expect(score(effect, event("aws", at: 100_000 + 30 * 60), edge) != nil)
    #expect(score(effect, event("aws", at: 100_001 + 30 * 60), edge) == nil)
    var ended = event("aws", at: 90_000)
    ended.isOver = true
    ended.resolvedAt = 100_000 - 30 * 60
    #expect(score(effect, ended, edge) != nil)
    ended.resolvedAt = 99_999 - 30 * 60
    #expect(score(effect, ended, edge) == nil)
  }

  @Test func namesAndHintsAreWorthALittle() {
    var effect = event("shop")
    effect.texts = ["We see flaws in our laws."]
    #expect(score(effect, event("aws"), edge) == 0.9)
    effect.texts = ["A third-party is at fault."]
    #expect(score(effect, event("aws"), edge) == 0.9 + 0.04)
    effect.texts = ["The upstream is Amazon Web Services."]
    #expect(score(effect, event("aws"), edge) == 0.98)
    effect.texts = []
    effect.title = "AWS is down"
    #expect(score(effect, event("aws"), edge) == 0.98)
  }

  @Test func noticesAndMaintenancesAreNeitherCauseNorEffect() {
    for kind in [EventKind.notice, .maintenance] {
      var other = event("aws")
      other.kind = kind
      #expect(score(event("shop"), other, edge) == nil)
      other = event("shop")
      other.kind = kind
      #expect(score(other, event("aws"), edge) == nil)
    }
    var probe = event("aws")
    probe.kind = .probe
    #expect(score(event("shop"), probe, edge) == 0.9)
  }

  @Test func componentsOfAnEdgeMustBeHit() {
    let edge = DependencyEdge(from: "github", fromComponents: ["Copilot"], to: "google-cloud", toComponents: ["Vertex"], level: .a)
    var effect = event("github")
    #expect(score(effect, event("google-cloud"), edge) == nil)
    effect.title = "Trouble with copilot"
    #expect(score(effect, event("google-cloud"), edge) == 0.9)
    effect = event("github")
    effect.components = [ProviderComponent(id: "1", name: "Chat", group: "GitHub Copilot")]
    var cause = event("google-cloud")
    #expect(score(effect, cause, edge) == 0.9)
    cause.components = [ProviderComponent(id: "2", name: "Cloud Storage")]
    #expect(score(effect, cause, edge) == nil)
    cause.components.append(ProviderComponent(id: "3", name: "Vertex Gemini API"))
    #expect(score(effect, cause, edge) == 0.9)
  }

  @Test func twoHopsMultiply() throws {
    let edges = [edge, DependencyEdge(from: "aws", to: "fibre", level: .b)]
    let events = [event("shop"), event("aws"), event("fibre")]
    let causes = Causes(edges: edges, aliases: [:]).of(events[0], among: events, now: 200_000)
    #expect(causes.map(\.event.provider) == ["aws", "fibre"])
    #expect(abs(causes[1].score - 0.9 * 0.8) < 1e-9)
    #expect(causes[1].path.map(\.edge.to) == ["aws", "fibre"])
    #expect(Causes(edges: edges, aliases: [:]).of(events[0], among: [events[2]], now: 200_000).isEmpty)
    let circle = [edge, DependencyEdge(from: "aws", to: "shop", level: .a)]
    #expect(Causes(edges: circle, aliases: [:]).of(events[0], among: events, now: 200_000).map(\.event.provider) == ["aws"])
  }

  @Test func ofEqualsTheWorseThenTheEarlierLeads() {
    var events = [event("aws", "late", at: 100_100), event("aws", "early", at: 100_000), event("aws", "worse", at: 100_200)]
    events[2].peakImpact = .critical
    let causes = Causes(edges: [edge], aliases: [:]).of(event("shop"), among: events, now: 200_000)
    #expect(causes.map(\.event.externalID) == ["worse", "early", "late"])
  }
}
