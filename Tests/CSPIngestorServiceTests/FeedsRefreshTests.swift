import JSONBytes
import Testing

@testable import CSPIngestorService

struct FeedsRefreshTests {
  private let now = Fixtures.now

  private func event(
    _ id: String, _ kind: EventKind = .incident, _ state: EventState = .investigating, _ impact: Impact = .minor, start: Int? = at(15)
  ) -> ProviderEvent {
    ProviderEvent(externalID: id, kind: kind, state: state, impact: impact, title: id, startedAt: start)
  }

  private func known(_ events: ProviderEvent..., at now: Int = Fixtures.now) -> KnownProvider {
    refresh(KnownProvider(), with: Snapshot(events: events), now: now).known
  }

  @Test func newOnesAreOpenedOrRecorded() {
    let events = [event("a"), event("b", .incident, .resolved), event("c", .maintenance, .scheduled, .maintenance)]
    let result = refresh(KnownProvider(), with: Snapshot(events: events), now: now)
    #expect(result.counts == RefreshCounts(fetched: 3, opened: 2, recorded: 1))
    #expect(result.changes.map(\.action) == [.opened, .recorded, .opened])
  }

  @Test func theEndIsDeclaredOnceAndDated() {
    let result = refresh(
      known(event("a", .incident, .investigating, .major)), with: Snapshot(events: [event("a", .incident, .resolved)]), now: now + 60)
    #expect(result.counts == RefreshCounts(fetched: 1, resolved: 1))
    #expect(result.known.events["a"]?.resolvedAt == now + 60 && result.known.events["a"]?.resolution == .declared)
    #expect(result.known.events["a"]?.impact == .minor && result.known.events["a"]?.peakImpact == .major)
    let again = refresh(result.known, with: Snapshot(events: [event("a", .incident, .resolved)]), now: now + 120)
    #expect(again.counts == RefreshCounts(fetched: 1, unchanged: 1) && again.known == result.known)
  }

  @Test func anImpactThatFellOnlyBecauseOfTheEndStays() {
    var end = event("a", .incident, .resolved, .none)
    end.impactEnded = true
    let result = refresh(known(event("a", .incident, .investigating, .major)), with: Snapshot(events: [end]), now: now + 60)
    #expect(result.known.events["a"]?.impact == .major)
    #expect(refresh(result.known, with: Snapshot(events: [end]), now: now + 120).counts.unchanged == 1)
  }

  @Test func onlyAnOpenStateReopens() {
    let ended = refresh(known(event("a")), with: Snapshot(absence: .all), now: now + 60)
    #expect(ended.changes.map(\.action) == [.absent])
    var edited = event("a", .incident, .resolved)
    edited.title = "Edited"
    let after = refresh(ended.known, with: Snapshot(events: [edited]), now: now + 120)
    #expect(after.counts.updated == 1 && after.known.events["a"]?.state == .resolved && after.known.events["a"]?.resolvedAt == now + 60)
    let back = refresh(ended.known, with: Snapshot(events: [event("a")]), now: now + 120)
    #expect(back.counts.updated == 1 && back.known.events["a"]?.state == .investigating)
    #expect(back.known.events["a"]?.resolvedAt == nil && back.known.events["a"]?.resolution == nil)
  }

  @Test func whatACompleteListHasNoMoreIsOver() {
    let before = known(event("i"), event("m", .maintenance, .inProgress, .maintenance), event("n", .notice))
    let all = refresh(before, with: Snapshot(absence: .all), now: now + 60)
    #expect(all.counts == RefreshCounts(resolved: 3))
    #expect(all.known.events.mapValues(\.state) == ["i": .resolved, "m": .completed, "n": .resolved])
    #expect(all.known.events.values.allSatisfy { $0.resolution == .absentFromFeed && $0.resolvedAt == now + 60 })
    #expect(refresh(before, with: Snapshot(absence: .incidents), now: now + 60).changes.map(\.known.externalID) == ["i"])
    #expect(refresh(before, with: Snapshot(unreadable: 1), now: now + 60).changes.isEmpty)
    #expect(refresh(before, with: Snapshot(), now: now + 60).changes.isEmpty)
  }

