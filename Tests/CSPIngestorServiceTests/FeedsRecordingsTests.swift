import JSONBytes
import Testing

@testable import CSPIngestorService

@Suite(.enabled(if: Recordings.areHere))
struct FeedsRecordingsTests {
  @Test(arguments: Recordings.names("payloads"))
  func aPayloadIsReadAsExpected(_ path: String) throws {
    let expected = try #require(Recordings.expected["payloads"]?[path])
    let snapshot: Snapshot
    do { snapshot = try Recordings.read(path) } catch let refusal as Refusal {
      #expect(refusal.rawValue == expected["refused"]?.string)
      return
    }
    #expect(expected["refused"] == nil)
    #expect(snapshot.family?.rawValue == expected["family"]?.string)
    #expect(snapshot.charset == expected["charset"]?.string)
    #expect(snapshot.absence.rawValue == expected["absence_resolves"]?.string)
    #expect(snapshot.unreadable == 0)
    #expect(snapshot.unknownValues == [:])
    #expect(snapshot.events.count == expected["events"]?.integer)
    #expect(snapshot.events.count(where: \.isActive) == expected["active"]?.integer)
    let counts = Dictionary(snapshot.events.map { ("\($0.kind.rawValue)/\($0.state.rawValue)", 1) }, uniquingKeysWith: +)
    #expect(counts == (expected["by_kind_and_state"]?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.integer })
    let ordered = snapshot.events.filter(\.isActive) + snapshot.events.filter { !$0.isActive }
    for (event, sample) in zip(ordered, expected["sample"]?.elements ?? []) { #expect(described(event) == described(sample)) }
  }

  @Test(arguments: Recordings.names("replays") + Recordings.names("scenarios"))
  func aSequenceGoesAsExpected(_ name: String) throws {
    let expected = try #require(Recordings.expected["replays"]?[name] ?? Recordings.expected["scenarios"]?[name])
    var known: [String: KnownProvider] = [:]
    var events: [String: ProviderEvent] = [:]
    for step in expected["steps"]?.elements ?? [] {
      let file = try #require(step["file"]?.string)
      let provider = try #require(step["provider"]?.string)
      let now = try #require(step["poll_time"]?.integer)
      let snapshot = try Recordings.read(file, now: now)
      let result = refresh(known[provider] ?? KnownProvider(), with: snapshot, now: now)
      #expect(result.refusal?.rawValue == step["refused"]?.string, "\(file)")
      #expect(numbers(result.counts) == numbers(step), "\(file)")
      #expect(active(result.known) == step["active"]?.elements.compactMap(\.string), "\(file)")
      for change in result.changes { if let event = change.event { events["\(provider):\(event.externalID)"] = event } }
      known[provider] = result.known
      let again = refresh(result.known, with: snapshot, now: now + 1)
      #expect(again.changes.allSatisfy { $0.action == .unchanged } && again.known == result.known, "\(file) twice")
    }
    for (provider, list) in finals(expected, known.keys.first) {
      for final in list {
        let id = try #require(final["external_id"]?.string)
        let end = try #require(known[provider]?.events[id])
        let event = try #require(events["\(provider):\(id)"])
        #expect(describedFinally(event, end) == described(final))
      }
    }
  }

  private func numbers(_ step: JSONValue) -> [Int?] {
    ["fetched", "opened", "recorded", "updated", "resolved", "unchanged"].map { step[$0]?.integer }
  }
  private func numbers(_ counts: RefreshCounts) -> [Int?] {
    [counts.fetched, counts.opened, counts.recorded, counts.updated, counts.resolved, counts.unchanged]
  }
  private func active(_ known: KnownProvider) -> [String] { known.events.values.filter(\.state.isActive).map(\.externalID).sorted() }

  /// A replay's is a list, a scenario's one list for each provider.
  private func finals(_ expected: JSONValue, _ provider: String?) -> [(String, [JSONValue])] {
    if let list = expected["final"]?.array { return [(provider ?? "", list)] }
    return (expected["final"]?.object?.members ?? []).map { ($0.name, $0.value.elements) }
  }

  private func describedFinally(_ event: ProviderEvent, _ end: KnownEvent) -> [String: JSONValue] {
    var event = event
    (event.state, event.impact, event.startedAt, event.resolvedAt) = (end.state, end.impact, end.startedAt, end.resolvedAt)
    var members = described(event)
    members["peak_impact"] = .string(end.peakImpact.rawValue)
    members["resolution"] = end.resolution.map { .string($0.rawValue) }
    return members
  }
}
