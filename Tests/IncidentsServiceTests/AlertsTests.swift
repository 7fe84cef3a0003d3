import JSONBytes
import Messaging
import ServiceRuntime
import StatusModel
import Testing

@testable import IncidentsService

/// Notifications in Alertmanager's form.
private enum Say {
  static let group = #"{}:{alertname="Errors"}"#
  static let noTime: JSONValue = "0001-01-01T00:00:00Z"

  static func alert(
    _ service: String, _ status: String = "firing", severity: String = "critical", start: String = "2026-09-21T10:00:00Z",
    fingerprint: String? = nil, cid: String? = nil
  ) -> JSONValue {
    var labels: [(String, JSONValue)] = [
      ("alertname", "Errors"), ("service", .string(service)), ("severity", .string(severity)), ("job", "web"),
    ]
    if let cid { labels.append(("cid", .string(cid))) }
    return [
      "status": .string(status), "labels": .object(JSONObject(labels)), "annotations": ["summary": .string("\(service) fails")],
      "startsAt": .string(start), "endsAt": status == "firing" ? noTime : "2026-09-21T10:10:00.123456789+02:00",
      "generatorURL": "http://prometheus.example.org/graph", "fingerprint": fingerprint.map { .string($0) } ?? .null,
    ]
  }

  static func notification(_ alerts: JSONValue..., group: String = group, truncated: Int = 0) throws -> AlertNotification {
    let body: JSONValue = [
      "version": "4", "groupKey": .string(group), "truncatedAlerts": .integer(truncated), "status": "firing", "receiver": "polystatus",
      "groupLabels": ["alertname": "Errors"], "commonLabels": ["alertname": "Errors"], "commonAnnotations": [:],
      "externalURL": "http://alertmanager.example.org", "alerts": .array(alerts),
    ]
    return try AlertNotification(FieldReader(body.object ?? JSONObject()))
  }
}

extension StoreBench {
  fileprivate func take(_ notification: AlertNotification) async throws -> IncidentsStore.AlertOutcome {
    try await asMachine { try await store.take(notification) }
  }

  fileprivate func told(_ id: String, _ type: String = "alert") async throws -> [String] {
    try await incident(id)["timeline"]?.array?.filter { $0["type"]?.string == type }.compactMap { $0["message"]?.string } ?? []
  }
}

@Suite struct AlertsTests {
  @Test func `a group that fires is one incident, with its severity, services, cid and alerts`() async throws {
    try await StoreBench.run { bench in
      let outcome = try await bench.take(
        Say.notification(Say.alert("Shop", severity: "warning"), Say.alert("cart", severity: "Page", cid: "cid-of-a-shop")))
      let id = try #require(outcome.id)
      #expect(outcome.kind == .opened && outcome.news == 2)
      let incident = try await bench.incident(id)
      #expect(incident["sev"] == 1 && incident["services"] == ["Shop", "cart"] && incident["source"] == "alert")
      #expect(incident["cid"] == "cid-of-a-shop" && incident["title"] == "Errors")
      let external: JSONValue = ["provider": "alertmanager", "id": .string(Say.group), "url": "http://alertmanager.example.org"]
      #expect(incident["external"] == external && incident["touched_by_human"] == false && incident["acknowledged_at"] == .null)
      #expect(try await bench.told(id) == ["Errors fires: Shop fails", "Errors fires: cart fails"])
      let entry = incident["timeline"]?[1]
      #expect(entry?["author"]?["kind"] == "application" && entry?["cid"] == "cid-of-the-test")
      #expect(entry?["details"]?["starts_at"] == 1_789_984_800 && entry?["details"]?["ends_at"] == .null)
      #expect(entry?["details"]?["labels"]?["service"] == "Shop")
      #expect(try await bench.eventNames() == ["incident.created", "incident.timeline.added", "incident.timeline.added"])
    }
  }

  @Test func `what was said before changes nothing, in any order`() async throws {
    try await StoreBench.run { bench in
      let fires = try Say.notification(Say.alert("shop"))
      let over = try Say.notification(Say.alert("shop", "resolved"))
      let id = try await bench.take(fires).id
      var before = try await bench.digest()
      #expect(try await bench.take(fires).kind == .unchanged)
      #expect(try await bench.digest() == before)
      #expect(try await bench.take(over).kind == .resolved)
      before = try await bench.digest()
      for notification in [over, fires, over] {
        let again = try await bench.take(notification)
        #expect(again.kind == .unchanged && again.id == id)
      }
      #expect(try await bench.digest() == before)
    }
  }

