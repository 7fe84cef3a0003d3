import JSONBytes
import Messaging

/// What the incidents service does about messages of others. One group: each message is done once in the cluster.
struct IncidentsReactions: Sendable {
  static let group = "incidents.announcements"
  let store: IncidentsStore

  static func handles(_ event: String) -> Bool { event == "announcement.published" || event == "announcement.withdrawn" }

  func handle(_ message: BusMessage) async throws {
    guard let news = AnnouncementNews(message) else { throw ConsumerError.hard("data has no announcement of an incident") }
    try await store.noteAnnouncement(news)
  }
}

/// What comms said, or took back, of an incident in public.
struct AnnouncementNews: Sendable, Equatable {
  let incident: String
  /// ISO 8601; compares as text.
  let told: String
  let isPublic: Bool
  /// Counts the incident's announcements; nil for a withdrawal.
  let number: Int?
  /// For the timeline.
  let message: String
  /// JSON text.
  let details: String

  init?(_ message: BusMessage) {
    guard let id = message.data["incident"]?["id"]?.string.flatMap(IncidentID.canonical) else { return nil }
    incident = id
    told = message.createdAt
    isPublic = message.name == "announcement.published"
    guard isPublic else {
      number = nil
      self.message = "Withdrawn from the public"
      details = #"{"public":false}"#
      return
    }
    guard let announcement = message.data["announcement"], let name = announcement["id"]?.string,
      let number = name.split(separator: "-").last.flatMap({ Int($0) }), let text = announcement["message"]?.string,
      let state = announcement["state"]?.string
    else { return nil }
    self.number = number
    self.message = text
    details = #"{"public":true,"announcement":\#(JSONText.quoted(name)),"state":\#(JSONText.quoted(state))}"#
  }
}
