import JSONBytes
import Testing

@testable import CSPIngestorService

struct FeedsStatuspageTests {
  @Test func aSummary() throws {
    let snapshot = try Fixtures.read("statuspage/summary")
    #expect(snapshot.family == .statuspage)
    #expect(snapshot.pageID == "q7p2shopstat")
    #expect(snapshot.pageUpdatedAt == at(15, 30))
    #expect(snapshot.componentStates.map(\.id) == ["c1", "c2"])
    #expect(snapshot.componentStates[0] == ProviderComponent(id: "c1", name: "Checkout", group: "US", status: .partialOutage))
    #expect(snapshot.events.map(\.externalID) == ["inc1", "inc2", "mnt1"])
    #expect(snapshot.unreadable == 1)
    #expect(snapshot.absence == .none)
    #expect(snapshot.unknownValues == ["impact: cosmic": 1, "status: pondering": 1])
  }

  @Test func anIncident() throws {
    let event = try #require(try Fixtures.read("statuspage/summary")["inc1"])
    #expect(event.kind == .incident && event.state == .identified && event.impact == .major)
    #expect(event.title == "Checkout fails & retries")
    #expect(event.startedAt == at(15) && event.resolvedAt == nil && event.providerUpdatedAt == at(15, 20))
    #expect(event.components.map(\.name) == ["Checkout"])
    #expect(event.regions == ["us"])
    #expect(event.updates.map(\.id) == ["u1", "u2"])
    #expect(event.updates[1] == ProviderUpdate(id: "u2", state: "identified", text: "The cause is known.", at: at(15, 20)))
    #expect(event.url == "https://stspg.example/inc1")
    #expect(event.raw["id"] == "inc1")
  }

  @Test func unknownWordsAreTheMildest() throws {
    let event = try #require(try Fixtures.read("statuspage/summary")["inc2"])
    #expect(event.state == .investigating && event.impact == .minor)
    #expect(event.components == [ProviderComponent(id: "c2", name: "AMS3", status: .degradedPerformance)])
    #expect(event.regions == ["ams3"])
    #expect(event.url == "https://status.shop.example/incidents/inc2")
  }

  @Test func aMaintenanceStartsAsPlanned() throws {
    let event = try #require(try Fixtures.read("statuspage/summary")["mnt1"])
    #expect(event.kind == .maintenance && event.state == .scheduled && event.impact == .maintenance)
    #expect(event.startedAt == 1_773_104_400 && event.scheduledFor == 1_773_104_400 && event.scheduledUntil == 1_773_111_600)
  }

  private func incident(_ members: String) throws -> ProviderEvent {
    let snapshot = try read(#"{"page":{"id":"p"},"status":{"indicator":"none"},"components":[],"incidents":[{"id":"x",\#(members)}]}"#)
    return try #require(snapshot["x"])
  }

  @Test func impactComesFromComponentsWhenItIsAbsent() throws {
    let components = #""components":[{"id":"1","name":"A","status":"partial_outage"},{"id":"2","name":"B","status":"operational"}]"#
    #expect(try incident(components).impact == .major)
    #expect(try incident(components + #","impact":null"#).impact == .major)
    #expect(try incident(components + #","impact":"none""#).impact == .none)
    #expect(try incident(#""name":"n""#).impact == .minor)
  }

  @Test func anIncidentOfImpactMaintenanceIsOne() throws {
    let states = ["investigating", "identified", "monitoring", "resolved", "postmortem"]
    let expected: [EventState] = [.inProgress, .inProgress, .verifying, .completed, .completed]
    for (word, state) in zip(states, expected) {
      let event = try incident(#""impact":"maintenance","status":"\#(word)""#)
      #expect(event.kind == .maintenance && event.impact == .maintenance && event.state == state)
    }
  }

  @Test func theEndIsStatedOrThatOfTheFirstClosingUpdate() throws {
    #expect(try incident(#""status":"postmortem","resolved_at":"2026-03-04T12:00:00Z""#).resolvedAt == at(12))
    let updates = #"""
      "status":"postmortem","incident_updates":[{"status":"postmortem","display_at":"2026-03-04T14:00:00Z"},
      {"status":"resolved","display_at":"2026-03-04T13:00:00Z"},{"status":"monitoring","display_at":"2026-03-04T12:00:00Z"},
      {"status":"resolved","display_at":"2026-03-04T11:00:00Z"}]
      """#
    #expect(try incident(updates).resolvedAt == at(13))
  }

  @Test func componentsOfUpdatesAreJoinedAndTheLatestStateWins() throws {
    let event = try incident(
      #"""
      "incident_updates":[
      {"display_at":"2026-03-04T14:00:00Z","affected_components":[{"code":"1","name":"EU - Web","new_status":"operational"}]},
      {"display_at":"2026-03-04T13:00:00Z","affected_components":null},
      {"display_at":"2026-03-04T12:00:00Z","affected_components":[{"code":"1","name":"EU - Web","new_status":"major_outage"},{"code":"2","name":"Visit www.x"}]}]
      """#)
    #expect(event.components == [ProviderComponent(id: "1", name: "EU - Web", status: .operational)])
    #expect(event.regions == ["eu"])
  }

  @Test func onlyTheDocumentsThatListWhatIsCurrentResolveByAbsence() throws {
    let lists = #""incidents":[],"scheduled_maintenances":[]"#
    #expect(try read(#"{"page":{"id":"p"},"status":{"indicator":"none"},"components":[],\#(lists)}"#).absence == .all)
    #expect(try read(#"{"page":{"id":"p"},"incidents":[]}"#, address: "https://s.example/api/v2/incidents.json").absence == .none)
    let unresolved = "https://s.example/api/v2/incidents/unresolved.json?x=1"
    #expect(try read(#"{"page":{"id":"p"},"incidents":[]}"#, address: unresolved).absence == .incidents)
    #expect(try read(#"{"page":{"id":"p"},"status":{"indicator":"none"}}"#).absence == .none)
    #expect(try read(#"{"page":{"id":"p"},"components":[]}"#).absence == .none)
    let broken = try read(#"{"page":{"id":"p"},"status":{"indicator":"none"},"components":[],"incidents":{},"scheduled_maintenances":[]}"#)
    #expect(broken.unreadable == 1 && broken.absence == .none)
  }
}