  @Test func `an incident nobody touched is mitigated, then resolved, when every alert is over`() async throws {
    try await StoreBench.run { bench in
      let id = try #require(try await bench.take(Say.notification(Say.alert("shop"), Say.alert("cart"))).id)
      let mixed = try await bench.take(Say.notification(Say.alert("shop"), Say.alert("cart", "resolved")))
      #expect(mixed.kind == .updated && mixed.news == 1)
      #expect(try await bench.incident(id)["status"] == "open")
      let cut = try await bench.take(Say.notification(Say.alert("shop", "resolved", start: "2026-09-21T10:00:01Z"), truncated: 1))
      #expect(cut.kind == .updated, "what was left out may still fire")
      #expect(try await bench.take(Say.notification(Say.alert("shop", "resolved", start: "2026-09-21T10:00:02Z"))).kind == .resolved)
      let incident = try await bench.incident(id)
      #expect(incident["status"] == "resolved" && incident["mitigated_at"] == 1_790_000_000 && incident["touched_by_human"] == false)
      let changes = incident["timeline"]?.array?.filter { $0["type"] == "status" }.map { $0["details"]?["new"] }
      #expect(changes == ["mitigated", "resolved"])
      #expect(try await bench.ids(IncidentFilter(status: .resolved)) == [id])
      #expect(try await bench.ids(IncidentFilter(status: .open)) == [])
    }
  }

