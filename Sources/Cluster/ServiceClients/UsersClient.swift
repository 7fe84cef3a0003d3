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
    public let role: Role
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
    guard let name = answer["name"]?.string, let role = answer["role"]?.string.flatMap(Role.init) else { throw .defect }
    return User(id: id, name: name, role: role, isActive: answer["active"]?.bool ?? true)
  }
}
