public import JSONBytes

/// An incident that was made public. Times are epoch seconds.
public struct PublicIncident: Sendable, Equatable {
  public let id: String
  public let title: String
  /// 1 (worst) to 4.
  public let severity: Int
  /// open, mitigated or resolved.
  public let status: String
  public let startedAt: Int
  public let resolvedAt: Int?
  public let updatedAt: Int
  /// Keys of the components it touches.
  public let components: [String]
  /// The newest first.
  public let updates: [PublicUpdate]
  public let postmortem: PublicPostmortem?

  public var isResolved: Bool { status == "resolved" }

  public init?(_ json: JSONValue) {
    guard let id = json["id"]?.string, let title = json["title"]?.string else { return nil }
    self.id = id
    self.title = title
    severity = json["sev"]?.integer ?? 4
    status = json["status"]?.string ?? "open"
    let last = json["last_public"].flatMap(PublicUpdate.init)
    startedAt = json["started_at"]?.integer ?? last?.at ?? 0
    resolvedAt = json["resolved_at"]?.integer
    updatedAt = json["updated_at"]?.integer ?? last?.at ?? startedAt
    components = json["components"]?.array?.compactMap(\.string) ?? []
    updates = json["updates"]?.array?.compactMap(PublicUpdate.init) ?? [last].compactMap(\.self)
    postmortem = json["postmortem"].flatMap(PublicPostmortem.init)
  }
}

/// Something that was announced of an incident.
public struct PublicUpdate: Sendable, Equatable {
  public let at: Int
  public let message: String
  public let messageFrench: String?
  /// investigating, identified, monitoring or resolved.
  public let state: String
  /// When it was corrected.
  public let editedAt: Int?

  public init?(_ json: JSONValue) {
    guard let at = json["ts"]?.integer, let message = json["message"]?.string else { return nil }
    self.at = at
    self.message = message
    messageFrench = json["message_fr"]?.string
    state = json["state"]?.string ?? "investigating"
    editedAt = json["edited_at"]?.integer
  }
}

/// What was learned, as it was published.
public struct PublicPostmortem: Sendable, Equatable {
  public let whatHappened: String
  public let rootCause: String
  public let impact: String?
  public let detection: String?
  public let lessons: String?
  public let contributingFactors: [String]
  /// Titles.
  public let actionItems: [String]

  public init?(_ json: JSONValue) {
    guard let object = json.object else { return nil }
    whatHappened = object["what_happened"]?.string ?? ""
    rootCause = object["root_cause"]?.string ?? ""
    impact = object["impact"]?.string
    detection = object["detection"]?.string
    lessons = object["lessons"]?.string
    contributingFactors = object["contributing_factors"]?.array?.compactMap(\.string) ?? []
    actionItems = object["action_items"]?.array?.compactMap { $0.string ?? $0["title"]?.string } ?? []
  }
}

/// What the page lists.
public struct PublicComponent: Sendable, Equatable {
  public let key: String
  public let name: String
  public let about: String?
  public let group: String?
  public let position: Int
  /// operational, degraded_performance, partial_outage, major_outage, under_maintenance or unknown.
  public let status: String
  /// What a person set it to, and why.
  public let reasons: [String]
  /// Whom it suffers from, such as `Cloudflare`.
  public let causedBy: [String]
  /// Providers in trouble that it depends on, its own state unchanged.
  public let notes: [String]
  public let isShownOnlyDegraded: Bool

  public init?(_ json: JSONValue) {
    guard let key = json["key"]?.string else { return nil }
    self.key = key
    name = json["name"]?.string ?? key
    about = json["description"]?.string
    group = json["group"]?.string ?? json["group"]?["name"]?.string
    position = json["position"]?.integer ?? 0
    status = json["status"]?.string ?? "unknown"
    let reasons = json["reasons"]?.array?.filter { $0["kind"]?.string == "override" }
    self.reasons = reasons.map { Self.names(.array($0)) }?.filter { !$0.isEmpty } ?? []
    causedBy = Self.names(json["caused_by"])
    notes = Self.names(json["notes"])
    isShownOnlyDegraded = json["show"]?.string == "if_degraded"
  }

  /// A name, or a list of names or of objects that have one.
  private static func names(_ json: JSONValue?) -> [String] {
    (json?.array ?? [json].compactMap(\.self)).compactMap { $0.string ?? $0["name"]?.string }
  }
}

/// How a component did, day by day.
public struct ComponentUptime: Sendable, Equatable {
  public struct Day: Sendable, Equatable {
    /// `2026-03-01`
    public let date: String
    /// Seconds in each state; what is missing of the day is unknown.
    public let partialSeconds: Int
    public let majorSeconds: Int
    public let degradedSeconds: Int
    public let maintenanceSeconds: Int
    /// Nil when nothing is known of the day.
    public let percent: Double?

    public init(date: String, partial: Int = 0, major: Int = 0, degraded: Int = 0, maintenance: Int = 0, percent: Double?) {
      self.date = date
      partialSeconds = partial
      majorSeconds = major
      degradedSeconds = degraded
      maintenanceSeconds = maintenance
      self.percent = percent
    }
  }

  /// The oldest first.
  public let days: [Day]
  /// Of all days; nil when nothing is known.
  public let percent: Double?

  public init(days: [Day], percent: Double?) {
    self.days = days
    self.percent = percent
  }

  public init?(_ json: JSONValue) {
    guard let list = json["days"]?.array else { return nil }
    days = list.compactMap { day in
      guard let date = day["date"]?.string ?? day["day"]?.string else { return nil }
      func seconds(_ name: String) -> Int { day["\(name)_seconds"]?.integer ?? day[name]?.integer ?? day["seconds"]?[name]?.integer ?? 0 }
      return Day(
        date: date, partial: seconds("partial_outage"), major: seconds("major_outage"), degraded: seconds("degraded_performance"),
        maintenance: seconds("under_maintenance"), percent: day["percentage"]?.number ?? day["percent"]?.number)
    }
    percent = json["percentage"]?.number ?? json["percent"]?.number
  }
}

/// Work that was told beforehand.
public struct PublicMaintenance: Sendable, Equatable {
  public let id: String
  public let title: String
  public let message: String
  public let components: [String]
  public let startsAt: Int
  public let endsAt: Int
  /// scheduled, in_progress, completed or cancelled.
  public let state: String?

  public init?(_ json: JSONValue) {
    guard let id = json["id"]?.string, let startsAt = json["starts_at"]?.integer, let endsAt = json["ends_at"]?.integer else { return nil }
    self.id = id
    self.startsAt = startsAt
    self.endsAt = endsAt
    title = json["title"]?.string ?? ""
    message = json["message"]?.string ?? ""
    components = json["components"]?.array?.compactMap(\.string) ?? []
    state = json["state"]?.string ?? json["status"]?.string
  }
}

/// A sentence above everything.
public struct PublicBanner: Sendable, Equatable {
  public let message: String
  /// info, warning or critical.
  public let level: String
  public let until: Int?

  public init?(_ json: JSONValue) {
    guard let message = json["message"]?.string, !message.isEmpty else { return nil }
    self.message = message
    level = json["level"]?.string ?? "info"
    until = json["until"]?.integer
  }
}
