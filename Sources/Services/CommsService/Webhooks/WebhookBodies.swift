import JSONBytes
import Messaging
import StatusModel

/// A message of the bus as it goes out, in each format. What only concerns the inside (who did it) stays here unless the event is internal.
struct WebhookEvent: Sendable {
  let name: String
  let uuid: String
  /// ISO 8601, UTC.
  let time: String
  let cid: String
  private let data: JSONObject
  private let site: Site

  /// What readers of the page know of us.
  struct Site: Sendable {
    /// Without a final slash.
    let url: String
  }

  init(_ message: BusMessage, site: Site) {
    self.init(name: message.name, uuid: message.uuid, time: message.createdAt, cid: message.cid, data: message.data, site)
  }

  init(name: String, uuid: String, time: String, cid: String, data: JSONObject, _ site: Site) {
    self.name = name
    self.uuid = uuid
    self.time = time
    self.cid = cid
    self.site = site
    var kept = JSONObject()
    for member in data.members where Self.goesOut(member.name, of: name) { kept[member.name] = member.value }
    // The public title stands in the announcement; the incident's own may say more.
    if WebhookRules.isPublic(name), let incident = kept["incident"]?.object {
      kept["incident"] = .object(JSONObject(incident.members.filter { $0.name != "title" }.map { ($0.name, $0.value) }))
    }
    self.data = kept
  }

  private static func goesOut(_ member: String, of event: String) -> Bool {
    if event == "webhook.tested" { return member == "webhook" }
    guard WebhookRules.isPublic(event) else { return member != "cid" }
    return ["announcement", "incident", "component", "from", "to", "cause", "maintenance"].contains(member)
  }

  func body(_ format: WebhookFormat) -> [UInt8] {
    switch format {
    case .standard: standard.bytes
    case .statuspage: (statuspage ?? standard).bytes
    case .slack: slack.bytes
    case .discord: discord.bytes
    }
  }

  private var standard: JSONValue { ["type": .string(name), "timestamp": .string(time), "data": .object(data)] }
}

// MARK: - Statuspage

extension WebhookEvent {
  private var statuspage: JSONValue? {
    let subject: (name: String, value: JSONValue)
    var update: (String, JSONValue)?
    if let announcement = data["announcement"] {
      subject = ("incident", incident(announcement))
    } else if let maintenance = data["maintenance"] {
      subject = ("incident", incident(maintenance: maintenance))
    } else if let component = data["component"] {
      let id = component["key"] ?? .null
      let now = data["to"] ?? .null
      update = (
        "component_update",
        [
          "id": .string(uuid), "component_id": id, "created_at": .string(time), "old_status": data["from"] ?? .null, "new_status": now,
        ]
      )
      subject = ("component", ["id": id, "name": component["name"] ?? .null, "status": now, "created_at": .string(time)])
    } else {
      return nil
    }
    let meta: JSONValue = ["unsubscribe": .null, "documentation": .string("\(site.url)/api/v2"), "generated_at": .string(time)]
    let (indicator, description) = severity
    let page: JSONValue = [
      "id": .string(site.url), "status_indicator": .string(indicator), "status_description": .string(description),
    ]
    return .object(JSONObject([("meta", meta), ("page", page)] + [update].compactMap(\.self) + [(subject.name, subject.value)]))
  }

  /// The page's indicator as this event alone makes it.
  private var severity: (indicator: String, description: String) {
    if data["maintenance"] != nil { return ("maintenance", "Service Under Maintenance") }
    if data["announcement"]?["state"] == "resolved" || data["to"] == "operational" { return ("none", "All Systems Operational") }
    return switch (data["announcement"]?["sev"]?.integer, data["to"]?.string) {
    case (1, _), (_, "major_outage"): ("critical", "Major System Outage")
    case (2, _), (_, "partial_outage"): ("major", "Partial System Outage")
    case (3, _), (_, "degraded_performance"): ("minor", "Minor Service Outage")
    case (_, "under_maintenance"): ("maintenance", "Service Under Maintenance")
    default: ("none", "All Systems Operational")
    }
  }

  private func incident(_ announcement: JSONValue) -> JSONValue {
    let id = announcement["incident_id"] ?? .null
    let state = announcement["state"] ?? .null
    let at = Self.time(announcement["ts"]) ?? .string(time)
    let resolvedAt: JSONValue = state == "resolved" ? at : .null
    return incident(
      id: id, name: announcement["title"], impact: Self.impact(announcement["sev"]), status: state, at: at, resolvedAt: resolvedAt,
      link: link, text: announcement["message"], updateID: announcement["id"])
  }

