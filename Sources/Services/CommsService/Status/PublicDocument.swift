import JSONBytes
import ServiceRuntime
import Signing
import StatusModel

/// What is answered from memory.
enum PublicDocument: Int, CaseIterable, Sendable {
  case status, incidents, components, componentsInside, maintenances, calendar, atom, rss
  case summary, v2Status, v2Components, v2Incidents, v2Unresolved, v2Maintenances, v2Upcoming, v2Active

  var contentType: String {
    switch self {
    case .calendar: "text/calendar; charset=utf-8"
    case .atom: "application/atom+xml; charset=utf-8"
    case .rss: "application/rss+xml; charset=utf-8"
    default: "application/json"
    }
  }

  /// For everybody, and so for every cache.
  var isPublic: Bool { self != .componentsInside }

  /// What a list consists of; nil when it is none.
  func items(_ snapshot: PublicSnapshot) -> [JSONValue]? {
    switch self {
    case .status: snapshot.currentIncidents.map { $0.statusEntry(snapshot.componentKeys) }
    case .incidents: snapshot.history.map { $0.detail(snapshot.componentKeys) }
    case .components, .componentsInside: snapshot.components.map { snapshot.json(of: $0, inside: self == .componentsInside) }
    case .maintenances: snapshot.maintenances.map { $0.json(at: snapshot.now) }
    default: nil
    }
  }

  func bytes(_ snapshot: PublicSnapshot, _ page: PageFacts) -> [UInt8] {
    switch self {
    case .status, .incidents, .components, .componentsInside, .maintenances: JSONValue.array(items(snapshot) ?? []).bytes
    case .calendar: Array(MaintenanceCalendar(snapshot, page).text.utf8)
    case .atom: Array(HistoryFeed(snapshot, page).atom.utf8)
    case .rss: Array(HistoryFeed(snapshot, page).rss.utf8)
    default: JSONValue.object(StatuspageV2(snapshot, page).document(self)).bytes
    }
  }
}

/// What the page is, whatever its state.
struct PageFacts: Sendable {
  /// Made of the namespace: the same in every replica.
  let id: String
  let name: String
  /// Without a final slash.
  let url: String
  let zone: PageZone

  /// The settings are checked: a zone that is none stands for UTC.
  init(_ configuration: Configuration) {
    id = String(SHA256.hex("page \(configuration.namespace)").prefix(12))
    name = configuration.text("PAGE_NAME")
    let url = configuration.text("PUBLIC_URL")
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    zone = PageZone(configuration.text("PAGE_TIME_ZONE"))
  }

  init(id: String, name: String, url: String, zone: PageZone) {
    self.id = id
    self.name = name
    self.url = url
    self.zone = zone
  }

  func link(_ incident: String) -> String { "\(url)/incidents/\(incident)" }
}
