import JSONBytes
import ServiceClients
import ServiceRuntime

/// The made-up shop of `Demo/shop.json` as comms would tell of it: what the gallery shows.
struct DemoShop: Sendable {
  static let name = "Fernweh Outfitters"

  private let json: JSONValue
  /// Epoch seconds.
  let now: Int

  init(now: Int) {
    json = (try? JSONValue(parsing: Embedded.shopJson)) ?? .null
    self.now = now
  }

  private func list(_ name: String) -> [JSONValue] { json[name]?.array ?? [] }

  /// `isCalm` leaves out what goes on now.
  func data(isCalm: Bool = false) -> PublicData {
    let incidents = list("incidents").filter { !isCalm || $0["status"]?.string == "resolved" }
    var data = PublicData()
    data.incidents = incidents.enumerated().compactMap { PublicIncident(incident($0.element, number: $0.offset)) }
    data.components = list("components").compactMap { component in
      PublicComponent(.object(JSONObject(members(component) + [("status", .string(status(component, incidents)))])))
    }
    for component in data.components { data.uptimes[component.key] = uptime(of: component.key, incidents) }
    data.maintenances = list("maintenances").compactMap { PublicMaintenance(maintenance($0)) }
    data.banner = isCalm ? nil : json["banner"].flatMap(PublicBanner.init)
    let summary: JSONValue = ["page": ["name": .string(Self.name)]]
    data.documents[Links.statuspage("summary")] = Neighbours.Document(contentType: "application/json", bytes: summary.bytes)
    return data
  }

  /// The components as those who change them see them.
  func working() -> [CommsClient.Component] {
    list("components").compactMap { component in
      CommsClient.Component(.object(JSONObject(members(component) + [("status", .string(status(component, list("incidents"))))])))
    }
  }

  /// What was written of an incident, as people who work see it.
  func postmortem(of id: String) -> JSONValue? {
    let told = list("incidents").enumerated().first { "INC-DEMO0\($0.offset + 1)" == id }?.element["postmortem"]
    guard var postmortem = told?.object else { return nil }
    postmortem["state"] = "published"
    postmortem["action_items"] = .array((told?["action_items"]?.array ?? []).map { $0.string.map { ["title": .string($0)] } ?? $0 })
    return .object(postmortem)
  }

  private func members(_ value: JSONValue) -> [(String, JSONValue)] { value.object?.members.map { ($0.name, $0.value) } ?? [] }

  private func incident(_ told: JSONValue, number: Int) -> JSONValue {
    let start = now - (told["started"]?.integer ?? 0) * 60
    let updates = (told["updates"]?.array ?? []).reversed().map { update -> JSONValue in
      .object(JSONObject(members(update) + [("ts", .integer(now - (update["ago"]?.integer ?? 0) * 60))]))
    }
    let end = told["minutes"]?.integer.map { JSONValue.integer(start + $0 * 60) } ?? .null
    return .object(
      JSONObject([
        ("id", .string("INC-DEMO0\(number + 1)")), ("title", told["title"] ?? ""), ("sev", told["sev"] ?? 4),
        ("status", told["status"] ?? ""),
        ("started_at", .integer(start)), ("resolved_at", end), ("components", told["services"] ?? []), ("updates", .array(updates)),
        ("postmortem", told["postmortem"] ?? .null),
      ]))
  }

  private func maintenance(_ told: JSONValue) -> JSONValue {
    let start = now + (told["in_minutes"]?.integer ?? 0) * 60
    let end = start + (told["minutes"]?.integer ?? 0) * 60
    return .object(JSONObject(members(told) + [("id", "MNT-1"), ("starts_at", .integer(start)), ("ends_at", .integer(end))]))
  }

  /// Of what goes on now.
  private func status(_ component: JSONValue, _ incidents: [JSONValue]) -> String {
    let effects = incidents.filter { $0["status"]?.string == "open" }.flatMap { $0["effects"]?.array ?? [] }
    return effects.first { $0["component"] == component["key"] }?["state"]?.string ?? "operational"
  }

  private func uptime(of key: String, _ incidents: [JSONValue]) -> ComponentUptime {
    let today = now / 86_400
    var lost: [Int: [String: Int]] = [:]
    for incident in incidents {
      let day = (now - (incident["started"]?.integer ?? 0) * 60) / 86_400
      for effect in incident["effects"]?.array ?? [] where effect["component"]?.string == key { lost[day, default: [:]].add(effect) }
    }
    for blip in list("blips") where blip["component"]?.string == key {
      lost[today - (blip["days_ago"]?.integer ?? 0), default: [:]].add(blip)
    }
    let days = (0..<PublicData.barDays).map { offset -> ComponentUptime.Day in
      let day = today - PublicData.barDays + 1 + offset
      let seconds = lost[day] ?? [:]
      let down = Double(seconds["major_outage"] ?? 0) + 0.3 * Double(seconds["partial_outage"] ?? 0)
      return ComponentUptime.Day(
        date: String(Moment(day * 86_400, .en).iso.prefix(10)), partial: seconds["partial_outage"] ?? 0,
        major: seconds["major_outage"] ?? 0, degraded: seconds["degraded_performance"] ?? 0,
        maintenance: seconds["under_maintenance"] ?? 0, percent: 100 - down / 864)
    }
    return ComponentUptime(days: days, percent: days.compactMap(\.percent).reduce(0, +) / Double(days.count))
  }
}

extension [String: Int] {
  /// The minutes of an effect, as seconds in its state.
  fileprivate mutating func add(_ effect: JSONValue) {
    self[effect["state"]?.string ?? "", default: 0] += (effect["minutes"]?.integer ?? 0) * 60
  }
}
