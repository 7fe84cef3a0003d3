import JSONBytes
import Signing
import StatusModel

/// The public status in the shape of Statuspage's public API, version 2: every member is there, null where there is nothing to say.
struct StatuspageV2: Sendable {
  private let snapshot: PublicSnapshot
  private let page: PageFacts
  private let byID: [String: Component]

  init(_ snapshot: PublicSnapshot, _ page: PageFacts) {
    self.snapshot = snapshot
    self.page = page
    byID = Dictionary(snapshot.components.map { ($0.id, $0) }) { first, _ in first }
  }

  func document(_ document: PublicDocument) -> JSONObject {
    let now = snapshot.now
    func planned(_ states: Set<Maintenance.Status>) -> JSONValue {
      .array(snapshot.maintenances.filter { states.contains($0.status(at: now)) }.map(maintenance))
    }
    let unresolved = snapshot.currentIncidents.filter { $0.status != .resolved }.sorted { $0.startedAt > $1.startedAt }
    let parts: [(String, JSONValue)] =
      switch document {
      case .summary:
        [
          ("components", .array(components)), ("incidents", .array(unresolved.map(incident))),
          ("scheduled_maintenances", planned([.scheduled, .inProgress])), ("status", status),
        ]
      case .v2Components: [("components", .array(components))]
      case .v2Incidents: [("incidents", .array(snapshot.history.map(incident)))]
      case .v2Unresolved: [("incidents", .array(unresolved.map(incident)))]
      case .v2Maintenances: [("scheduled_maintenances", planned([.scheduled, .inProgress, .completed]))]
      case .v2Upcoming: [("scheduled_maintenances", planned([.scheduled]))]
      case .v2Active: [("scheduled_maintenances", planned([.inProgress]))]
      default: [("status", status)]
      }
    return JSONObject([("page", pageFacts)] + parts)
  }

  // MARK: The page

  private var pageFacts: JSONValue {
    let times =
      snapshot.records.incidents.map(\.updatedAt) + snapshot.components.flatMap { [$0.updatedAt, $0.since] }
      + snapshot.records.maintenances.map(\.updatedAt)
    return [
      "id": .string(page.id), "name": .string(page.name), "url": .string(page.url), "time_zone": .string(page.zone.name),
      "updated_at": time(times.max() ?? 0),
    ]
  }

  /// The worst of components and incidents; maintenance only where nothing is worse.
  private var status: JSONValue {
    let components = snapshot.components.map { snapshot.state(of: $0).status }
    let worst = (components + snapshot.records.incidents.map(\.effect)).max() ?? .operational
    let (indicator, description) =
      switch worst {
      case .operational: ("none", "All Systems Operational")
      case .underMaintenance: ("maintenance", "Service Under Maintenance")
      case .degradedPerformance: ("minor", "Partially Degraded Service")
      case .partialOutage: ("major", "Partial System Outage")
      case .majorOutage: ("critical", "Major System Outage")
      }
    return ["indicator": .string(indicator), "description": .string(description)]
  }

  // MARK: Components

  /// Groups stand before their first component, as one entry each.
  private var components: [JSONValue] {
    var entries: [JSONValue] = []
    var seen: Set<String> = []
    for component in snapshot.components {
      if let group = component.group, seen.insert(Self.groupID(group)).inserted { entries.append(self.group(group, before: component)) }
      entries.append(self.component(component))
    }
    return entries
  }

  private static func groupID(_ name: String) -> String { String(SHA256.hex("group \(name.lowercased())").prefix(12)) }

  private func component(_ component: Component) -> JSONValue {
    let members: [(String, JSONValue)] = [
      ("id", .string(component.key)), ("name", .string(component.name)),
      ("status", .string(snapshot.state(of: component).status.rawValue)), ("created_at", time(component.createdAt)),
      ("updated_at", time(max(component.updatedAt, component.since))), ("position", .integer(component.position)),
      ("description", component.description.isEmpty ? .null : .string(component.description)), ("showcase", true),
      ("start_date", .string(String(ISO8601.text(milliseconds: Int64(component.createdAt) * 1000).prefix(10)))),
      ("group_id", component.group.map { .string(Self.groupID($0)) } ?? .null), ("page_id", .string(page.id)), ("group", false),
      ("only_show_if_degraded", .bool(component.show == .ifDegraded)),
    ]
    return .object(JSONObject(members))
  }

  private func group(_ name: String, before first: Component) -> JSONValue {
    let id = Self.groupID(name)
    let children = snapshot.components.filter { $0.group.map(Self.groupID) == id }
    let worst = children.map { snapshot.state(of: $0).status }.max() ?? .operational
    let members: [(String, JSONValue)] = [
      ("id", .string(id)), ("name", .string(name)), ("status", .string(worst.rawValue)),
      ("created_at", time(children.map(\.createdAt).min() ?? 0)),
      ("updated_at", time(children.map { max($0.updatedAt, $0.since) }.max() ?? 0)),
      ("position", .integer(first.position)), ("description", .null), ("showcase", false), ("start_date", .null), ("group_id", .null),
      ("page_id", .string(page.id)), ("group", true), ("only_show_if_degraded", false),
      ("components", .array(children.map { .string($0.key) })),
    ]
    return .object(JSONObject(members))
  }

  // MARK: Incidents

