@testable import CommsService
import FoundationEssentials
import JSONBytes
import Testing

/// The roll-up: pure, so every case is a line.
struct ComponentRulesTests {
  private let now = 1_000_000

  private func component(
    _ key: String, on dependencies: [ComponentDependency] = [], override: Component.Override? = nil
  ) -> Component {
    Component(
      key: key, name: key.capitalized, description: "", group: nil, position: 1, show: .always, dependencies: dependencies,
      override: override, version: 1, createdAt: 0, updatedAt: 0, status: .operational, since: 0)
  }

  private func incident(_ severity: Int, _ services: [String], _ status: IncidentStatus = .open, title: String = "Broken") -> PublicIncident
  {
    PublicIncident(
      id: "INC-1", title: title, severity: severity, status: status, services: services, startedAt: 0, mitigatedAt: nil, resolvedAt: nil,
      publishedAt: 0, updatedAt: 0, postmortem: .null, announcements: [])
  }

  private func maintenance(_ components: [String], from: Int, to: Int) -> Maintenance {
    Maintenance(
      id: "MNT-1", title: "Upgrade", message: "", components: components, startsAt: from, endsAt: to, status: .scheduled, version: 1,
      createdAt: 0, updatedAt: 0)
  }

  private func states(
    _ components: [Component], _ incidents: [PublicIncident] = [], _ maintenances: [Maintenance] = [], _ providers: [ProviderTrouble] = []
  ) -> [String: ComponentState] {
    ComponentRules(components: components, incidents: incidents, maintenances: maintenances, providers: providers, now: now).states()
  }

  private func status(
    _ components: [Component], _ incidents: [PublicIncident] = [], _ maintenances: [Maintenance] = [], _ providers: [ProviderTrouble] = []
  ) -> ComponentStatus? { states(components, incidents, maintenances, providers)[components[0].id]?.status }

  @Test(arguments: [
    (1, IncidentStatus.open, ComponentStatus.majorOutage), (2, .open, .partialOutage), (3, .open, .degradedPerformance),
    (4, .open, .operational), (1, .mitigated, .degradedPerformance), (2, .mitigated, .degradedPerformance),
    (3, .mitigated, .degradedPerformance), (4, .mitigated, .operational), (1, .resolved, .operational),
  ])
  func `an incident lowers what it names by its severity`(severity: Int, incidentStatus: IncidentStatus, expected: ComponentStatus) {
    #expect(status([component("shop")], [incident(severity, ["SHOP"], incidentStatus)]) == expected)
    #expect(status([component("shop")], [incident(severity, ["other"], incidentStatus)]) == .operational)
  }

  @Test func `the worst counts, and says why first`() {
    let shop = component("shop", override: .init(status: .degradedPerformance, reason: "Slow suppliers", until: nil))
    let state = states(
      [shop], [incident(3, ["shop"]), incident(1, ["shop"], title: "Down")], [maintenance(["shop"], from: 0, to: now + 1)])
    #expect(state["shop"]?.status == .majorOutage)
    #expect(state["shop"]?.causes.map(\.name) == ["Down", "Slow suppliers", "Broken", "Upgrade"])
  }

  @Test func `an override ends at its time and never hides what is worse`() {
    let ended = component("a", override: .init(status: .majorOutage, reason: "x", until: now))
    #expect(status([ended]) == .operational)
    let lasting = component("a", override: .init(status: .majorOutage, reason: "x", until: now + 1))
    #expect(status([lasting]) == .majorOutage)
    let rosy = component("a", override: .init(status: .operational, reason: "x", until: nil))
    #expect(status([rosy], [incident(1, ["a"])]) == .majorOutage)
  }

  @Test func `maintenance counts between its start and its end`() {
    #expect(status([component("a")], [], [maintenance(["A"], from: now, to: now + 10)]) == .underMaintenance)
    #expect(status([component("a")], [], [maintenance(["a"], from: now + 1, to: now + 10)]) == .operational)
    #expect(status([component("a")], [], [maintenance(["a"], from: now - 10, to: now)]) == .operational)
    #expect(status([component("a")], [incident(3, ["a"])], [maintenance(["a"], from: 0, to: now + 10)]) == .degradedPerformance)
  }

