@testable import CommsService
import StatusModel
import Testing

struct UptimeRulesTests {
  private let day = 86_400

  private func change(_ at: Int, _ from: ComponentStatus, _ to: ComponentStatus) -> StatusChange {
    StatusChange(at: at, component: "a", from: from, to: to)
  }

  @Test func `seconds fall into the days they belong to`() {
    let days = UptimeRules.days(
      ["d0", "d1", "d2"], starts: [0, day, 2 * day, 3 * day],
      changes: [
        change(day - 100, .operational, .majorOutage), change(day + 200, .majorOutage, .partialOutage),
        change(day + 1200, .partialOutage, .underMaintenance), change(day + 2200, .underMaintenance, .operational),
      ], current: .operational, createdAt: day - 1000, now: 2 * day + 10)
    #expect(days[0].unknown == day - 1000 && days[0].seconds[.majorOutage] == 100 && days[0].counted == 1000)
    #expect(days[1].seconds[.majorOutage] == 200 && days[1].seconds[.partialOutage] == 1000 && days[1].counted == day - 1000)
    #expect(days[1].downtime == 500 && days[1].worst == .majorOutage)
    #expect(days[2].seconds == [.operational: 10] && days[2].unknown == day - 10)
  }

  @Test func `degraded performance is no downtime, maintenance is left out`() {
    let days = UptimeRules.days(
      ["d0"], starts: [0, day], changes: [change(100, .degradedPerformance, .underMaintenance)], current: .underMaintenance, createdAt: 0,
      now: day)
    #expect(days[0].downtime == 0 && days[0].counted == 100)
    #expect(UptimeRules.percentage(downtime: days[0].downtime, counted: days[0].counted) == 100)
    #expect(UptimeRules.percentage(downtime: 0, counted: 0) == nil)
  }

  @Test func `one second of outage is never a hundred percent`() {
    #expect(UptimeRules.percentage(downtime: 0.3, counted: 400 * day) == 99.999)
    #expect(UptimeRules.percentage(downtime: Double(day), counted: day) == 0)
  }

  @Test func `what was before the first change that is kept is what it changed from`() {
    let days = UptimeRules.days(
      ["d0"], starts: [0, day], changes: [change(100, .majorOutage, .operational)], current: .operational, createdAt: -1000, now: day)
    #expect(days[0].seconds == [.majorOutage: 100, .operational: day - 100])
    let quiet = UptimeRules.days(["d0"], starts: [0, day], changes: [], current: .partialOutage, createdAt: -1000, now: 50)
    #expect(quiet[0].seconds == [.partialOutage: 50])
  }

  @Test func `changes of a component that had the key before do not count`() {
    let days = UptimeRules.days(
      ["d0"], starts: [0, day], changes: [change(100, .operational, .majorOutage)], current: .operational, createdAt: 200, now: 300)
    #expect(days[0].seconds == [.operational: 100])
  }

  @Test func `days are cut where the clocks of the zone cut them`() {
    let paris = PageZone("Europe/Paris")
    // 2026-03-29 has 23 hours there, 2026-10-25 has 25.
    let spring = paris.day(at: 1_774_742_400)
    #expect(PageZone.date(spring) == "2026-03-29")
    #expect(paris.start(of: spring) == 1_774_738_800)
    #expect(paris.start(of: spring + 1) - paris.start(of: spring) == 23 * 3600)
    let autumn = paris.day(at: 1_792_886_400)
    #expect(PageZone.date(autumn) == "2026-10-25" && paris.start(of: autumn + 1) - paris.start(of: autumn) == 25 * 3600)
    let table = paris.last(90, at: 1_774_742_400)
    #expect(table.dates.count == 90 && table.starts.count == 91 && table.dates.last == "2026-03-29")
    #expect(zip(table.starts, table.starts.dropFirst()).allSatisfy { (22 * 3600...26 * 3600).contains($1 - $0) })
  }

  @Test func `a day may begin at one o'clock`() {
    // Clocks in Beirut go from 00:00 to 01:00 on the last Sunday of March.
    let beirut = PageZone("Asia/Beirut")
    let day = 20_541  // 2026-03-29
    #expect(PageZone.date(day) == "2026-03-29")
    let start = beirut.start(of: day)
    #expect(beirut.day(at: start) == day && beirut.day(at: start - 1) == day - 1)
    #expect(beirut.start(of: day + 1) - start == 23 * 3600)
  }

  @Test func `changes are read as they are written`() {
    #expect(
      StatusChange("5 1.7 shop operational major_outage") == StatusChange(at: 5, component: "shop", from: .operational, to: .majorOutage))
    for text in ["", "5 1.7 shop operational", "x 1.7 shop operational major_outage", "5 1.7 shop good bad"] {
      #expect(StatusChange(text) == nil)
    }
  }
}
