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
