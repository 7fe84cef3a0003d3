import HTTPTypes
public import JSONBytes
public import ServiceRuntime
public import StatusModel

/// What others ask the comms service. Every call throws `.unavailable` when it is away.
public struct CommsClient: Sendable {
  let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  // MARK: - What the public may know

  /// Public incidents, the worst and newest first: those that go on, and those resolved in the last fourteen days.
  public func currentIncidents() async throws(Failure) -> [PublicIncident] { try await list("/api/v1/public/status", PublicIncident.init) }

  /// Every public incident, the newest first, at most 500, with all its updates and its published postmortem.
  public func incidents() async throws(Failure) -> [PublicIncident] {
    try await list("/api/v1/public/incidents?maxResults=500", PublicIncident.init)
  }

  public func components() async throws(Failure) -> [PublicComponent] {
    try await list("/api/v1/components?maxResults=500", PublicComponent.init)
  }

  /// The last `days` days of a component, the oldest first. Nil when there is no such component.
  public func uptime(of key: String, days: Int) async throws(Failure) -> ComponentUptime? {
    try await found("/api/v1/components/\(key)/uptime?days=\(days)").flatMap(ComponentUptime.init)
  }

  public func maintenances() async throws(Failure) -> [PublicMaintenance] {
    try await list("/api/v1/maintenances?maxResults=500", PublicMaintenance.init)
  }

  public func banner() async throws(Failure) -> PublicBanner? { try await found("/api/v1/public/banner").flatMap(PublicBanner.init) }

  /// A document that is passed on as it is, such as `/api/v2/summary.json`. Nil when there is none.
  public func document(_ path: String) async throws(Failure) -> Neighbours.Document? {
    do throws(Failure) { return try await neighbours.document(.comms, path) } catch {
      if case .notFound = error { return nil }
      throw error
    }
  }

  // MARK: - Subscriptions

  /// Asks for a mail with a link to confirm. False when this site cannot send mail yet, and keeps it. The answer is the same for an address that
  /// is known. Throws `.invalid`, `.tooMany`.
  public func subscribe(_ mail: String, components: [String], language: String) async throws(Failure) -> Bool {
    let body: JSONValue = [
      "email": .string(mail), "language": .string(language), "components": .array(components.map(JSONValue.string)),
    ]
    return try await neighbours.call(.comms, .post, "/api/v1/subscriptions/email", body: body)["mail"]?.string != "kept"
  }

  /// The link under which the subscription is changed and ended. Throws `.invalid` when `link` is none of ours or has ended.
  public func confirm(_ link: String) async throws(Failure) -> String {
    try await neighbours.call(.comms, .post, "/api/v1/subscriptions/confirm", body: ["token": .string(link)])["link"]?.string ?? link
  }

  /// Throws `.invalid` when the link is none of ours or has ended.
  public func unsubscribe(_ link: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .post, "/api/v1/subscriptions/unsubscribe", body: ["token": .string(link)])
  }

  /// The subscription that a link in a mail belongs to. Throws what the link's refusal means.
  public func subscription(_ link: String) async throws(Failure) -> Subscription {
    Subscription(try await neighbours.call(.comms, .get, "/api/v1/subscriptions/mine", headers: [.subscriptionLink: link]))
  }

  public func change(_ link: String, components: [String], language: String) async throws(Failure) {
    let body: JSONValue = ["components": .array(components.map(JSONValue.string)), "language": .string(language)]
    _ = try await neighbours.call(.comms, .patch, "/api/v1/subscriptions/mine", body: body, headers: [.subscriptionLink: link])
  }

  // MARK: - Reading

  private func list<Item>(_ target: String, _ read: (JSONValue) -> Item?) async throws(Failure) -> [Item] {
    try await found(target)?.array?.compactMap(read) ?? []
  }

  /// Nil when comms has nothing there: an older one knows fewer routes.
  func found(_ target: String) async throws(Failure) -> JSONValue? {
    do throws(Failure) {
      let answer = try await neighbours.call(.comms, .get, target)
      return answer == .null ? nil : answer
    } catch {
      if case .notFound = error { return nil }
      throw error
    }
  }
}

/// What somebody wants to hear of.
public struct Subscription: Sendable, Equatable {
  public let email: String
  /// Keys; empty: all.
  public let components: [String]
  public let language: String

  public init(_ json: JSONValue) {
    email = json["email"]?.string ?? ""
    components = json["components"]?.array?.compactMap(\.string) ?? []
    language = json["language"]?.string ?? "en"
  }
}

extension HTTPTypes.HTTPField.Name {
  fileprivate static let subscriptionLink = Self("X-Polystatus-Link")!
}
