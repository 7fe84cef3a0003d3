import HTTPTypes
public import JSONBytes
public import ServiceRuntime
public import StatusModel

/// What others ask the incidents service.
public struct IncidentsClient: Sendable {
  private let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  public struct Incident: Sendable, Equatable {
    public let id: String
    public let version: Int
    /// open, mitigated or resolved.
    public let status: String
    /// Epoch seconds.
    public let resolvedAt: Int?
    /// Whether a person has changed it since it was declared.
    public let isTouchedByHuman: Bool
    /// The whole record.
    public let json: JSONValue

    public var isResolved: Bool { status == "resolved" }
  }

  /// `body` as `POST /api/v1/incidents` takes it; one with an `external` that has its incident already gives that one.
  /// Throws `.unavailable` when incidents is away, as all that follow.
  public func declare(_ body: JSONValue) async throws(Failure) -> Incident {
    try Self.incident(await neighbours.call(.incidents, .post, "/api/v1/incidents", body: body))
  }

  /// Nil when there is none. `id` is one that incidents gave, such as `INC-4K7Q2M`.
  public func incident(_ id: String) async throws(Failure) -> Incident? {
    do throws(Failure) {
      return try Self.incident(await neighbours.call(.incidents, .get, "/api/v1/incidents/\(id)"))
    } catch {
      if case .notFound = error { return nil }
      throw error
    }
  }

  /// Writes an `update` on the timeline, once under one `repeatKey`.
  public func tell(_ id: String, _ message: String, repeatKey: String) async throws(Failure) {
    let body: JSONValue = ["type": "update", "message": .string(message)]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(id)/timeline", body: body, headers: [.idempotencyKey: repeatKey])
  }

  /// Throws `.versionMismatch` when the incident is not at `version` any more.
  public func setStatus(_ id: String, _ status: String, message: String, version: Int) async throws(Failure) {
    let body: JSONValue = ["status": .string(status), "message": .string(message)]
    _ = try await neighbours.call(.incidents, .post, "/api/v1/incidents/\(id)/status", body: body, headers: [.ifMatch: "\"v\(version)\""])
  }

  private static func incident(_ json: JSONValue) throws(Failure) -> Incident {
    guard let id = json["id"]?.string, let status = json["status"]?.string, let version = json["version"]?.integer else { throw .defect }
    return Incident(
      id: id, version: version, status: status, resolvedAt: json["resolved_at"]?.integer,
      isTouchedByHuman: json["touched_by_human"]?.bool ?? false, json: json)
  }
}

extension HTTPField.Name {
  fileprivate static let idempotencyKey = Self("Idempotency-Key")!
}
