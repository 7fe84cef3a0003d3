import JSONBytes
import Messaging
import ServiceClients
import StatusModel

/// What the bus says of incidents, taken over into the public copies. One group: each message is done once in the cluster.
struct AnnouncementsFollower: Sendable {
  static let group = "comms.incidents"
  let incidents: IncidentsClient
  let announcements: AnnouncementsStore

  static func handles(_ event: String) -> Bool {
    ["incident.updated", "incident.status.changed", "incident.postmortem.saved"].contains(event)
  }

  func handle(_ message: BusMessage) async throws {
    if message.name == "incident.postmortem.saved" { return try await takePostmortem(message) }
    guard let incident = message.data["incident"].flatMap(IncidentsClient.Incident.init) else {
      throw ConsumerError.hard("data.incident is no incident")
    }
    try await announcements.follow(incident)
  }

  /// The message tells only that it was saved; incidents has the text of now.
  private func takePostmortem(_ message: BusMessage) async throws {
    guard let id = message.data["incident_id"]?.string, PublicIncidentID.isValid(id) else {
      throw ConsumerError.hard("data.incident_id is no incident's id")
    }
    let postmortem = try await incidents.postmortem(of: id)
    try await announcements.setPostmortem(postmortem.flatMap(PostmortemNews.publicPart), of: id)
  }
}

/// The postmortem as the public gets it.
enum PostmortemNews {
  static let english = "The postmortem of this incident has been published."
  static let french = "Le compte rendu de cet incident a été publié."

  /// Without authors, owners and dates of the work to come. Nil for a draft.
  static func publicPart(_ postmortem: JSONValue) -> JSONValue? {
    guard postmortem["state"]?.string == "published", let publishedAt = postmortem["published_at"] else { return nil }
    let texts = ["what_happened", "root_cause", "impact", "detection", "contributing_factors", "lessons"]
    let items = (postmortem["action_items"]?.array ?? []).map { item -> JSONValue in
      ["title": item["title"] ?? "", "done": item["done"] ?? false]
    }
    return .object(
      JSONObject(texts.map { ($0, postmortem[$0] ?? "") } + [("action_items", .array(items)), ("published_at", publishedAt)]))
  }
}
