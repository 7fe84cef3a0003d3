import HTTPTypes
public import JSONBytes
import ServiceRuntime
public import StatusModel

/// What the people who work ask comms about the public page: announcing, components, maintenance. Changing needs an sre.
extension CommsClient {
  /// What announcing would do.
  public struct Trial: Sendable, Equatable {
    /// How many would get a mail.
    public let mails: Int
    /// How many addresses would be called.
    public let webhooks: Int
    /// The incident as the page would show it.
    public let incident: PublicIncident

    public init(mails: Int, webhooks: Int, incident: PublicIncident) {
      self.mails = mails
      self.webhooks = webhooks
      self.incident = incident
    }

    public init?(_ json: JSONValue) {
      guard let incident = json["page"].flatMap(PublicIncident.init) else { return nil }
      self.incident = incident
      mails = json["mails"]?.integer ?? 0
      webhooks = json["webhooks"]?.integer ?? 0
    }
  }

  /// `body` as `POST /api/v1/public/announce` takes it. Throws `.invalid`.
  public func tryAnnouncing(_ body: JSONValue) async throws(Failure) -> Trial {
    guard let trial = Trial(try await neighbours.call(.comms, .post, "/api/v1/public/announce?dry_run=true", body: body)) else {
      throw .defect
    }
    return trial
  }

  public func announce(_ body: JSONValue) async throws(Failure) {
    _ = try await neighbours.call(.comms, .post, "/api/v1/public/announce", body: body)
  }

  public func withdraw(_ incident: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .post, "/api/v1/public/incidents/\(RequestTarget.segment(incident))/withdraw")
  }

  /// Nil for one that is not public.
  public func publicIncident(_ id: String) async throws(Failure) -> PublicIncident? {
    try await found("/api/v1/public/incidents/\(RequestTarget.segment(id))").flatMap(PublicIncident.init)
  }

  /// A component as those who change it see it.
  public struct Component: Sendable, Equatable {
    public let shown: PublicComponent
    public let version: Int
    public let dependsOn: [JSONValue]
    /// What a person set it to: `{status, reason, until}`, or null.
    public let override: JSONValue

    public init?(_ json: JSONValue) {
      guard let shown = PublicComponent(json) else { return nil }
      self.shown = shown
      version = json["version"]?.integer ?? 1
      dependsOn = json["depends_on"]?.array ?? []
      override = json["status_override"] ?? .null
    }
  }

  public func workingComponents() async throws(Failure) -> [Component] {
    try await neighbours.list(.comms, "/api/v1/components?maxResults=500").items.compactMap(Component.init)
  }

  /// Throws `.notFound`.
  public func workingComponent(_ key: String) async throws(Failure) -> Component {
    guard let component = Component(try await neighbours.call(.comms, .get, "/api/v1/components/\(RequestTarget.segment(key))")) else {
      throw .defect
    }
    return component
  }

  /// Throws `.invalid`, `.conflict` for a key that is there.
  public func addComponent(_ body: JSONValue) async throws(Failure) {
    _ = try await neighbours.call(.comms, .post, "/api/v1/components", body: body)
  }

  /// Throws `.invalid`, `.versionMismatch`.
  public func changeComponent(_ key: String, _ body: JSONValue, version: Int) async throws(Failure) {
    _ = try await neighbours.call(
      .comms, .patch, "/api/v1/components/\(RequestTarget.segment(key))", body: body, headers: [.ifMatch: "\"v\(version)\""])
  }

  public func removeComponent(_ key: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .delete, "/api/v1/components/\(RequestTarget.segment(key))")
  }

  /// `body` as `POST /api/v1/maintenances` takes it. Throws `.invalid`.
  public func planMaintenance(_ body: JSONValue) async throws(Failure) {
    _ = try await neighbours.call(.comms, .post, "/api/v1/maintenances", body: body)
  }

  /// Calls it off, or ends it when it runs.
  public func endMaintenance(_ id: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .delete, "/api/v1/maintenances/\(RequestTarget.segment(id))")
  }
}
