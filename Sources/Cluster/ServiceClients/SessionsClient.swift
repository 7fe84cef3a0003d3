import HTTPTypes
import JSONBytes
public import ServiceRuntime
public import StatusModel

/// Signing in and out, accounts and passwords, as the users service does them. Every call throws `.unavailable` when it is away.
public struct SessionsClient: Sendable {
  private let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  /// A token of 30 days. Throws `.unknownCaller` when the two do not match, `.forbidden` for an account that waits or is suspended, `.tooMany`.
  public func login(_ email: String, _ password: String) async throws(Failure) -> String {
    let answer = try await neighbours.call(
      .users, .post, "/api/v1/auth/login", body: ["email": .string(email), "password": .string(password)], timeout: .seconds(10))
    guard let token = answer["token"]?.string else { throw .defect }
    return token
  }

  /// Ends the session of who is calling.
  public func logout() async throws(Failure) { _ = try await neighbours.call(.users, .post, "/api/v1/auth/logout") }

  /// Whether the account works at once; else its mail address waits to be confirmed. Throws `.invalid`, `.conflict`, `.forbidden`, `.tooMany`.
  public func register(name: String, email: String, password: String, language: String) async throws(Failure) -> Bool {
    let body: JSONValue = [
      "name": .string(name), "email": .string(email), "password": .string(password), "language": .string(language),
    ]
    return try await neighbours.call(.users, .post, "/api/v1/users", body: body, timeout: .seconds(10))["active"]?.bool ?? false
  }

  /// Has a link mailed; the same for an address that nobody has. Throws `.invalid`, `.tooMany`.
  public func forgotPassword(_ email: String) async throws(Failure) {
    _ = try await neighbours.call(.users, .post, "/api/v1/auth/password/forgot", body: ["email": .string(email)])
  }

  /// Throws `.invalid` naming `token` or `password`.
  public func resetPassword(_ link: String, to password: String) async throws(Failure) {
    let body: JSONValue = ["token": .string(link), "password": .string(password)]
    _ = try await neighbours.call(.users, .post, "/api/v1/auth/password/reset", body: body, timeout: .seconds(10))
  }

  /// For who is calling. Throws `.invalid`, `.forbidden` when the current one is another.
  public func changePassword(_ current: String, to password: String) async throws(Failure) {
    let body: JSONValue = ["current_password": .string(current), "password": .string(password)]
    _ = try await neighbours.call(.users, .post, "/api/v1/auth/password/change", body: body, timeout: .seconds(10))
  }

  /// Throws `.invalid` when the link is unknown, used or too old.
  public func confirmMail(_ link: String) async throws(Failure) {
    _ = try await neighbours.call(.users, .post, "/api/v1/auth/confirm", body: ["token": .string(link)])
  }
}