  private func incident(_ incident: PublicIncident) -> JSONValue {
    let affected = incident.components(snapshot.componentKeys).compactMap { byID[$0.lowercased()] }
    let monitoring = incident.announcements.first { $0.state == .monitoring }?.at
    return .object(
      JSONObject([
        ("id", .string(incident.id)), ("name", .string(incident.title)), ("status", .string(Self.status(of: incident))),
        ("created_at", time(incident.publishedAt)), ("updated_at", time(incident.updatedAt)),
        ("monitoring_at", monitoring.map(time) ?? .null), ("resolved_at", incident.resolvedAt.map(time) ?? .null),
        ("impact", .string(Self.impact(of: incident))), ("shortlink", .string(page.link(incident.id))),
        ("started_at", time(incident.startedAt)), ("page_id", .string(page.id)), ("incident_updates", .array(updates(of: incident))),
        ("components", .array(affected.map(component))), ("reminder_intervals", .null),
      ]))
  }

  private static func impact(of incident: PublicIncident) -> String {
    switch incident.severity {
    case ...1: "critical"
    case 2: "major"
    case 3: "minor"
    default: "none"
    }
  }

  /// Resolved when the incident is; until then what was said last, where "resolved" is only watched.
  static func status(of incident: PublicIncident) -> String {
    if incident.status == .resolved { return "resolved" }
    let last = incident.announcements.last?.state ?? .investigating
    return last == .resolved ? "monitoring" : last.rawValue
  }

  /// The newest first.
  private func updates(of incident: PublicIncident) -> [JSONValue] {
    var before: [String: ComponentStatus] = [:]
    var updates: [JSONValue] = []
    for announcement in incident.announcements {
      let affected = announcement.components.map { key -> JSONValue in
        let old = before.updateValue(announcement.effect, forKey: key) ?? .operational
        return [
          "code": .string(key), "name": .string(byID[key.lowercased()]?.name ?? key), "old_status": .string(old.rawValue),
          "new_status": .string(announcement.effect.rawValue),
        ]
      }
      let state = announcement.isPostmortem ? "postmortem" : announcement.state.rawValue
      updates.append(
        update(
          announcement.id, of: incident.id, state: state, announcement.message, at: announcement.at,
          updated: announcement.editedAt.integer, affected: affected))
    }
    return updates.reversed()
  }

  private func update(
    _ id: String, of incident: String, state: String, _ body: String, at: Int, updated: Int?, affected: [JSONValue]
  ) -> JSONValue {
    .object(
      JSONObject([
        ("id", .string(id)), ("status", .string(state)), ("body", .string(body)), ("incident_id", .string(incident)),
        ("created_at", time(at)), ("updated_at", time(updated ?? at)), ("display_at", time(at)),
        ("affected_components", affected.isEmpty ? .null : .array(affected)), ("deliver_notifications", true), ("custom_tweet", .null),
        ("tweet_id", .null),
      ]))
  }

  // MARK: Maintenance

  private func maintenance(_ maintenance: Maintenance) -> JSONValue {
    let state = maintenance.status(at: snapshot.now)
    let affected = maintenance.components.compactMap { byID[$0.lowercased()] }
    return .object(
      JSONObject([
        ("id", .string(maintenance.id)), ("name", .string(maintenance.title)), ("status", .string(state.rawValue)),
        ("created_at", time(maintenance.createdAt)), ("updated_at", time(maintenance.updatedAt)), ("monitoring_at", .null),
        ("resolved_at", state == .completed ? time(maintenance.endsAt) : .null), ("impact", "maintenance"),
        ("shortlink", .string("\(page.url)/#\(maintenance.id)")), ("started_at", time(maintenance.startsAt)),
        ("page_id", .string(page.id)), ("incident_updates", .array(updates(of: maintenance, state, affected))),
        ("components", .array(affected.map(component))), ("reminder_intervals", .null), ("scheduled_for", time(maintenance.startsAt)),
        ("scheduled_until", time(maintenance.endsAt)),
      ]))
  }

  /// What was said when it was planned, and what the clock has done since; the newest first.
  private func updates(of maintenance: Maintenance, _ state: Maintenance.Status, _ affected: [Component]) -> [JSONValue] {
    var said: [(Maintenance.Status, String, Int)] = [(.scheduled, maintenance.message, maintenance.createdAt)]
    if state != .scheduled { said.append((.inProgress, "The maintenance has begun.", maintenance.startsAt)) }
    if state == .completed { said.append((.completed, "The maintenance is over.", maintenance.endsAt)) }
    var before = ComponentStatus.operational
    let updates = said.map { state, text, at -> JSONValue in
      let now: ComponentStatus = state == .inProgress ? .underMaintenance : .operational
      let touched = affected.map { component -> JSONValue in
        [
          "code": .string(component.key), "name": .string(component.name), "old_status": .string(before.rawValue),
          "new_status": .string(now.rawValue),
        ]
      }
      before = now
      return update(
        "\(maintenance.id)-\(state.rawValue)", of: maintenance.id, state: state.rawValue, text, at: at, updated: nil, affected: touched)
    }
    return updates.reversed()
  }

  private func time(_ seconds: Int) -> JSONValue { .string(ISO8601.text(milliseconds: Int64(seconds) * 1000)) }
}
