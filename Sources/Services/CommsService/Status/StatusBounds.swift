/// How much of everything that is public; the swagger says the same. Texts in characters (Unicode scalars).
enum StatusBounds {
  static let incidentID = 1...64
  static let title = 1...200
  static let message = 1...10_000
  static let optionalMessage = 0...10_000
  /// Of one incident.
  static let announcements = 500
  /// Of one incident, in an answer: the newest.
  static let shownAnnouncements = 100
  /// In the public status: of the incidents that are not resolved, and again of those that are.
  static let shownIncidents = 200
  /// In Statuspage's `incidents.json` and in the feeds.
  static let history = 50
  /// How long a resolved incident stays in the public status, in seconds.
  static let resolvedShown = 14 * 86_400
  /// Epoch seconds.
  static let time = 0...9_000_000_000
}

extension StatusBounds {
  static let components = 200
  static let componentName = 1...100
  static let description = 0...1000
  static let group = 0...100
  static let position = 0...10_000
  static let dependencies = 0...50
  static let dependency = 1...200
  static let reason = 1...500
  /// Of a provider's event, the ones that are kept.
  static let providerComponents = 100
  /// That are not over.
  static let maintenances = 200
  static let maintenanceComponents = 0...200
  static let banner = 1...1000
  /// Of uptime, in an answer.
  static let days = 1...400
}