  private func incident(maintenance: JSONValue) -> JSONValue {
    let status =
      switch name {
      case "maintenance.started": "in_progress"
      case "maintenance.ended", "maintenance.cancelled": "completed"
      default: "scheduled"
      }
    var members =
      incident(
        id: maintenance["id"] ?? .null, name: maintenance["title"], impact: "maintenance", status: .string(status), at: .string(time),
        resolvedAt: status == "completed" ? .string(time) : .null, link: link, text: maintenance["message"], updateID: .string(uuid)
      ).object ?? JSONObject()
    members["scheduled_for"] = Self.time(maintenance["starts_at"]) ?? .null
    members["scheduled_until"] = Self.time(maintenance["ends_at"]) ?? .null
    return .object(members)
  }

  private func incident(
    id: JSONValue, name: JSONValue?, impact: String, status: JSONValue, at: JSONValue, resolvedAt: JSONValue, link: String,
    text: JSONValue?, updateID: JSONValue?
  ) -> JSONValue {
    let update: JSONValue = [
      "id": updateID ?? .string(uuid), "incident_id": id, "status": status, "body": text ?? .null, "created_at": at, "display_at": at,
      "updated_at": at, "twitter_updated_at": .null,
    ]
    return [
      "id": id, "name": name ?? .null, "status": status, "impact": .string(impact), "impact_override": .null, "created_at": at,
      "updated_at": at, "monitoring_at": status == "monitoring" ? at : .null, "resolved_at": resolvedAt, "shortlink": .string(link),
      "backfilled": false, "incident_updates": [update], "postmortem_body": .null, "postmortem_body_last_updated_at": .null,
      "postmortem_ignored": false, "postmortem_notified_subscribers": false, "postmortem_notified_twitter": false,
      "postmortem_published_at": .null, "scheduled_for": .null, "scheduled_until": .null, "scheduled_remind_prior": false,
      "scheduled_reminded_at": .null, "scheduled_auto_in_progress": false, "scheduled_auto_completed": false,
    ]
  }

  private static func impact(_ sev: JSONValue?) -> String {
    switch sev?.integer {
    case 1: "critical"
    case 2: "major"
    case 3: "minor"
    default: "none"
    }
  }

  /// Epoch seconds as ISO 8601.
  private static func time(_ seconds: JSONValue?) -> JSONValue? {
    seconds?.integer.map { .string(ISO8601.text(milliseconds: Int64($0) * 1_000)) }
  }
}

// MARK: - Chat

extension WebhookEvent {
  /// Where a reader finds more.
  private var link: String {
    if let id = data["announcement"]?["incident_id"]?.string { return "\(site.url)/incidents/\(id)" }
    if let key = data["component"]?["key"]?.string { return "\(site.url)/components/\(key)" }
    return site.url + "/"
  }

  private var headline: String {
    if let announcement = data["announcement"] {
      let state = Self.words(announcement["state"]?.string ?? name)
      let severity = announcement["sev"]?.integer.map { " (severity \($0))" } ?? ""
      return "[\(state)] \(announcement["title"]?.string ?? "")\(severity)"
    }
    if let maintenance = data["maintenance"] {
      return "[Maintenance \(name.split(separator: ".").last ?? "")] \(maintenance["title"]?.string ?? "")"
    }
    if let component = data["component"] {
      return "\(component["name"]?.string ?? ""): \(Self.words(data["to"]?.string ?? ""))"
    }
    if name == "webhook.tested" { return "A test: calls from this status page arrive." }
    let subject = data["incident"]?["title"] ?? data["event"]?["title"] ?? data["flag"]?["id"] ?? data["flag"]
    return [name, subject?.string].compactMap(\.self).joined(separator: ": ")
  }

  private var text: String {
    if let message = (data["announcement"] ?? data["maintenance"])?["message"]?.string { return message }
    if data["component"] != nil, let before = data["from"]?.string { return "It was: \(Self.words(before))." }
    return ""
  }

  /// `partial_outage` as "Partial outage".
  private static func words(_ name: String) -> String {
    let words = name.replacing("_", with: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// Slack reads `&`, `<` and `>` as markup: `<!channel>` would ring everybody.
  private static func slackText(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  private var slack: JSONValue {
    let lines = ["*\(Self.slackText(headline.replacing("\n", with: " ")))*", Self.slackText(text), "<\(link)>"]
    return ["text": .string(lines.filter { !$0.isEmpty }.joined(separator: "\n")), "unfurl_links": false]
  }

  private static let discordColors = [
    "critical": 0xC9_2A2A, "major": 0xE8_590C, "minor": 0xF5_9F00, "maintenance": 0x1C_7ED6, "none": 0x2B_8A3E,
  ]

  private var discord: JSONValue {
    let embed: JSONValue = [
      "title": .string(String(headline.prefix(256))), "description": .string(String(text.prefix(4_000))), "url": .string(link),
      "timestamp": .string(time), "color": .integer(Self.discordColors[severity.indicator] ?? 0),
    ]
    // Nobody is rung, whatever the text says.
    return ["embeds": [embed], "allowed_mentions": ["parse": []]]
  }
}
