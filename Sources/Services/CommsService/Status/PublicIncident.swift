import JSONBytes
import ServiceClients

/// An incident as comms made it public.
struct PublicIncident: Sendable, Equatable {
  let id: String
  let title: String
  /// 1 (worst) to 4.
  let severity: Int
  let status: IncidentStatus
  /// As responders named them, not for the public.
  let services: [String]
  /// Epoch seconds, as all times.
  let startedAt: Int
  let mitigatedAt: Int?
  let resolvedAt: Int?
  let publishedAt: Int
  let updatedAt: Int
  /// Null until one is published.
  let postmortem: JSONValue
  /// Oldest first.
  let announcements: [PublicAnnouncement]

  /// What its services' components suffer from it now.
  var effect: ComponentStatus { ComponentStatus(severity: severity, status: status) }
}

/// One thing said of an incident in public.
struct PublicAnnouncement: Sendable, Equatable {
  let id: String
  let at: Int
  let state: AnnouncementState
  let message: String
  /// As it is sent, null when there is none.
  let messageFrench: JSONValue
  /// As it is sent, null when it was never corrected.
  let editedAt: JSONValue
  let isPostmortem: Bool
  /// Keys of the components it was about.
  let components: [String]
  /// What they suffered then.
  let effect: ComponentStatus
}

extension PublicIncident {
  /// From the stored record and what was announced, oldest first. Nil when the record is none.
  init?(record: [UInt8], announcements: [[UInt8]]) {
    guard let json = try? JSONValue(parsing: record), let id = json["id"]?.string, let title = json["title"]?.string,
      let severity = json["sev"]?.integer, let status = json["status"]?.string.flatMap(IncidentStatus.init),
      let startedAt = json["started_at"]?.integer, let publishedAt = json["published_at"]?.integer,
      let updatedAt = json["updated_at"]?.integer
    else { return nil }
    self.id = id
    self.title = title
    self.severity = severity
    self.status = status
    services = json["services"]?.array?.compactMap(\.string) ?? []
    self.startedAt = startedAt
    mitigatedAt = json["mitigated_at"]?.integer
    resolvedAt = json["resolved_at"]?.integer
    self.publishedAt = publishedAt
    self.updatedAt = updatedAt
    postmortem = json["postmortem"] ?? .null
    self.announcements = announcements.compactMap(PublicAnnouncement.init)
  }
}

extension PublicIncident {
  /// As it would be once `announcement` was made, at `now` in epoch seconds.
  init(_ announcement: NewAnnouncement, of incident: IncidentsClient.Incident, at now: Int, known: PublicIncident?) {
    id = incident.id
    title = announcement.title ?? known?.title ?? incident.title
    severity = incident.severity
    status = IncidentStatus(rawValue: incident.status) ?? .open
    services = incident.services
    startedAt = incident.startedAt
    mitigatedAt = incident.mitigatedAt
    resolvedAt = incident.resolvedAt
    publishedAt = known?.publishedAt ?? now
    updatedAt = now
    postmortem = known?.postmortem ?? .null
    let added = PublicAnnouncement(
      id: "\(incident.id)-\((known?.announcements.count ?? 0) + 1)", at: now, state: announcement.state, message: announcement.message,
      messageFrench: announcement.messageFrench.map(JSONValue.string) ?? .null, editedAt: .null, isPostmortem: false, components: [],
      effect: ComponentStatus(severity: severity, status: status))
    announcements = (known?.announcements ?? []) + [added]
  }
}

extension PublicAnnouncement {
  fileprivate init?(_ record: [UInt8]) {
    guard let json = try? JSONValue(parsing: record), let id = json["id"]?.string, let at = json["ts"]?.integer,
      let state = json["state"]?.string.flatMap(AnnouncementState.init), let message = json["message"]?.string
    else { return nil }
    self.id = id
    self.at = at
    self.state = state
    self.message = message
    messageFrench = json["message_fr"] ?? .null
    editedAt = json["edited_at"] ?? .null
    isPostmortem = json["postmortem"]?.bool ?? false
    components = json["components"]?.array?.compactMap(\.string) ?? []
    effect = json["effect"]?.string.flatMap(ComponentStatus.init) ?? .operational
  }
}

// MARK: - What is sent

extension PublicIncident {
  /// An element of the public status. `keys` has the components' keys by their lower-cased form.
  func statusEntry(_ keys: [String: String]) -> JSONValue {
    .object(JSONObject(head(keys) + [("last_public", announcements.last?.json ?? .null)]))
  }

  /// The incident's own public page: the newest announcement first.
  func detail(_ keys: [String: String]) -> JSONValue {
    .object(
      JSONObject(
        head(keys) + [
          ("last_public", announcements.last?.json ?? .null), ("updates", .array(announcements.reversed().map(\.json))),
          ("postmortem", postmortem),
        ]))
  }

  private func head(_ keys: [String: String]) -> [(String, JSONValue)] {
    [
      ("id", .string(id)), ("title", .string(title)), ("sev", .integer(severity)), ("status", .string(status.rawValue)),
      ("started_at", .integer(startedAt)), ("mitigated_at", mitigatedAt.map(JSONValue.integer) ?? .null),
      ("resolved_at", resolvedAt.map(JSONValue.integer) ?? .null), ("published_at", .integer(publishedAt)),
      ("updated_at", .integer(updatedAt)), ("components", .array(components(keys).map(JSONValue.string))),
    ]
  }

  /// The keys of the components among its services; other names of services stay inside.
  func components(_ keys: [String: String]) -> [String] {
    var seen: Set<String> = []
    return services.compactMap { keys[$0.lowercased()] }.filter { seen.insert($0).inserted }
  }

  /// The public order: what goes on before what is over, the worst first, then the latest.
  static func comesBefore(_ a: PublicIncident, _ b: PublicIncident) -> Bool {
    let isOver = (a.status == .resolved, b.status == .resolved)
    if isOver.0 != isOver.1 { return isOver.1 }
    if a.severity != b.severity { return a.severity < b.severity }
    if a.startedAt != b.startedAt { return a.startedAt > b.startedAt }
    return a.id < b.id
  }

  /// Whether the public status shows it at `now`: until fourteen days after its end.
  func isCurrent(at now: Int) -> Bool {
    guard status == .resolved else { return true }
    return (resolvedAt ?? updatedAt) >= now - StatusBounds.resolvedShown
  }
}

extension PublicAnnouncement {
  var json: JSONValue {
    [
      "id": .string(id), "ts": .integer(at), "message": .string(message), "message_fr": messageFrench, "state": .string(state.rawValue),
      "edited_at": editedAt, "postmortem": .bool(isPostmortem), "components": .array(components.map(JSONValue.string)),
    ]
  }
}