  @Test func aHistoryMayHideAnOpenEventForADay() {
    var state = known(event("a"))
    state = refresh(state, with: Snapshot(), now: now + 60).known
    #expect(refresh(state, with: Snapshot(), now: now + 60 + 86_399).changes.isEmpty)
    #expect(refresh(state, with: Snapshot(unreadable: 1), now: now + 60 + 86_400).changes.isEmpty)
    let gone = refresh(state, with: Snapshot(), now: now + 60 + 86_400)
    #expect(gone.changes.map(\.action) == [.expired] && gone.known.events["a"]?.resolution == .expired)
    state = refresh(state, with: Snapshot(events: [event("a")]), now: now + 90).known
    #expect(state.events["a"]?.unseenSince == nil)
  }

  @Test func whatIsOverAndUnlistedIsForgottenInTheEnd() {
    var state = refresh(known(event("a"), event("b")), with: Snapshot(events: [event("b")], absence: .all), now: now).known
    state.forget(unseenFor: 1_000, now: now + 999)
    #expect(state.events.count == 2)
    state.forget(unseenFor: 1_000, now: now + 1_000)
    #expect(state.events.keys.sorted() == ["b"])
  }

  @Test func aStartIsMissingOrInTheFuture() {
    #expect(known(event("a", start: nil)).events["a"]?.startedAt == now)
    var state = known(event("a", start: now + 3_600))
    #expect(state.events["a"]?.startedAt == now)
    let later = refresh(state, with: Snapshot(events: [event("a", start: now + 3_600)]), now: now + 7_200)
    #expect(later.counts.unchanged == 1, "time alone changes nothing")
    state = refresh(state, with: Snapshot(events: [event("a", start: now - 600)]), now: now + 60).known
    #expect(state.events["a"]?.startedAt == now - 600)
    #expect(known(event("m", .maintenance, .scheduled, .maintenance, start: now + 3_600)).events["m"]?.startedAt == now + 3_600)
  }

  @Test func theFingerprintIsOfWhatPeopleSee() {
    var one = event("a")
    one.components = [ProviderComponent(id: "1", name: "A", status: .operational), ProviderComponent(id: "2", name: "B")]
    one.updates = [ProviderUpdate(id: "u", state: "s", text: "t", at: 1), ProviderUpdate(id: "v", state: "s", text: "t", at: 2)]
    one.url = "https://a.example"
    var same = one
    (same.url, same.providerUpdatedAt, same.raw) = (nil, 5, "x")
    same.components.reverse()
    same.components[0].name = "New name"
    same.updates.reverse()
    same.updates[0].at = 7
    #expect(one.fingerprint == same.fingerprint && one.fingerprint.count == 16)
    let edits: [(inout ProviderEvent) -> Void] = [
      { $0.kind = .notice }, { $0.state = .monitoring }, { $0.impact = .major }, { $0.title = "b" }, { $0.startedAt = 1 },
      { $0.resolvedAt = 1 },
      { $0.scheduledFor = 1 }, { $0.scheduledUntil = 1 }, { $0.components[0].status = nil }, { $0.components[1].id = "3" },
      { $0.regions = ["eu"] },
      { $0.updates[0].id = nil }, { $0.updates[0].state = nil }, { $0.updates[0].text = "" }, { $0.updates.removeLast() },
    ]
    var prints = [one.fingerprint]
    for edit in edits {
      var other = one
      edit(&other)
      prints.append(other.fingerprint)
    }
    #expect(Set(prints).count == prints.count)
  }

