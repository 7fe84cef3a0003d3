import HTTPTypes
import JSONBytes
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
    guard let name = answer["name"]?.string, let email = answer["email"]?.string, let role = answer["role"]?.string.flatMap(Role.init)
    else { throw .defect }
    return User(
      id: id, name: name, email: email, role: role, language: answer["language"]?.string ?? "en", isActive: answer["active"]?.bool ?? true)
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
