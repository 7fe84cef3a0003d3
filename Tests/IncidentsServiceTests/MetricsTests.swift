import JSONBytes
import RedisClient
import StatusModel
import Testing

@testable import IncidentsService

/// The same figures counted the plain way, from records as they are sent.
private func recount(_ incidents: [JSONValue], by key: (JSONValue) -> [String?]) -> [String: IncidentRows.Group] {
  func figures(_ of: [JSONValue], _ member: String) -> IncidentRows.Figures {
    let times = of.compactMap { incident -> Int? in
      guard let start = incident["started_at"]?.integer, let time = incident[member]?.integer else { return nil }
      return time - start
    }.sorted()
    guard let last = times.last else { return IncidentRows.Figures() }
    let (lower, upper) = (times[(times.count - 1) / 2], times[times.count / 2])
    let rank = times.indices.first { Double($0 + 1) >= 0.9 * Double(times.count) }
    return IncidentRows.Figures(
      count: times.count, mean: Double(times.reduce(0, +)) / Double(times.count), median: Double(lower + upper) / 2,
      p90: rank.map { times[$0] } ?? last)
  }
  var groups: [String: [JSONValue]] = [:]
  for incident in incidents { for name in key(incident) { groups[name ?? "", default: []].append(incident) } }
  return groups.reduce(into: [:]) { found, group in
    let (name, members) = group
    found[name] = IncidentRows.Group(
      key: name.isEmpty ? nil : name, count: members.count, unresolved: members.count { $0["resolved_at"] == .null },
      acknowledge: figures(members, "acknowledged_at"), mitigate: figures(members, "mitigated_at"), resolve: figures(members, "resolved_at")
    )
  }
}

@Suite struct MetricsTests {
  private static let noon = 1_790_000_000

  /// Incidents over four months, in every state, changed by people and machines at random but always the same.
  private static func fill(_ bench: StoreBench, _ random: inout some RandomNumberGenerator, _ count: Int) async throws {
    for number in 0..<count {
      let start = noon + Int.random(in: 0...9_000_000, using: &random)
      bench.setTime(start)
      let services = ["Shop", "cart", "Paiement é"].filter { _ in Bool.random(using: &random) }
      let incident = NewIncident(title: "Number \(number)", severity: Int.random(in: 1...4, using: &random), services: services)
      let id = try await bench.store.create(incident).id
      for status in [Status.mitigated, .resolved, .open] where Int.random(in: 0..<3, using: &random) > 0 {
        bench.setTime(start + Int.random(in: 0...90_000, using: &random))
        _ = try? await bench.store.setStatus(id, at: nil, StatusChange(status: status))
      }
      if Bool.random(using: &random) { _ = try await bench.store.update(id, at: nil, IncidentChange(severity: 1, services: ["search"])) }
    }
  }

  private static func all(_ bench: StoreBench) async throws -> [JSONValue] {
    try await bench.store.list(IncidentFilter(), start: 0, count: 5000).items.map { try JSONValue(parsing: $0) }
  }

  /// What the rows say, against a recount over the records.
  private static func compare(_ bench: StoreBench, _ metrics: IncidentMetrics) async throws {
    let incidents = try await all(bench)
    func month(_ incident: JSONValue) -> String {
      String(ISO8601.text(milliseconds: Int64(incident["started_at"]?.integer ?? 0) * 1000).prefix(7))
    }
    func services(_ incident: JSONValue) -> [String?] {
      let services = incident["services"]?.array?.compactMap { $0.string?.lowercased() } ?? []
      return services.isEmpty ? [nil] : services
    }
    let keys: [(IncidentRows.Grouping, (JSONValue) -> [String?])] = [
      (.sev, { ["\($0["sev"]?.integer ?? 0)"] }), (.month, { [month($0)] }), (.service, services),
    ]
    for (grouping, key) in keys {
      let groups = metrics.groups(by: grouping, 0...Int.max)
      #expect(Dictionary(uniqueKeysWithValues: groups.map { ($0.key ?? "", $0) }) == recount(incidents, by: key), "\(grouping)")
    }
  }

  @Test func `the rows count what the records say, as they change`() async throws {
    try await StoreBench.run { bench in
      var random = SeededRandom(seed: 7)
      let metrics = IncidentMetrics(bench.store)
      #expect(throws: Failure.self) { try metrics.counted(MetricsQuery()) }
      try await Self.fill(bench, &random, 60)
      try await metrics.catchUp()
      try await Self.compare(bench, metrics)
      try await Self.fill(bench, &random, 600)
      try await metrics.catchUp()
      try await Self.compare(bench, metrics)

      _ = try await bench.redis.command("FLUSHALL")
      try await Self.fill(bench, &random, 5)
      try await metrics.catchUp()
      try await Self.compare(bench, metrics)
    }
  }

  @Test func `bounds of time hold, and months are in order`() async throws {
    try await StoreBench.run { bench in
      for start in [1_767_225_599, 1_767_225_600, 1_772_323_200] {
        bench.setTime(start)
        _ = try await bench.declare()
      }
      let metrics = IncidentMetrics(bench.store)
      try await metrics.catchUp()
      func keys(_ query: MetricsQuery) throws -> [String] {
        try metrics.counted(query)["groups"]?.array?.compactMap { $0["key"]?.string } ?? []
      }
      #expect(try keys(MetricsQuery()) == ["2025-12", "2026-01", "2026-03"])
      #expect(try keys(MetricsQuery(from: 1_767_225_600, to: 1_767_225_600)) == ["2026-01"])
      #expect(try keys(MetricsQuery(from: 2_000_000_000)) == [])
      let group = try metrics.counted(MetricsQuery(grouping: .sev))["groups"]?[0]
      #expect(group?["count"] == 3 && group?["unresolved"] == 3 && group?["mttr"] == ["count": 0, "mean": nil, "median": nil, "p90": nil])
    }
  }

  @Test(arguments: Array(1...40) + [1000, 1001]) func `figures are those of the sorted values`(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let values = [7] + (0..<count).map { _ in Int32.random(in: 0...(count.isMultiple(of: 2) ? 20 : 90_000), using: &random) } + [9]
    let sorted = values[1...count].sorted()
    let figures = IncidentRows.figures(values, 1..<(count + 1))
    #expect(figures.p90 == Int(sorted[Int((Double(count) * 0.9).rounded(.up)) - 1]))
    #expect(figures.median == Double(sorted[(count - 1) / 2] + sorted[count / 2]) / 2)
    #expect(figures.count == count && figures.mean == Double(sorted.reduce(0) { $0 + Int($1) }) / Double(count))
  }
}

/// xorshift: the same numbers for the same seed.
private struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
