import HTTPTypes
public import JSONBytes
import ServiceRuntime
public import StatusModel

/// What a person asks the incidents service while they work on an incident. All but the reading needs an sre.
extension IncidentsClient {
  /// Of a list: what is nil or empty does not count.
  public struct Filter: Sendable {
    public var status: String?
    public var severity: Int?
    public var service: String?
    public var words: String?
    /// From 0 on.
    public var start = 0
    /// At most 500.
    public var count = 50

    public init() {}
  }

  /// The newest first. Throws `.invalid` for words that cannot be searched for.
  public func incidents(_ filter: Filter) async throws(Failure) -> Listing<Incident> {
    func given(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }
    let target = RequestTarget.text(
      "/api/v1/incidents",
      [
        "status": given(filter.status), "sev": filter.severity.map { "\($0)" }, "service": given(filter.service), "q": given(filter.words),
        "startIndex": "\(filter.start)", "maxResults": "\(filter.count)",
      ])
    let page = try await neighbours.list(.incidents, target)
    return Listing(items: page.items.compactMap(Incident.init), total: page.total)
  }

  /// With its timeline and postmortem. Throws `.notFound`.
  public func detail(_ id: String) async throws(Failure) -> IncidentDetail {
    guard let detail = IncidentDetail(try await neighbours.call(.incidents, .get, "/api/v1/incidents/\(RequestTarget.segment(id))")) else {
      throw .defect
    }
    return detail
  }

  /// Throws `.invalid`, `.versionMismatch` when the incident is not at `version` any more.
  public func change(_ id: String, _ body: JSONValue, version: Int) async throws(Failure) {
    _ = try await neighbours.call(
      .incidents, .patch, "/api/v1/incidents/\(RequestTarget.segment(id))", body: body, headers: [.ifMatch: "\"v\(version)\""])
  }

  /// Throws `.conflict` when the incident cannot become that.
  public func setStatus(_ id: String, _ status: String, message: String) async throws(Failure) {
    let body: JSONValue = ["status": .string(status), "message": .string(message)]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(RequestTarget.segment(id))/status", body: body)
  }

  /// Throws `.invalid` naming `commander` for somebody who cannot have the role.
  public func assign(_ id: String, user: String, role: String) async throws(Failure) {
    let body: JSONValue = ["commander": .string(user), "role": .string(role)]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(RequestTarget.segment(id))/assign", body: body)
  }

  /// `kind` is update, note, mitigation or resolution. Throws `.invalid`.
  public func write(_ id: String, kind: String, message: String, isPublic: Bool) async throws(Failure) {
    let body: JSONValue = ["type": .string(kind), "message": .string(message), "visibility": isPublic ? "public" : "internal"]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(RequestTarget.segment(id))/timeline", body: body)
  }

  /// `body` as `POST …/postmortem` takes it; it replaces what was there. Throws `.invalid`.
  public func savePostmortem(_ id: String, _ body: JSONValue) async throws(Failure) {
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(RequestTarget.segment(id))/postmortem", body: body)
  }
}

/// Who did something.
public struct Actor: Sendable, Equatable {
  public let id: String?
  public let name: String?

  public init(_ json: JSONValue?) {
    id = json?["id"]?.string
    name = json?["name"]?.string
  }
}

/// An incident with all there is to say of it.
public struct IncidentDetail: Sendable, Equatable {
  public let incident: IncidentsClient.Incident
  /// The newest 1,000 entries, the oldest first.
  public let timeline: [TimelineEntry]
  public let postmortem: Postmortem?

  public init?(_ json: JSONValue) {
    guard let incident = IncidentsClient.Incident(json) else { return nil }
    self.incident = incident
    timeline = json["timeline"]?.array?.compactMap(TimelineEntry.init) ?? []
    postmortem = json["postmortem"].flatMap(Postmortem.init)
  }
}

/// Something that happened to an incident, or was said of it.
public struct TimelineEntry: Sendable, Equatable {
  public let id: Int
  /// update, note, mitigation, resolution, created, assigned, status, changed, postmortem, announcement or flag; more may come.
  public let kind: String
  public let message: String
  public let isPublic: Bool
  public let author: Actor
  public let at: Int
  /// What changed, by kind.
  public let details: JSONValue

  public init?(_ json: JSONValue) {
    guard let id = json["id"]?.integer, let kind = json["type"]?.string, let at = json["at"]?.integer else { return nil }
    self.id = id
    self.kind = kind
    self.at = at
    message = json["message"]?.string ?? ""
    isPublic = json["visibility"]?.string == "public"
    author = Actor(json["author"])
    details = json["details"] ?? .null
  }
}

/// What was learned, while it is written and after.
public struct Postmortem: Sendable, Equatable {
  public struct ActionItem: Sendable, Equatable {
    public let title: String
    public let isDone: Bool
    /// As the service has it.
    public let json: JSONValue
  }

  public let isPublished: Bool
  public let whatHappened: String
  public let rootCause: String
  public let impact: String
  public let detection: String
  public let lessons: String
  public let contributingFactors: [String]
  public let actionItems: [ActionItem]
  public let updatedAt: Int

  public init?(_ json: JSONValue) {
    guard let state = json["state"]?.string else { return nil }
    isPublished = state == "published"
    whatHappened = json["what_happened"]?.string ?? ""
    rootCause = json["root_cause"]?.string ?? ""
    impact = json["impact"]?.string ?? ""
    detection = json["detection"]?.string ?? ""
    lessons = json["lessons"]?.string ?? ""
    contributingFactors = json["contributing_factors"]?.array?.compactMap(\.string) ?? []
    actionItems = (json["action_items"]?.array ?? []).map {
      ActionItem(title: $0["title"]?.string ?? "", isDone: $0["done"]?.bool ?? false, json: $0)
    }
    updatedAt = json["updated_at"]?.integer ?? 0
  }
}
