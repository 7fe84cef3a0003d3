import JSONBytes
import ServiceCalls
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct ListsTests {
  @Test func `a word finds an incident as long as one of its texts has it`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.store.create(NewIncident(title: "Checkout slow", severity: 2, summary: "Checkout and search hang")).id
      func found(_ words: String) async throws -> Bool { try await bench.ids(IncidentFilter(words: Words.of(words))) == [id] }
      #expect(try await found("CHECKOUT slow"))
      _ = try await bench.store.update(id, at: nil, IncidentChange(title: "Payments fail"))
      #expect(try await found("checkout"))
      #expect(try await found("payments hang"))
      #expect(try await !found("slow"))
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .update, message: "Search is fine, checkout not"))
      _ = try await bench.store.update(id, at: nil, IncidentChange(summary: ""))
      #expect(try await found("checkout"))
      #expect(try await found("fine"))
      #expect(try await !found("hang"))
      _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: .resolved, message: "Rebooted"))
      #expect(try await found("rebooted checkout payments"))
    }
  }

  @Test func `services are found ignoring case, until they are changed`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.store.create(NewIncident(title: "Down", severity: 2, services: ["Shop", "Über"])).id
      for name in ["sHOP", "ÜBER"] { #expect(try await bench.ids(IncidentFilter(service: name)) == [id]) }
      _ = try await bench.store.update(id, at: nil, IncidentChange(services: ["pay"]))
      for name in ["shop", "über"] { #expect(try await bench.ids(IncidentFilter(service: name)) == []) }
      #expect(try await bench.ids(IncidentFilter(service: "PAY")) == [id])
    }
  }

  @Test func `incidents of one second are in the order of their declaration`() async throws {
    try await StoreBench.run { bench in
      var declared: [String] = []
      for number in 1...20 { declared.append(try await bench.declare("Number \(number)")) }
      #expect(try await bench.ids(IncidentFilter(oldestFirst: true)) == declared)
      #expect(try await bench.ids(IncidentFilter()) == declared.reversed())
    }
  }

  @Test func `a long timeline is paged, and the detail shows its end`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      for number in 2...1010 {
        _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .note, message: "entry \(number)"))
      }
      let page = try await bench.store.entries(id, start: 500, count: 500)
      #expect(page.total == 1010 && page.items.count == 500)
      #expect(try JSONValue(parsing: page.items[0])["id"] == 501)
      #expect(try await bench.store.entries(id, start: 2000, count: 50).items.isEmpty)
      let shown = try await bench.incident(id)["timeline"]?.array ?? []
      #expect(shown.count == 1000 && shown.first?["id"] == 11 && shown.last?["id"] == 1010)
    }
  }

  /// What a list is to answer, by looking at every incident.
  private struct Expected {
    var id: String
    var incident: NewIncident
    var status: Status
    var startedAt: Int
    var commander: String?

    func passes(_ filter: IncidentFilter) -> Bool {
      (filter.status == nil || filter.status == status) && (filter.severity == nil || filter.severity == incident.severity)
        && (filter.service == nil || incident.services.contains(filter.service ?? ""))
        && (filter.source == nil || filter.source == incident.source) && (filter.commander == nil || filter.commander == commander)
        && (filter.cid == nil || filter.cid == incident.cid) && startedAt >= filter.from ?? 0 && startedAt <= filter.to ?? .max
        && Set(filter.words).isSubset(of: Words.of(incident.title))
    }
  }

  private func fill(_ bench: StoreBench, count: Int, _ random: inout SplitMix) async throws -> [Expected] {
    var all: [Expected] = []
    var time = 1_790_000_000
    for _ in 0..<count {
      time += Int.random(in: 0...2, using: &random)
      bench.setTime(time)
      let title = ["disk", "full", "slow", "error"].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
      let incident = NewIncident(
        title: title.joined(separator: " "), severity: Int.random(in: 1...4, using: &random),
        services: Array(["shop", "pay", "mail"].shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))),
        source: Source.allCases.randomElement(using: &random) ?? .manual,
        cid: ["cid-shop-1", "cid-shop-2", nil].randomElement(using: &random) ?? nil)
      var one = Expected(id: try await bench.store.create(incident).id, incident: incident, status: .open, startedAt: time)
      if Bool.random(using: &random) {
        one.status = Bool.random(using: &random) ? .mitigated : .resolved
        _ = try await bench.store.setStatus(one.id, at: nil, StatusChange(status: one.status))
      }
      if let commander = ["u1", "u2", nil].randomElement(using: &random) ?? nil {
        one.commander = commander
        _ = try await bench.store.assign(one.id, at: nil, Assignment(user: commander), name: "Somebody")
      }
      all.append(one)
    }
    return all
  }

  private func filter(_ times: ClosedRange<Int>, _ random: inout SplitMix) -> IncidentFilter {
    func sometimes<Value>(_ values: [Value]) -> Value? {
      Int.random(in: 0..<3, using: &random) == 0 ? values.randomElement(using: &random) : nil
    }
    return IncidentFilter(
      status: sometimes(Status.allCases), severity: sometimes([1, 2, 3, 4]), service: sometimes(["shop", "pay", "mail", "none"]),
      words: sometimes([["disk"], ["disk", "full"], ["slow", "error"], ["nothing"]]) ?? [], commander: sometimes(["u1", "u2"]),
      source: sometimes(Source.allCases), cid: sometimes(["cid-shop-1", "cid-shop-2"]),
      from: sometimes([Int.random(in: times, using: &random)]),
      to: sometimes([Int.random(in: times, using: &random)]), oldestFirst: Bool.random(using: &random))
  }

  @Test func `combined filters, orders and pages answer what looking at every incident does`() async throws {
    try await StoreBench.run { bench in
      var random = SplitMix(state: 7)
      let all = try await fill(bench, count: 1200, &random)
      let times = all[0].startedAt - 10...all[1199].startedAt + 10
      var notEmpty = 0
      for _ in 0..<400 {
        let filter = filter(times, &random)
        let expected = all.filter { $0.passes(filter) }.map(\.id)
        let ordered = filter.oldestFirst ? expected : expected.reversed()
        let start = Bool.random(using: &random) ? 0 : Int.random(in: 0...20, using: &random)
        let count = Int.random(in: 1...60, using: &random)
        let answer = try await bench.store.list(filter, start: start, count: count)
        let ids = try answer.items.map { try JSONValue(parsing: $0)["id"]?.string ?? "" }
        #expect(ids == Array(ordered.dropFirst(start).prefix(count)), "\(filter) from \(start), \(count)")
        #expect(answer.total == expected.count, "\(filter)")
        notEmpty += ids.isEmpty ? 0 : 1
      }
      #expect(notEmpty > 200)
    }
  }
}

/// Random numbers that are the same in every run.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