  @Test func `a state dependency lowers, a note only tells`() {
    let down = component("db", override: .init(status: .majorOutage, reason: "x", until: nil))
    let state = ComponentDependency(on: "DB", effect: .state, minImpact: .major)
    let note = ComponentDependency(on: "db", effect: .note, minImpact: .minor)
    let lowered = states([component("api", on: [state]), down])["api"]
    #expect(lowered?.status == .majorOutage)
    #expect(lowered?.causes == [ComponentCause(kind: .component, name: "Db", status: .majorOutage, effect: .state, id: "db")])
    let told = states([component("api", on: [note]), down])["api"]
    #expect(told?.status == .operational && told?.causes.map(\.effect) == [.note])
  }

  @Test func `a dependency counts from its least impact on`() {
    let slow = component("db", override: .init(status: .degradedPerformance, reason: "x", until: nil))
    func api(_ least: Impact) -> Component { component("api", on: [.init(on: "db", effect: .state, minImpact: least)]) }
    #expect(status([api(.major), slow]) == .operational)
    #expect(status([api(.minor), slow]) == .degradedPerformance)
    #expect(status([api(.none), component("db")]) == .operational)
  }

  @Test func `upstream maintenance is no trouble`() {
    let api = component("api", on: [.init(on: "db", effect: .state, minImpact: .none)])
    #expect(status([api, component("db")], [], [maintenance(["db"], from: 0, to: now + 1)]) == .operational)
  }

  @Test func `trouble passes along a chain, and a circle ends`() {
    func needs(_ key: String) -> [ComponentDependency] { [.init(on: key, effect: .state, minImpact: .minor)] }
    let chain = [component("a", on: needs("b")), component("b", on: needs("c")), component("c")]
    #expect(status(chain, [incident(2, ["c"])]) == .partialOutage)
    let circle = [component("a", on: needs("b")), component("b", on: needs("a"))]
    #expect(states(circle, [incident(2, ["b"])])["a"]?.status == .partialOutage)
  }

  @Test(arguments: [
    ("cloudflare", Impact.critical, [String](), ComponentStatus.majorOutage), ("Cloudflare", .major, ["CDN"], .partialOutage),
    ("cloudflare:cdn", .major, ["CDN/Cache"], .partialOutage), ("cloudflare:dns", .major, ["CDN"], .operational),
    ("cloudflare:dns", .major, [], .partialOutage), ("github", .critical, [], .operational), ("cloudflare", .minor, [], .operational),
    ("cloudflare:workers", .major, ["CDN"], .partialOutage),
  ])
  func `a provider's trouble`(on: String, impact: Impact, components: [String], expected: ComponentStatus) {
    let api = component("api", on: [.init(on: on, effect: .state, minImpact: .major)])
    let trouble = ProviderTrouble(provider: "cloudflare", title: "Workers are slow", impact: impact, components: components)
    let state = states([api], [], [], [trouble])["api"]
    #expect(state?.status == expected)
    if expected > .operational { #expect(state?.causes.first?.name == on.split(separator: ":").first.map(String.init)) }
  }

  @Test func `what the bus says of a provider`() throws {
    func trouble(_ json: JSONValue) -> ProviderTrouble? { ProviderTrouble(provider: "aws", event: json) }
    let event: JSONValue = [
      "kind": "incident", "title": "S3", "impact": "major", "status": "investigating", "components": [["name": "S3"], "EC2"],
    ]
    #expect(trouble(event) == ProviderTrouble(provider: "aws", title: "S3", impact: .major, components: ["S3", "EC2"]))
    for (name, value): (String, JSONValue) in [
      ("kind", "maintenance"), ("kind", "notice"), ("status", "resolved"), ("resolved_at", 5), ("impact", "maintenance"),
    ] {
      var other = try #require(event.object)
      other[name] = value
      #expect(trouble(.object(other)) == nil, "\(name)")
    }
  }
}
