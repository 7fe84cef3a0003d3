import HTTPServer
import HTTPTypes
import Identity
import JSONBytes
import ServiceRuntime
import StatusModel

extension Users {
  var sessionRoutes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/auth/login", .everyone, answersSecret: true) { try await login($0, name: "email") { $0 } },
      ServiceRoute(.post, "/api/v1/token", .everyone, answersSecret: true) {
        try await login($0, name: "username") { ["token": $0["token"] ?? .null] }
      },
      ServiceRoute(.post, "/api/v1/auth/logout", .viewer, logout),
      ServiceRoute(.get, "/api/v1/auth/verify", .viewer, verify),
      ServiceRoute(.get, "/api/v1/auth/sessions", .viewer, listSessions),
      ServiceRoute(.delete, "/api/v1/auth/sessions", .viewer, endOtherSessions),
      ServiceRoute(.delete, "/api/v1/auth/sessions/{id}", .viewer, endSession),
    ]
  }

  private func login(_ request: Request, name: String, _ answer: (JSONValue) -> JSONValue) async throws -> Response {
    var body = try request.fields()
    let mail = body.string(name, 1...254)
    let password = body.password()
    try body.check()
    let (credentials, holds) = try await check(mail, password)
    let refusal = Failure.unknownCaller("This mail address and password do not match.")
    guard holds, let credentials else { throw refusal }
    if let reason = credentials.state.refusal { throw Failure.forbidden(reason) }
    let token = try await store.createSession(
      credentials.id, passwordVersion: credentials.passwordVersion, seconds: UsersRules.tokenSeconds, address: Caller.current.address,
      agent: request.header(.userAgent) ?? "")
    guard let token else { throw refusal }
    let expiresAt = Int(node.clock() / 1000) + UsersRules.tokenSeconds
    return .json(answer(["token": .string(token), "user_id": .string(credentials.id), "expires_at": .integer(expiresAt)]).bytes)
  }

  /// Whether a password is that of the account of `mail`; limited by address and by account before any work, and the same work for each.
  func check(_ mail: String, _ password: String) async throws(Failure) -> (credentials: Credentials?, holds: Bool) {
    try await node.limits.take(.loginsOfAddress, key: Caller.current.address)
    try await node.limits.take(.loginsOfAccount, key: UsersRules.mailKey(mail))
    let credentials = try await store.credentials(mail: mail)
    return (credentials, try await passwords.verify(password, against: credentials?.passwordHash))
  }

  private func logout(_ request: Request) async throws -> Response {
    let person = try signedIn()
    if let session = person.sessionID { _ = try await store.endSession(session, of: person.id) }
    node.identity.forget()
    return Response(status: .noContent)
  }

  private func verify(_ request: Request) async throws -> Response {
    guard let user = try await store.user(try signedIn().id) else { throw Failure.unknownCaller("The account is gone.") }
    return .json(user.json, version: user.version)
  }

  private func listSessions(_ request: Request) async throws -> Response {
    let person = try signedIn()
    let sessions = try await store.sessions(of: person.id, now: node.clock() / 1000)
    return .json(
      JSONValue.array(
        sessions.map { session in
          [
            "id": .string(session.id), "created_at": .integer(session.createdAt), "expires_at": .integer(session.expiresAt),
            "last_used_at": .integer(session.usedAt), "address": .string(session.address), "agent": .string(session.agent),
            "current": .bool(session.id == person.sessionID),
          ]
        }
      ).bytes)
  }

  private func endOtherSessions(_ request: Request) async throws -> Response {
    let person = try signedIn()
    try await store.endSessions(of: person.id, but: person.sessionID)
    node.identity.forget()
    return Response(status: .noContent)
  }

  private func endSession(_ request: Request) async throws -> Response {
    guard try await store.endSession(request.parameters["id"] ?? "", of: try signedIn().id) else {
      throw Failure.notFound("You have no such session.")
    }
    node.identity.forget()
    return Response(status: .noContent)
  }

  /// The person who calls. Throws `forbidden` for an application of its own.
  func signedIn() throws(Failure) -> Person {
    guard let person = Caller.current.person else { throw .forbidden("This is for people: send a person's token.") }
    return person
  }
}

extension FieldReader {
  /// A password to check, as it was sent; one that is missing is a wrong one.
  mutating func password() -> String {
    guard let value = object["password"], value != .null else { return "" }
    guard let password = value.string, password.unicodeScalars.count <= 1000 else {
      refuse("password", "must be a string of at most 1000 characters")
      return ""
    }
    return password
  }
}

extension AccountState {
  /// Why an account cannot sign in although its password was right.
  fileprivate var refusal: String? {
    switch self {
    case .working: nil
    case .waiting: "This account waits for its mail address to be confirmed. Follow the link we mailed, or ask for a new password."
    case .suspended: "This account is suspended. Ask an admin."
    }
  }
}
