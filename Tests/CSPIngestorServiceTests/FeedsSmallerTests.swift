import Testing

@testable import CSPIngestorService

struct FeedsStatusIOTests {
  @Test func theLatestMessageByTimeDecides() throws {
    let snapshot = try Fixtures.read("statusio/status")
    #expect(snapshot.family == .statusio && snapshot.unreadable == 1)
    #expect(snapshot.unknownValues == ["state: 900": 1, "status: ?": 1])
    #expect(snapshot.componentStates.map(\.status) == [.majorOutage, .operational])
    let event = try #require(snapshot["i1"])
    #expect(event.state == .identified && event.impact == .critical && event.startedAt == at(15))
    #expect(event.components == [ProviderComponent(id: "s1", name: "Registry", status: .majorOutage)])
    #expect(event.regions == ["us-east-1"])
    #expect(event.updates.map(\.text) == ["We look.", "Found."])
    let odd = try #require(snapshot["i2"])
    #expect(odd.state == .investigating && odd.impact == .minor)
  }

  @Test func activeAndUpcomingMaintenances() throws {
    let snapshot = try Fixtures.read("statusio/status")
    #expect(snapshot.events.suffix(2).map(\.state) == [.inProgress, .scheduled])
    #expect(snapshot["m1"]?.startedAt == at(14) && snapshot["m1"]?.scheduledUntil == at(16))
  }
}

struct FeedsSlackTests {
  @Test func typesAndStates() throws {
    let snapshot = try Fixtures.read("slack/current")
    #expect(snapshot.family == .slack && snapshot.unreadable == 1 && snapshot.unknownValues == ["type: riddle": 1])
    #expect(snapshot.events.map(\.externalID) == ["501", "502", "503", "504"])
    #expect(snapshot.events.map(\.kind) == [.incident, .notice, .maintenance, .incident])
    #expect(snapshot.events.map(\.state) == [.investigating, .investigating, .scheduled, .resolved])
    #expect(snapshot.events.map(\.impact) == [.major, .none, .maintenance, .minor])
    #expect(snapshot.events[0].components.map(\.name) == ["Calls", "Huddles"])
    #expect(snapshot.events[0].updates.map(\.text) == ["Worse.", "Better."])
    #expect(snapshot.events[0].startedAt == at(15))
    #expect(snapshot.events[1].url == nil, "an address that is none of the web is dropped")
    #expect(snapshot.events[3].resolvedAt == at(15, 20))
  }
}

struct FeedsInstatusTests {
  @Test func theWorstOfImpactAndComponentsCounts() throws {
    let snapshot = try Fixtures.read("instatus/summary")
    #expect(snapshot.family == .instatus && snapshot.unreadable == 1)
    let event = try #require(snapshot["a1"])
    #expect(event.title == "Carts are lost" && event.impact == .critical && event.state == .monitoring)
    #expect(event.regions == ["europe"] && event.startedAt == at(15))
    #expect(event.updates == [ProviderUpdate(id: "n1", state: "investigating", text: "We look.", at: at(15))])
    #expect(snapshot["a2"]?.impact == .minor)
    let maintenance = try #require(snapshot["b1"])
    #expect(maintenance.state == .scheduled && maintenance.scheduledUntil == 1_772_672_400 + 90 * 60)
  }

  @Test func anIncidentThatIsPlannedIsAMaintenance() throws {
    let snapshot = try read(
      #"{"page":{"status":"UP"},"activeIncidents":[{"id":"p","name":"x","status":"NOTSTARTEDYET","impact":"MAJOROUTAGE"}]}"#)
    let event = try #require(snapshot["p"])
    #expect(event.kind == .maintenance && event.state == .scheduled && event.impact == .maintenance)
  }

  @Test func aQuietPageLeavesItsListsOut() throws {
    let snapshot = try read(#"{"site":{"id":"s","status":"UP"}}"#)
    #expect(snapshot.family == .instatus && snapshot.absence == .all && snapshot.events.isEmpty && snapshot.pageID == "s")
  }
}

struct FeedsBetterStackTests {
  @Test func aReportAndItsUpdates() throws {
    let snapshot = try Fixtures.read("betterstack/index")
    #expect(snapshot.family == .betterstack && snapshot.unreadable == 1 && snapshot.absence == .none)
    let event = try #require(snapshot["20"])
    #expect(event.state == .investigating && event.impact == .major && event.startedAt == at(15))
    #expect(event.components == [ProviderComponent(id: "10", name: "API", group: "EU", status: .degradedPerformance)])
    #expect(event.regions == ["eu"] && event.updates.map(\.id) == ["30", "31"])
    let maintenance = try #require(snapshot["21"])
    #expect(maintenance.kind == .maintenance && maintenance.components.map(\.name) == ["99"])
  }

  @Test func theLastUpdateEndsAReportThatSaysNoEnd() throws {
    let body = String(decoding: try Fixtures.body("betterstack/index"), as: UTF8.self)
    let snapshot = try read(body.replacing(#""aggregate_state":"degraded","affected"#, with: #""aggregate_state":"resolved","affected"#))
    let event = try #require(snapshot["20"])
    #expect(event.state == .resolved && event.resolvedAt == at(15, 30))
  }
}

struct FeedsHerokuTests {
  @Test func incidentsAndScheduled() throws {
    let snapshot = try Fixtures.read("heroku/current-status")
    #expect(snapshot.family == .heroku && snapshot.unreadable == 1)
    #expect(snapshot.events.map(\.externalID) == ["9001", "9002", "9003"])
    #expect(snapshot.events.map(\.state) == [.investigating, .resolved, .scheduled])
    #expect(snapshot.events.map(\.impact) == [.major, .none, .maintenance])
    #expect(snapshot.events[0].regions == ["emea", "private-spaces"])
    #expect(snapshot.events[1].resolvedAt == at(11) && snapshot.events[1].impactEnded)
    #expect(snapshot.componentStates.map(\.status) == [.partialOutage, .operational])
  }
}
