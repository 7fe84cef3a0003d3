import HTTPTypes
public import JSONBytes
public import ServiceRuntime
public import StatusModel

/// What others ask the incidents service.
public struct IncidentsClient: Sendable {
  let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  public struct Incident: Sendable, Equatable {
    public let id: String
    public let version: Int
    public let title: String
    /// 1 (worst) to 4.
    public let severity: Int
    /// open, mitigated or resolved.
    public let status: String
    public let services: [String]
    public let summary: String
    /// manual, csp or alert.
    public let source: String
    /// Users' ids by role: commander, comms_lead, scribe, responder.
    public let roles: [String: String]
    /// Announced on the public page.
    public let isPublic: Bool
    /// Epoch seconds, as all times.
    public let startedAt: Int
    public let acknowledgedAt: Int?
    public let mitigatedAt: Int?
    public let resolvedAt: Int?
    /// Whether a person has changed it since it was declared.
    public let isTouchedByHuman: Bool
    /// Where it comes from, when it is somebody else's event.
    public let externalProvider: String?
    /// The newest entry of its timeline, where that was asked for: who wrote it, and what.
    public let latest: Line?

    /// What somebody wrote.
    public struct Line: Sendable, Equatable {
      public let author: String
      public let message: String
    }

    public var isResolved: Bool { status == "resolved" }

    /// From an incident as the service answers it or tells the bus. Nil when it is none.
    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string, let version = json["version"]?.integer, let title = json["title"]?.string,
        let severity = json["sev"]?.integer, let status = json["status"]?.string, let startedAt = json["started_at"]?.integer
      else { return nil }
      self.id = id
      self.version = version
      self.title = title
      self.severity = severity
      self.status = status
      self.startedAt = startedAt
      services = json["services"]?.array?.compactMap(\.string) ?? []
      summary = json["summary"]?.string ?? ""
      source = json["source"]?.string ?? "manual"
      let members = json["roles"]?.object?.members ?? []
      roles = Dictionary(members.compactMap { member in member.value.string.map { (member.name, $0) } }) { first, _ in first }
      isPublic = json["public"]?.bool ?? false
      acknowledgedAt = json["acknowledged_at"]?.integer
      mitigatedAt = json["mitigated_at"]?.integer
      resolvedAt = json["resolved_at"]?.integer
      isTouchedByHuman = json["touched_by_human"]?.bool ?? false
      externalProvider = json["external"]?["provider"]?.string
      latest = json["timeline"]?.array?.last.map {
        Line(author: $0["author"]?["name"]?.string ?? "", message: $0["message"]?.string ?? "")
      }
    }
  }

  /// `body` as `POST /api/v1/incidents` takes it; one whose `external` has its incident already gives that one.
  /// Throws `.unavailable` when incidents is away.
  public func declare(_ body: JSONValue) async throws(Failure) -> Incident {
    guard let incident = Incident(try await neighbours.call(.incidents, .post, "/api/v1/incidents", body: body)) else { throw .defect }
    return incident
  }

  /// Writes an `update` on the timeline, once under one `repeatKey`. Throws `.unavailable` when incidents is away.
  public func tell(_ id: String, _ message: String, repeatKey: String) async throws(Failure) {
    let body: JSONValue = ["type": "update", "message": .string(message)]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(id)/timeline", body: body, headers: [.idempotencyKey: repeatKey])
  }

  /// Throws `.versionMismatch` when the incident is not at `version` any more, `.unavailable` when incidents is away.
  public func setStatus(_ id: String, _ status: String, message: String, version: Int) async throws(Failure) {
    let body: JSONValue = ["status": .string(status), "message": .string(message)]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(id)/status", body: body, headers: [.ifMatch: "\"v\(version)\""])
  }

  /// Nil when there is no such incident. `id` is made of letters, digits and `-`. Throws `.unavailable` when incidents is away.
  public func incident(_ id: String) async throws(Failure) -> Incident? {
    guard let answer = try await found("/api/v1/incidents/\(id)") else { return nil }
    guard let incident = Incident(answer) else { throw .defect }
    return incident
  }

  /// A page of the incidents that have `value` in `filter`, such as `commander`, newest first, as the service lists them; and how many there
  /// are. `value` is made of letters, digits and `-`. Throws `.unavailable` when incidents is away.
  public func incidents(
    where filter: String, is value: String, startIndex: Int, maxResults: Int
  ) async throws(Failure) -> (items: [JSONValue], total: Int) {
    let target = "/api/v1/incidents?\(filter)=\(value)&startIndex=\(startIndex)&maxResults=\(maxResults)"
    return try await neighbours.list(.incidents, target)
  }

  /// The ids of those who follow an incident; none when there is no such incident. Throws `.unavailable` when incidents is away.
  public func followers(of id: String) async throws(Failure) -> [String] {
    var found: [String] = []
    do throws(Failure) {
      while true {
        let page = try await neighbours.list(.incidents, "/api/v1/incidents/\(id)/followers?maxResults=500&startIndex=\(found.count)")
        found += page.items.compactMap { $0["id"]?.string }
        if page.items.isEmpty || found.count >= page.total { return found }
      }
    } catch {
      if case .notFound = error { return found }
      throw error
    }
  }

  /// Nil when there is none. As the service answers it, whatever its state.
  public func postmortem(of id: String) async throws(Failure) -> JSONValue? { try await found("/api/v1/incidents/\(id)/postmortem") }

  private func found(_ target: String) async throws(Failure) -> JSONValue? {
    do throws(Failure) {
      return try await neighbours.call(.incidents, .get, target)
    } catch {
      if case .notFound = error { return nil }
      throw error
    }
  }
}

extension HTTPField.Name {
  fileprivate static let idempotencyKey = Self("Idempotency-Key")!
}
