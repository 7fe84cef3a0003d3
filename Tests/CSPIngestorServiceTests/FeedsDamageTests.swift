import JSONBytes
import Testing

@testable import CSPIngestorService

/// A provider's bad day: whatever is done to a body, it is read or refused, and one bad item costs no other.
struct FeedsDamageTests {
  @Test(arguments: Fixtures.all)
  func truncatedAnywhereItIsRefused(_ name: String) throws {
    let body = try Fixtures.body(name)
    let text = try #require(body.lastIndex { $0 != UInt8(ascii: "\n") })
    for length in 0...text {
      let part = Array(body[..<length])
      if (try? readFeed(part, contentType: nil, address: "", registered: nil, now: 0)) != nil { Issue.record("\(length) bytes are read") }
    }
  }

  @Test(arguments: Fixtures.all)
  func aFlippedBitDoesNoHarm(_ name: String) throws {
    let body = try Fixtures.body(name)
    var read = 0
    for index in body.indices {
      var damaged = body
      damaged[index] ^= 1 << (index % 8)
      guard let snapshot = try? readFeed(damaged, contentType: nil, address: "", registered: nil, now: Fixtures.now) else { continue }
      read += 1
      expectSound(snapshot)
    }
    #expect(read > 0)
  }

  private static let lists: [String: [[String]]] = [
    "statuspage/summary": [["incidents"], ["scheduled_maintenances"]], "incidentio/compatible": [["incidents"]],
    "incidentio/summary": [["summary", "ongoing_incidents"], ["summary", "scheduled_maintenances"]], "google/incidents": [[]],
    "aws/currentevents": [[]], "aws/retired": [["current"]], "slack/current": [["active_incidents"]],
    "statusio/status": [["result", "incidents"], ["result", "maintenance", "active"], ["result", "maintenance", "upcoming"]],
    "instatus/summary": [["activeIncidents"], ["activeMaintenances"]], "betterstack/index": [["included"]],
    "heroku/current-status": [["incidents"], ["scheduled"]],
  ]
  private static let wrong: [JSONValue?] = [nil, .null, true, 0, -1, .number(1e300), "", "\u{0}<&>", [], [[]], [:], ["x": .null]]

  /// Each member of each item is taken away or made of a wrong type: the events of other items stay as they were.
  @Test(arguments: lists.keys.sorted())
  func aBadItemCostsNoOther(_ name: String) throws {
    let root = try JSONValue(parsing: Fixtures.body(name))
    let sound = try Fixtures.read(name).events
    var tried = 0
    for path in Self.lists[name] ?? [] {
      for (number, item) in (value(root, path)?.elements ?? []).enumerated() where name != "betterstack/index" || isReport(item) {
        for place in places(item) {
          for value in Self.wrong {
            let damaged = replaced(root, path) { list in
              var elements = list.elements
              elements[number] = replaced(elements[number], place) { _ in value } ?? .null
              return .array(elements)
            }
            tried += 1
            guard let damaged, let snapshot = try? read(damaged.text) else { continue }
            expectSound(snapshot)
            for event in sound
            where event.raw != item && snapshot[event.externalID] != event && !names(snapshot, event.externalID, insteadOf: item) {
              Issue.record("\(place) of item \(number) as \(value?.text ?? "nothing") costs \(event.externalID)")
            }
          }
        }
      }
    }
    #expect(tried > 100)
  }

  private func isReport(_ item: JSONValue) -> Bool { item["type"]?.string == "status_report" }

  /// Whether the damaged item took the id of another.
  private func names(_ snapshot: Snapshot, _ id: String, insteadOf item: JSONValue) -> Bool {
    snapshot[id].map { $0.raw["id"] != item["id"] && $0.raw["name"] == item["name"] && item["name"] != nil } ?? false
  }

  /// What stands outside the items may be lost too: nothing may break.
  @Test(arguments: lists.keys.sorted())
  func aDocumentWithoutAMemberIsReadOrRefused(_ name: String) throws {
    let root = try JSONValue(parsing: Fixtures.body(name))
    for place in places(root) {
      for value in Self.wrong {
        guard let damaged = replaced(root, place, by: { _ in value }), let snapshot = try? read(damaged.text) else { continue }
        expectSound(snapshot)
      }
    }
  }

  /// Every place in a value: members by name, elements by number.
  private func places(_ value: JSONValue) -> [[String]] {
    switch value {
    case .object(let object): object.members.flatMap { member in [[member.name]] + places(member.value).map { [member.name] + $0 } }
    case .array(let list): list.enumerated().flatMap { index, element in [["\(index)"]] + places(element).map { ["\(index)"] + $0 } }
    default: []
    }
  }

  private func value(_ root: JSONValue, _ path: [String]) -> JSONValue? { path.reduce(root) { $0?[$1] } }

  private func replaced(_ value: JSONValue, _ path: [String], by change: (JSONValue) -> JSONValue?) -> JSONValue? {
    guard let name = path.first else { return change(value) }
    let rest = Array(path.dropFirst())
    switch value {
    case .object(var object):
      object[name] = replaced(object[name] ?? .null, rest, by: change)
      return .object(object)
    case .array(var list):
      guard let index = Int(name), list.indices.contains(index) else { return value }
      if let element = replaced(list[index], rest, by: change) { list[index] = element } else { list.remove(at: index) }
      return .array(list)
    default: return value
    }
  }

  private func expectSound(_ snapshot: Snapshot) { if let flaw = flaw(snapshot) { Issue.record("\(flaw) in \(snapshot)") } }

  /// What does not hold although it must for every snapshot.
  private func flaw(_ snapshot: Snapshot) -> String? {
    if Set(snapshot.events.map(\.externalID)).count < snapshot.events.count { return "an id twice" }
    if snapshot.unreadable > 0 && snapshot.absence != .none { return "an incomplete list resolves" }
    let planned: [EventState] = [.scheduled, .inProgress, .verifying, .completed]
    for event in snapshot.events {
      if event.externalID.isEmpty || event.title.isEmpty || event.title.unicodeScalars.count > 500 { return "no name" }
      if event.regions != Set(event.regions).sorted() { return "regions are no sorted set" }
      if (event.kind == .maintenance) != (event.impact == .maintenance) { return "an impact of another kind" }
      if (event.kind == .maintenance) != planned.contains(event.state) { return "a state of another kind" }
      if event.url?.hasPrefix("http") == false { return "an address that is none" }
    }
    let once = refresh(KnownProvider(), with: snapshot, now: Fixtures.now)
    if once.counts.opened + once.counts.recorded != snapshot.events.count { return "events that are not new" }
    let twice = refresh(once.known, with: snapshot, now: Fixtures.now)
    return twice.counts.unchanged != snapshot.events.count || twice.known != once.known ? "changes at the second poll" : nil
  }
}
