import HTTPServer
import HTTPTypes
import ServiceRuntime

extension Comms {
  /// One address each, all from memory.
  var statuspageRoutes: [ServiceRoute] {
    let documents: [(String, PublicDocument)] = [
      ("/api/v2/summary.json", .summary), ("/api/v2/status.json", .v2Status), ("/api/v2/components.json", .v2Components),
      ("/api/v2/incidents.json", .v2Incidents), ("/api/v2/incidents/unresolved.json", .v2Unresolved),
      ("/api/v2/scheduled-maintenances.json", .v2Maintenances), ("/api/v2/scheduled-maintenances/upcoming.json", .v2Upcoming),
      ("/api/v2/scheduled-maintenances/active.json", .v2Active), ("/history.atom", .atom), ("/history.rss", .rss),
    ]
    return documents.map { path, document in
      ServiceRoute(.get, path, .everyone) { request in try publicStatus.answer(document, to: request) }
    }
  }
}
