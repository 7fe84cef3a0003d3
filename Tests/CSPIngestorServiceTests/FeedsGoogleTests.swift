import Testing

@testable import CSPIngestorService

struct FeedsGoogleTests {
  @Test func anOpenIncident() throws {
    let snapshot = try Fixtures.read("google/incidents")
    #expect(snapshot.family == .google && snapshot.absence == .none)
    let event = try #require(snapshot["AbCdEf"])
    #expect(event.state == .monitoring && event.impact == .major && event.resolvedAt == nil)
    #expect(event.title == "Disks are slow")
    #expect(event.startedAt == at(14, 58))
    #expect(event.components.map(\.id) == ["pd", "compute"])
    #expect(event.regions == ["europe-west3"])
    #expect(event.updates.map(\.text) == ["Slow.", "**Summary** Better."])
    #expect(event.url == "https://status.cloud.google.com/incidents/AbCdEf")
  }

  @Test func numbersRepeatSoTheServiceIsPartOfTheId() throws {
    let snapshot = try Fixtures.read("google/incidents")
    let event = try #require(snapshot["storage/12"])
    #expect(event.state == .resolved && event.impact == .minor && event.resolvedAt == 1_588_676_400)
    #expect(event.components.map(\.name) == ["Cloud Storage"])
    #expect(event.url == "https://status.cloud.google.com/incident/storage/12")
    #expect(snapshot.events.count == 2 && snapshot.unreadable == 2)
  }

  private func incident(_ members: String) throws -> ProviderEvent {
    try #require(try read(#"[{"id":"x","external_desc":"d","begin":"2026-03-04T15:00:00Z",\#(members)}]"#)["x"])
  }

  @Test func theEndDecidesNotTheLastStatus() throws {
    #expect(try incident(#""end":"2026-03-04T16:00:00Z","most_recent_update":{"status":"SERVICE_OUTAGE"}"#).state == .resolved)
    #expect(try incident(#""end":null,"most-recent-update":{"status":"AVAILABLE"}"#).state == .monitoring)
    #expect(try incident(#""most_recent_update":{"status":"SERVICE_OUTAGE"}"#).state == .investigating)
  }

  @Test func regionsAreThoseOfNowWhileOpenAndOfBeforeWhenClosed() throws {
    let lists = #""currently_affected_locations":[{"id":"now"}],"previously_affected_locations":[{"title":"US Multi"}]"#
    #expect(try incident(lists).regions == ["now"])
    #expect(try incident(lists + #","end":"2026-03-04T16:00:00Z""#).regions == ["us-multi"])
    #expect(try incident(#""previously_affected_locations":[{"id":"before"}]"#).regions == ["before"])
  }

  @Test func anEmptyListIsGooglesByItsAddress() throws {
    let snapshot = try read("[]", address: "https://status.cloud.google.com/incidents.json")
    #expect(snapshot.family == .google && snapshot.absence == .none && snapshot.events.isEmpty)
  }
}
