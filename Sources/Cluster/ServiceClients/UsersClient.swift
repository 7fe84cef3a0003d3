import HTTPTypes
public import JSONBytes
public import ServiceRuntime
public import StatusModel

/// What others ask the users service.
public struct UsersClient: Sendable {
  private let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  public struct User: Sendable, Equatable {
    public let id: String
    public let name: String
    public let email: String
    public let role: Role
    /// A tag such as `en` or `pt-BR`.
    public let language: String
    /// False for an account that cannot sign in any more, or not yet.
    public let isActive: Bool
    public let team: String?
    /// Which incidents send a mail: none, mine, sev1, sev2 or all.
    public let notify: String
    public let version: Int
    public let createdAt: Int

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string, let name = json["name"]?.string, let email = json["email"]?.string,
        let role = json["role"]?.string.flatMap(Role.init)
      else { return nil }
      self.id = id
      self.name = name
      self.email = email
      self.role = role
      language = json["language"]?.string ?? "en"
      isActive = json["active"]?.bool ?? true
      team = json["team"]?.string
      notify = json["notify"]?.string ?? "mine"
      version = json["version"]?.integer ?? 1
      createdAt = json["created_at"]?.integer ?? 0
    }
  }

  /// Nil when there is no such user. `id` is made of letters, digits and `-`. Throws `.unavailable` when users is away.
  public func user(_ id: String) async throws(Failure) -> User? {
    let answer: JSONValue
    do throws(Failure) {
      answer = try await neighbours.call(.users, .get, "/api/v1/users/\(id)")
    } catch {
      if case .notFound = error { return nil }
      throw error
    }
    guard let user = User(answer) else { throw .defect }
    return user
  }

  /// At most 500, in the order they came.
  public func users() async throws(Failure) -> [User] {
    try await neighbours.list(.users, "/api/v1/users?maxResults=500").items.compactMap(User.init)
  }

  /// Changes some of an account: `body` as `PATCH /api/v1/users/{id}` takes it. Oneself, or an admin. Throws `.invalid`, `.forbidden`.
  public func change(_ id: String, _ body: JSONValue) async throws(Failure) {
    _ = try await neighbours.call(.users, .patch, "/api/v1/users/\(RequestTarget.segment(id))", body: body)
  }

  /// Where a person wants to be called instead of mailed; comms alone is told. Nil: nowhere. Throws `.unavailable` when users is away.
  public func webhook(of id: String) async throws(Failure) -> String? {
    try await neighbours.call(.users, .get, "/api/v2/profile/personal/\(id)")["contact"]?["webhook"]?.string
  }

  /// The address of a fresh one-use link for a person, good for 30 minutes; comms alone may ask. `purpose` is `confirm` or `password`.
  /// Throws `.notFound` when the user is unknown or suspended, `.unavailable`.
  public func link(for user: String, _ purpose: String) async throws(Failure) -> String {
    let answer = try await neighbours.call(
      .users, .post, "/api/v1/auth/links", body: ["user_id": .string(user), "purpose": .string(purpose)])
    guard let url = answer["url"]?.string else { throw .defect }
    return url
  }
}
