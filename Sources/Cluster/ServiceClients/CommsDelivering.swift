import HTTPTypes
public import JSONBytes
import ServiceRuntime
public import StatusModel

/// What comms sends to others, and what flows inside the cluster. Needs an sre, mails an admin.
extension CommsClient {
  /// An address that is called when something happens.
  public struct Webhook: Sendable, Equatable {
    public let id: String
    public let url: String
    public let about: String
    public let events: [String]
    public let format: String
    /// active, failing or disabled.
    public let state: String
    public let version: Int
    public let createdAt: Int
    public let failingSince: Int?

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string, let url = json["url"]?.string else { return nil }
      self.id = id
      self.url = url
      about = json["description"]?.string ?? ""
      events = json["events"]?.array?.compactMap(\.string) ?? []
      format = json["format"]?.string ?? "standard"
      state = json["state"]?.string ?? "active"
      version = json["version"]?.integer ?? 1
      createdAt = json["created_at"]?.integer ?? 0
      failingSince = json["failing_since"]?.integer
    }
  }

  /// One call to a webhook, with its repeats.
  public struct Delivery: Sendable, Equatable {
    public let id: String
    public let event: String
    /// queued, delivered, failed or cancelled.
    public let state: String
    public let tries: Int
    public let createdAt: Int
    public let nextAt: Int?
    /// Of the last attempt: the status of the answer, or why there was none.
    public let lastStatus: Int?
    public let lastError: String?
    public let lastAnswer: String?
    public let tookMilliseconds: Int?

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string else { return nil }
      self.id = id
      event = json["event"]?.string ?? ""
      state = json["state"]?.string ?? "queued"
      tries = json["tries"]?.integer ?? 0
      createdAt = json["created_at"]?.integer ?? 0
      nextAt = json["next_at"]?.integer
      let last = json["attempts"]?.array?.max { ($0["at"]?.integer ?? 0) < ($1["at"]?.integer ?? 0) }
      lastStatus = last?["status"]?.integer
      lastError = last?["error"]?.string
      lastAnswer = last?["answer"]?.string
      tookMilliseconds = last?["took_ms"]?.integer
    }
  }

  /// At most 500, the oldest first.
  public func webhooks() async throws(Failure) -> [Webhook] {
    try await neighbours.list(.comms, "/api/v1/webhooks?maxResults=500").items.compactMap(Webhook.init)
  }

  /// Throws `.notFound`.
  public func webhook(_ id: String) async throws(Failure) -> Webhook {
    guard let webhook = Webhook(try await neighbours.call(.comms, .get, Self.path(webhook: id))) else { throw .defect }
    return webhook
  }

  /// The newest first.
  public func deliveries(of webhook: String, start: Int, count: Int) async throws(Failure) -> Listing<Delivery> {
    let target = RequestTarget.text(Self.path(webhook: webhook) + "/deliveries", ["startIndex": "\(start)", "maxResults": "\(count)"])
    let page = try await neighbours.list(.comms, target)
    return Listing(items: page.items.compactMap(Delivery.init), total: page.total)
  }

  /// The webhook's id, and its secret, which is shown this once. Throws `.invalid`.
  public func addWebhook(_ body: JSONValue) async throws(Failure) -> (id: String, secret: String) {
    let answer = try await neighbours.call(.comms, .post, "/api/v1/webhooks", body: body)
    guard let id = answer["id"]?.string, let secret = answer["secret"]?.string else { throw .defect }
    return (id, secret)
  }

  public func testWebhook(_ id: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .post, Self.path(webhook: id) + "/test")
  }

  public func enableWebhook(_ id: String, _ isEnabled: Bool) async throws(Failure) {
    _ = try await neighbours.call(.comms, .patch, Self.path(webhook: id), body: ["state": isEnabled ? "active" : "disabled"])
  }

  public func removeWebhook(_ id: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .delete, Self.path(webhook: id))
  }

  /// Throws `.conflict` for one that still waits to be sent.
  public func replay(_ delivery: String, of webhook: String) async throws(Failure) {
    let target = Self.path(webhook: webhook) + "/deliveries/\(RequestTarget.segment(delivery))/replay"
    _ = try await neighbours.call(.comms, .post, target)
  }

  private static func path(webhook id: String) -> String { "/api/v1/webhooks/\(RequestTarget.segment(id))" }

  // MARK: - The bus

  /// How far a consumer of the bus is.
  public struct Consumer: Sendable, Equatable {
    public let name: String
    /// Messages it has not been given yet.
    public let lag: Int
    public let retrying: Int
    public let dead: Int
    public let missed: Int

    public init?(_ json: JSONValue) {
      guard let name = json["name"]?.string else { return nil }
      self.name = name
      lag = json["lag"]?.integer ?? 0
      retrying = json["retrying"]?.integer ?? 0
      dead = json["dead"]?.integer ?? 0
      missed = json["missed"]?.integer ?? 0
    }
  }

  /// A message of the bus and what its consumers did with it.
  public struct Message: Sendable, Equatable {
    public let name: String
    public let uuid: String
    public let sender: String
    public let createdAt: String
    public let cid: String
    /// ok, retrying or dead.
    public let state: String
    public let errors: [String]
    public let consumers: [String]
    public let data: JSONValue

    public init?(_ json: JSONValue) {
      guard let name = json["event_name"]?.string, let uuid = json["event_uuid"]?.string else { return nil }
      self.name = name
      self.uuid = uuid
      sender = json["event_sender_id"]?.string ?? ""
      createdAt = json["event_creation_time"]?.string ?? ""
      cid = json["data"]?["cid"]?.string ?? ""
      state = json["state"]?.string ?? "ok"
      errors = json["errors"]?.array?.compactMap { $0["error_message"]?.string } ?? []
      consumers = json["consumers"]?.array?.compactMap { $0["group"]?.string } ?? []
      data = json["data"] ?? .null
    }
  }

  public func consumers() async throws(Failure) -> [Consumer] {
    try await neighbours.list(.comms, "/api/v1/messages/consumers").items.compactMap(Consumer.init)
  }

  /// What is asked of the bus; nil and empty do not count.
  public struct MessageFilter: Sendable {
    public var name: String?
    public var cid: String?
    public var text: String?
    public var state: String?
    public var start = 0
    public var count = 50

    public init() {}
  }

  /// The newest first; the total is of those that were looked at. Throws `.invalid`.
  public func messages(_ filter: MessageFilter) async throws(Failure) -> Listing<Message> {
    func given(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }
    let target = RequestTarget.text(
      "/api/v1/messages",
      [
        "name": given(filter.name), "cid": given(filter.cid), "q": given(filter.text), "state": given(filter.state),
        "startIndex": "\(filter.start)", "maxResults": "\(filter.count)",
      ])
    let answer = try await neighbours.call(.comms, .get, target)
    return Listing(
      items: answer["results"]?.array?.compactMap(Message.init) ?? [], total: answer["totalResults"]?.integer ?? 0)
  }

  /// Throws `.notFound`.
  public func message(_ uuid: String) async throws(Failure) -> Message {
    guard let message = Message(try await neighbours.call(.comms, .get, "/api/v1/messages/\(RequestTarget.segment(uuid))")) else {
      throw .defect
    }
    return message
  }

  /// Has a dead letter delivered anew, or takes it away.
  public func settle(_ uuid: String, replaying: Bool) async throws(Failure) {
    let target = "/api/v1/messages/\(RequestTarget.segment(uuid))/\(replaying ? "replay" : "discard")"
    _ = try await neighbours.call(.comms, .post, target, body: [:])
  }

  // MARK: - Subscribers and mails

  public struct Subscriber: Sendable, Equatable {
    public let id: String
    public let email: String
    public let state: String
    public let components: [String]
    public let language: String
    public let createdAt: Int

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string else { return nil }
      self.id = id
      email = json["email"]?.string ?? ""
      state = json["state"]?.string ?? ""
      components = json["components"]?.array?.compactMap(\.string) ?? []
      language = json["language"]?.string ?? "en"
      createdAt = json["created_at"]?.integer ?? 0
    }
  }

  /// The newest first.
  public func subscribers(start: Int = 0, count: Int = 50) async throws(Failure) -> Listing<Subscriber> {
    let page = try await neighbours.list(
      .comms, RequestTarget.text("/api/v1/subscriptions", ["startIndex": "\(start)", "maxResults": "\(count)"]))
    return Listing(items: page.items.compactMap(Subscriber.init), total: page.total)
  }

  public func endSubscription(_ id: String) async throws(Failure) {
    _ = try await neighbours.call(.comms, .delete, "/api/v1/subscriptions/\(RequestTarget.segment(id))")
  }

  public struct Mail: Sendable, Equatable {
    public let id: String
    public let template: String
    public let state: String
    public let attempts: Int
    public let createdAt: Int
    public let error: String?

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string else { return nil }
      self.id = id
      template = json["template"]?.string ?? ""
      state = json["state"]?.string ?? ""
      attempts = json["attempts"]?.integer ?? 0
      createdAt = json["created_at"]?.integer ?? 0
      error = json["error"]?.string
    }
  }

  /// Of the last seven days, the newest first.
  public func mails(start: Int = 0, count: Int = 50) async throws(Failure) -> Listing<Mail> {
    let page = try await neighbours.list(.comms, RequestTarget.text("/api/v1/mails", ["startIndex": "\(start)", "maxResults": "\(count)"]))
    return Listing(items: page.items.compactMap(Mail.init), total: page.total)
  }
}
