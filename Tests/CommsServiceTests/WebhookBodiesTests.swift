import JSONBytes
import Testing

@testable import CommsService

struct WebhookBodiesTests {
  private static let announcement: JSONValue = [
    "id": "INC-4K7Q2M-1", "incident_id": "INC-4K7Q2M", "title": "Checkout <slow> & \"odd\"", "sev": 2,
    "message": "We look.\n<!channel> @everyone",
    "state": "investigating", "ts": 1_800_000_000, "services": ["checkout"],
  ]

  private func event(_ name: String, _ members: [(String, JSONValue)]) -> WebhookEvent {
    let data = JSONObject([("cid", "cid-of-it"), ("actor", ["kind": "user", "id": "u1", "name": "Ada"])] + members)
    return WebhookEvent(
      name: name, uuid: "6f4703db-79b4-495e-b1d1-bdc0fcfe3d77", time: "2027-01-15T08:00:00.000Z", cid: "cid-of-it", data: data,
      .init(url: "https://status.example.org"))
  }

  private func body(_ event: WebhookEvent, _ format: WebhookFormat) throws -> JSONValue { try JSONValue(parsing: event.body(format)) }

  private func announced() -> WebhookEvent {
    event(
      "announcement.published",
      [("announcement", Self.announcement), ("incident", ["id": "INC-4K7Q2M", "title": "db7 is on fire", "sev": 2, "status": "open"])])
  }

  @Test func `standard has type, timestamp and data, and nothing of the inside`() throws {
    let body = try body(announced(), .standard)
    #expect(body.object?.members.map(\.name) == ["type", "timestamp", "data"])
    #expect(body["type"] == "announcement.published" && body["timestamp"] == "2027-01-15T08:00:00.000Z")
    #expect(body["data"]?["announcement"] == Self.announcement)
    #expect(body["data"]?["incident"] == ["id": "INC-4K7Q2M", "sev": 2, "status": "open"])
    #expect(body["data"]?["actor"] == nil && body["data"]?["cid"] == nil && !body.text.contains("Ada") && !body.text.contains("db7"))
  }

  @Test func `an internal event keeps who did it`() throws {
    let body = try body(event("incident.created", [("incident", ["id": "INC-1", "title": "db7 is on fire"])]), .standard)
    #expect(body["data"]?["actor"]?["name"] == "Ada" && body["data"]?["incident"]?["title"] == "db7 is on fire")
  }

  @Test func `statuspage tells of incidents`() throws {
    let body = try body(announced(), .statuspage)
    #expect(body["page"]?["status_indicator"] == "major" && body["meta"]?["generated_at"]?.string != nil)
    let incident = try #require(body["incident"])
    #expect(incident["id"] == "INC-4K7Q2M" && incident["status"] == "investigating" && incident["impact"] == "major")
    #expect(incident["name"] == Self.announcement["title"] && incident["resolved_at"] == .null)
    #expect(incident["shortlink"] == "https://status.example.org/incidents/INC-4K7Q2M")
    #expect(incident["incident_updates"]?[0]?["body"] == Self.announcement["message"])
    #expect(incident["incident_updates"]?[0]?["created_at"] == "2027-01-15T08:00:00.000Z")
  }

  @Test func `statuspage tells of components and maintenance`() throws {
    let changed = event(
      "component.status.changed",
      [("component", ["key": "api", "name": "API"]), ("from", "operational"), ("to", "major_outage"), ("cause", "by Cloudflare")])
    let component = try body(changed, .statuspage)
    #expect(component["component"]?["status"] == "major_outage" && component["component"]?["name"] == "API")
    #expect(component["component_update"]?["old_status"] == "operational" && component["component_update"]?["component_id"] == "api")
    #expect(component["page"]?["status_indicator"] == "critical")
    let planned: JSONValue = [
      "id": "m1", "title": "New disks", "message": "Short breaks", "components": ["api"], "starts_at": 1_800_000_000,
      "ends_at": 1_800_003_600,
    ]
    for (name, status) in [("scheduled", "scheduled"), ("started", "in_progress"), ("ended", "completed"), ("cancelled", "completed")] {
      let body = try body(event("maintenance.\(name)", [("maintenance", planned)]), .statuspage)
      #expect(body["incident"]?["status"] == .string(status) && body["incident"]?["impact"] == "maintenance")
      #expect(body["incident"]?["scheduled_until"] == "2027-01-15T09:00:00.000Z")
    }
  }

  @Test func `chat formats ring nobody`() throws {
    let slack = try #require(try body(announced(), .slack)["text"]?.string)
    #expect(slack.hasPrefix("*[Investigating] Checkout &lt;slow&gt; &amp; \"odd\" (severity 2)*\nWe look.\n&lt;!channel&gt; @everyone\n"))
    #expect(slack.hasSuffix("<https://status.example.org/incidents/INC-4K7Q2M>"))
    let discord = try body(announced(), .discord)
    #expect(discord["allowed_mentions"] == ["parse": []] && discord["content"] == nil)
    #expect(discord["embeds"]?[0]?["title"] == "[Investigating] Checkout <slow> & \"odd\" (severity 2)")
    #expect(discord["embeds"]?[0]?["description"] == Self.announcement["message"])
  }

  @Test func `every event has words in every format`() throws {
    let events = [
      announced(), event("webhook.tested", [("webhook", ["id": "w1"])]),
      event(
        "component.status.changed", [("component", ["key": "api", "name": "API"]), ("from", "operational"), ("to", "partial_outage")]),
      event("maintenance.started", [("maintenance", ["title": "New disks"])]), event("incident.updated", [("incident", ["title": "Slow"])]),
      event("flag.changed", [("flag", "checkout-v2")]), event("csp.event.opened", [("event", ["title": "S3 is away"])]),
      event("csp.event.opened", []),
    ]
    for event in events {
      #expect(try body(event, .slack)["text"]?.string?.utf8.count ?? 0 > 40)
      #expect(try body(event, .discord)["embeds"]?[0]?["title"]?.string?.isEmpty == false)
      #expect(try body(event, .standard)["type"] == .string(event.name))
    }
    #expect(try body(events[2], .slack)["text"]?.string?.hasPrefix("*API: Partial outage*\nIt was: Operational.\n") == true)
  }
}
