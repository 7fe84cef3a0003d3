import HTTPServer
import JSONBytes

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

  func bytes(_ snapshot: PublicSnapshot, _ page: PageFacts) -> [UInt8] {
    switch self {
    case .status: JSONValue.array(snapshot.currentIncidents.map { $0.statusEntry(snapshot.componentKeys) }).bytes
    case .incidents: JSONValue.array(snapshot.history.map { $0.detail(snapshot.componentKeys) }).bytes
    case .components, .componentsInside:
      JSONValue.array(snapshot.components.map { snapshot.json(of: $0, inside: self == .componentsInside) }).bytes
    case .maintenances: JSONValue.array(snapshot.maintenances.map { $0.json(at: snapshot.now) }).bytes
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
  let days: PageDays

  func link(_ incident: String) -> String { "\(url)/incidents/\(incident)" }
}