  @Test func anOlderPageIsStale() {
    let page = { (time: Int) in Snapshot(absence: .all, pageID: "p", pageUpdatedAt: time) }
    var state = refresh(known(event("a")), with: Snapshot(events: [event("a")], pageID: "p", pageUpdatedAt: now), now: now).known
    let stale = refresh(state, with: page(now - 1), now: now + 60)
    #expect(stale.refusal == .stale && stale.changes.isEmpty && stale.known == state)
    #expect(refresh(state, with: page(now), now: now + 60).refusal == nil)
    state = refresh(state, with: page(now + 86_400 * 365), now: now + 60).known
    #expect(refresh(state, with: page(now + 120), now: now + 120).refusal == nil, "a clock that ran ahead is forgiven")
  }

  @Test func anotherPageIsBelievedTheThirdTimeInARow() {
    let page = { (id: String) in Snapshot(absence: .all, pageID: id, pageUpdatedAt: 1_000) }
    var state = refresh(known(event("a")), with: Snapshot(events: [event("a")], pageID: "p", pageUpdatedAt: 2_000), now: now).known
    for id in ["q", "q", "r", "q", "p", "q", "q"] {
      let result = refresh(state, with: page(id), now: now + 60)
      #expect(result.refusal == (id == "p" ? .stale : .otherPage) && result.changes.isEmpty)
      state = result.known
    }
    let believed = refresh(state, with: page("q"), now: now + 60)
    #expect(believed.refusal == nil && believed.counts.resolved == 1)
    #expect(believed.known.pageID == "q" && believed.known.pageUpdatedAt == 1_000 && believed.known.otherPage == nil)
  }

  @Test func itemsWithoutAnIdAreFoundByTheirSeries() {
    func item(_ start: Int, _ state: EventState = .investigating) -> ProviderEvent {
      var event = event("ec2:\(start)", .incident, state, start: start)
      event.series = "ec2"
      return event
    }
    var state = known(item(1_000))
    let revised = refresh(state, with: Snapshot(events: [item(900)], absence: .all), now: now)
    #expect(revised.counts == RefreshCounts(fetched: 1, updated: 1) && revised.known.events.keys.sorted() == ["ec2:1000"])
    state = refresh(revised.known, with: Snapshot(events: [item(900, .resolved)], absence: .all), now: now).known
    #expect(refresh(state, with: Snapshot(events: [item(900, .resolved)], absence: .all), now: now).counts.unchanged == 1)
    let next = refresh(state, with: Snapshot(events: [item(5_000), item(900, .resolved)], absence: .all), now: now)
    #expect(next.counts == RefreshCounts(fetched: 2, opened: 1, unchanged: 1))
    #expect(next.known.events.keys.sorted() == ["ec2:1000", "ec2:5000"])
  }

  @Test func filtersLetPassWhatNamesNothingOrWhatIsWanted() {
    var hit = event("a")
    hit.components = [ProviderComponent(id: "c1", name: "Checkout", group: "Shop")]
    hit.regions = ["us-east-1"]
    for wanted in ["C1", "checkout", "SHOP"] { #expect(EventFilter(components: [wanted]).admits(hit)) }
    #expect(!EventFilter(components: ["check"]).admits(hit) && EventFilter(components: ["x"]).admits(event("b")))
    for wanted in ["us-east-1", "US-EAST", "global", "us-east-1-az1"] { #expect(EventFilter(regions: [wanted]).admits(hit)) }
    #expect(!EventFilter(regions: ["us-west-2", "us-east-11"]).admits(hit) && EventFilter(regions: ["x"]).admits(event("b")))
    let result = refresh(KnownProvider(), with: Snapshot(events: [hit, event("b")]), filter: EventFilter(components: ["x"]), now: now)
    #expect(result.counts == RefreshCounts(fetched: 1, opened: 1))
    let followed = refresh(known(hit), with: Snapshot(events: [hit], absence: .all), filter: EventFilter(components: ["x"]), now: now)
    #expect(followed.counts == RefreshCounts(fetched: 1, unchanged: 1), "what is known is followed to its end")
  }
}
