import Testing

@testable import CSPIngestorService

struct FeedsIncidentIOTests {
  @Test func aSummary() throws {
    let snapshot = try Fixtures.read("incidentio/summary")
    #expect(snapshot.family == .incidentio)
    #expect(snapshot.pageID == "01HSHOPSTATUSPAGE000000001")
    #expect(snapshot.events.map(\.externalID) == ["I1", "M1"])
    #expect(snapshot.unreadable == 1 && snapshot.absence == .none)
    #expect(snapshot.componentStates.map(\.name) == ["Login", "Search"])
    #expect(snapshot.componentStates[1].status == .majorOutage && snapshot.componentStates[1].group == "EU")
  }

  @Test func theIncidentsOwnStatusDecides() throws {
    let event = try #require(try Fixtures.read("incidentio/summary")["I1"])
    #expect(event.state == .monitoring && event.resolvedAt == nil)
    #expect(event.impact == .critical)
    #expect(event.startedAt == at(15))
    #expect(event.components.map(\.name) == ["Search", "Login"])
    #expect(event.components.map(\.status) == [.operational, .degradedPerformance])
    #expect(event.regions == ["eu"])
    #expect(event.updates.map(\.state) == ["identified", "resolved", "monitoring"])
    #expect(event.url == "https://status.shop.example/incidents/I1")
  }

  @Test func aMaintenance() throws {
    let event = try #require(try Fixtures.read("incidentio/summary")["M1"])
    #expect(event.kind == .maintenance && event.state == .scheduled && event.impact == .maintenance)
    #expect(event.startedAt == 1_773_036_000 && event.scheduledUntil == 1_773_039_600)
  }

  @Test func theCompatibleOneIsToldByItsIdOrItsNullLists() throws {
    let snapshot = try Fixtures.read("incidentio/compatible")
    #expect(snapshot.family == .incidentio && snapshot.absence == .all)
    #expect(snapshot.componentStates == [ProviderComponent(id: "01C", name: "Login", status: .majorOutage)])
    #expect(snapshot.events.map(\.impact) == [.critical])
    let short = try read(#"{"page":{"id":"abcdefghijkl"},"status":{"indicator":"none"},"components":[],"incidents":null}"#)
    #expect(short.family == .incidentio && short.absence == .all)
  }

  @Test func theWidgetsDocumentIsOneToo() throws {
    let snapshot = try read(
      #"""
      {"page_title":"Shop","page_url":"https://s.example","ongoing_incidents":[{"id":"w1","name":"Slow","status":"identified",
      "last_update_at":"2026-03-04T15:00:00Z","last_update_message":"Found.","current_worst_impact":"partial_outage",
      "affected_components":[{"id":"k","name":"Web","group_name":"APAC","current_status":"degraded_performance"}]}],
      "in_progress_maintenances":[{"id":"w2","name":"Disks","status":"maintenance_in_progress","started_at":"2026-03-04T14:00:00Z",
      "scheduled_end_at":"2026-03-04T17:00:00Z"}],"scheduled_maintenances":null}
      """#)
    #expect(snapshot.family == .incidentio && snapshot.absence == .all && snapshot.unknownValues.isEmpty)
    let incident = try #require(snapshot["w1"])
    #expect(incident.impact == .major && incident.startedAt == at(15) && incident.regions == ["apac"])
    #expect(incident.updates == [ProviderUpdate(state: "identified", text: "Found.", at: at(15))])
    let maintenance = try #require(snapshot["w2"])
    #expect(maintenance.state == .inProgress && maintenance.startedAt == at(14) && maintenance.scheduledUntil == at(17))
  }
}