  @Test func `an incident a person touched is only told`() async throws {
    try await StoreBench.run { bench in
      let id = try #require(try await bench.take(Say.notification(Say.alert("shop"))).id)
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .note, message: "I look at it"))
      let outcome = try await bench.take(Say.notification(Say.alert("shop", "resolved")))
      #expect(outcome.kind == .updated)
      #expect(try await bench.incident(id)["status"] == "open")
      #expect(try await bench.told(id).last?.contains("People work on this incident") == true)
      _ = try await bench.take(Say.notification(Say.alert("cart", severity: "warning", start: "2026-09-21T11:00:00Z")))
      #expect(try await bench.incident(id)["services"] == ["shop"], "nor is it changed")
    }
  }

  @Test func `a group that fires again opens its incident again, or a new one after long or after a person`() async throws {
    try await StoreBench.run { bench in
      func fire(_ start: String) async throws -> IncidentsStore.AlertOutcome {
        try await bench.take(Say.notification(Say.alert("shop", start: start)))
      }
      func end(_ start: String) async throws { _ = try await bench.take(Say.notification(Say.alert("shop", "resolved", start: start))) }
      let first = try await fire("2026-09-21T10:00:00Z").id
      try await end("2026-09-21T10:00:00Z")
      let again = try await fire("2026-09-21T10:20:00Z")
      #expect(again.kind == .reopened && again.id == first)
      #expect(try await bench.incident(first ?? "")["status"] == "open")
      try await end("2026-09-21T10:20:00Z")
      bench.setTime(1_790_000_000 + 1801)
      let later = try await fire("2026-09-21T11:00:00Z")
      #expect(later.kind == .opened && later.id != first)
      _ = try await bench.store.setStatus(later.id ?? "", at: nil, StatusChange(status: .resolved))
      #expect(try await fire("2026-09-21T11:00:00Z").kind == .unchanged, "the same alerts are no news")
      let third = try await fire("2026-09-21T11:30:00Z")
      #expect(third.kind == .opened && third.id != later.id)
      #expect(try await bench.ids(IncidentFilter(source: .alert)).count == 3)
    }
  }

  @Test func `worse alerts raise the severity and add services and the cid`() async throws {
    try await StoreBench.run { bench in
      let id = try #require(try await bench.take(Say.notification(Say.alert("shop", severity: "warning"))).id)
      _ = try await bench.take(
        Say.notification(Say.alert("shop", severity: "warning"), Say.alert("cart/eu", severity: "critical", cid: "cid-of-a-shop")))
      let incident = try await bench.incident(id)
      #expect(incident["sev"] == 1 && incident["services"] == ["shop", "cart/eu"] && incident["cid"] == "cid-of-a-shop")
      #expect(try await bench.ids(IncidentFilter(severity: 1, service: "CART/EU", cid: "cid-of-a-shop")) == [id])
      #expect(try await bench.ids(IncidentFilter(severity: 3)) == [])
      let updated = try await bench.events().last { $0.name == "incident.updated" }
      #expect(updated?.data["changed"]?["sev"] == ["old": 3, "new": 1])
    }
  }

  @Test func `nothing is declared for what is over`() async throws {
    try await StoreBench.run { bench in
      let outcome = try await bench.take(Say.notification(Say.alert("shop", "resolved")))
      #expect(outcome == IncidentsStore.AlertOutcome(kind: .ignored, news: 0, record: nil, id: nil))
      #expect(try await bench.eventNames() == [])
    }
  }

  @Test func `many alerts at once are told in a few entries, and all are known`() async throws {
    try await StoreBench.run { bench in
      func body(_ status: String) -> JSONValue {
        let alerts = (0..<1200).map { Say.alert("shop-\($0)", status, severity: "info") }
        return ["groupKey": "g", "alerts": .array(alerts)]
      }
      let fires = try AlertNotification(FieldReader(body("firing").object ?? JSONObject()))
      #expect(fires.alerts.count == 1000 && fires.truncated == 200)
      let outcome = try await bench.take(fires)
      let incident = try await bench.incident(outcome.id ?? "")
      #expect(outcome.news == 1000 && incident["sev"] == 4 && incident["services"]?.array?.count == 50)
      #expect(try await bench.told(outcome.id ?? "").count == 51)
      #expect(try await bench.told(outcome.id ?? "").last == "950 more alerts of the group have changed")
      #expect(try await bench.take(fires).kind == .unchanged)
    }
  }

  @Test func `sixteen at once make one incident`() async throws {
    try await StoreBench.run { bench in
      let notification = try Say.notification(Say.alert("shop"))
      let kinds = try await withThrowingTaskGroup(of: IncidentsStore.AlertOutcome.Kind.self) { group in
        for _ in 0..<16 { group.addTask { try await bench.store.take(notification).kind } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(kinds.filter { $0 == .opened }.count == 1 && kinds.filter { $0 == .unchanged }.count == 15)
      #expect(try await bench.ids(IncidentFilter()).count == 1)
    }
  }
}

@Suite struct AlertRulesTests {
  @Test(arguments: [
    ("critical", 1), ("Page", 1), ("emergency", 1), ("error", 2), ("high", 2), ("MAJOR", 2), ("warning", 3), ("medium", 3), ("info", 4),
    ("low", 4), ("none", 4), ("", 3), ("whatever", 3),
  ])
  func `severity is by the label`(label: String, severity: Int) {
    #expect(AlertNotification.severity(of: ["severity": label]) == severity)
  }

  @Test func `services are component and service, else the job`() throws {
    func services(_ labels: JSONValue) throws -> [String] {
      let body: JSONValue = ["groupKey": "g", "alerts": [["status": "firing", "labels": labels]]]
      return try AlertNotification(FieldReader(body.object ?? JSONObject())).incident(digest: { $0 }).services
    }
    #expect(try services(["component": "cart", "service": "shop", "job": "web"]) == ["cart", "shop"])
    #expect(try services(["component": "cart", "service": "Cart"]) == ["cart"])
    #expect(try services(["service": "", "job": " web\n1 "]) == ["web 1"])
    #expect(try services([:]) == [])
  }

  @Test func `titles say what is known`() throws {
    func title(_ members: [(String, JSONValue)]) throws -> String {
      let body = JSONObject(members + [("groupKey", "g"), ("receiver", "night")])
      return try AlertNotification(FieldReader(body)).incident(digest: { $0 }).title
    }
    let alert: JSONValue = ["status": "firing", "labels": ["alertname": "Errors"], "annotations": ["summary": "many\nof them"]]
    #expect(try title([("alerts", [alert])]) == "Errors: many of them")
    #expect(
      try title([("alerts", [alert, alert]), ("commonLabels", ["alertname": "Disk"]), ("groupLabels", ["zone": "eu"])]).hasPrefix("Disk"))
    #expect(try title([("alerts", [["status": "firing"]])]) == "Alerts for night")
    #expect(try title([("alerts", []), ("groupLabels", ["alertname": "A", "zone": "eu", "az": "1"])]) == "A (az 1, zone eu)")
  }

  @Test func `a missing fingerprint is computed as Prometheus does`() {
    #expect(AlertNotification.Alert.fingerprint(of: [:]) == "cbf29ce484222325")
    let one = AlertNotification.Alert.fingerprint(of: ["a": "1", "b": "2"])
    #expect(one.utf8.count == 16 && one != AlertNotification.Alert.fingerprint(of: ["a": "1", "b": "3"]))
    #expect(one != AlertNotification.Alert.fingerprint(of: ["a": "1b", "": "2"]))
  }

  @Test(arguments: [
    ("2026-09-21T10:00:00Z", 1_789_984_800_000), ("2026-09-21T12:00:00.5+02:00", 1_789_984_800_500),
    ("2026-09-21T04:30:00.123456789-05:30", 1_789_984_800_123), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
  ])
  func `times have any offset`(text: String, milliseconds: Int64) { #expect(RFC3339.milliseconds(text) == milliseconds) }

  @Test(arguments: ["", "now", "2026-09-21T10:00:00", "2026-09-21T10:00:00+2:00", "2026-09-21T10:00:00+02.00", "2026-09-21T10:00:00+25:00"])
  func `what is no time is none`(text: String) { #expect(RFC3339.milliseconds(text) == nil) }

  @Test func `everything that cannot be accepted is named`() {
    let body: JSONValue = [
      "groupKey": 7, "truncatedAlerts": -1, "groupLabels": ["a": 1],
      "alerts": [["status": "burning", "startsAt": "soon", "labels": []], 3],
    ]
    let failure = #expect(throws: Failure.self) { try AlertNotification(FieldReader(body.object ?? JSONObject())) }
    guard case .invalid(let problems) = failure else { return }
    #expect(
      problems.map(\.field).sorted() == [
        "alerts[0].labels", "alerts[0].startsAt", "alerts[0].status", "alerts[1]", "groupKey", "groupLabels", "truncatedAlerts",
      ])
  }
}
