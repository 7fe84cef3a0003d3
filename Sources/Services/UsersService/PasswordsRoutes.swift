import HTTPServer
import HTTPTypes
import Identity
import JSONBytes
import ServiceRuntime
import StatusModel

extension Users {
  var passwordRoutes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/auth/password/forgot", .everyone, forgotPassword),
      ServiceRoute(.post, "/api/v1/auth/password/reset", .everyone, resetPassword),
      ServiceRoute(.post, "/api/v1/auth/password/change", .viewer, changePassword),
      ServiceRoute(.post, "/api/v1/auth/confirm", .everyone, confirmMail),
      ServiceRoute(.post, "/api/v1/auth/links", .services([.comms]), answersSecret: true, createLink),
      ServiceRoute(.post, "/api/v1/auth/check", .services(ServiceName.allCases), answersSecret: true, checkPassword),
    ]
  }

  private func forgotPassword(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let mail = body.string("email", 1...254)
    try body.check()
    try await node.limits.take(.forgotten, key: Caller.current.address)
    try await store.forgotPassword(mail: mail)
    return Response(status: .accepted)
  }

  private func resetPassword(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let token = body.string("token", 1...100)
    let password = body.newPassword("password")
    try body.check()
    guard try await store.isLink(token), let hash = try await passwords.hash(password),
      let change = try await store.resetPassword(link: token, to: hash)
    else { throw Failure.invalid("token", "is unknown, used or older than 30 minutes; ask for a new link") }
    await passwordChanged(change)
    return Response(status: .noContent)
  }

  private func changePassword(_ request: Request) async throws -> Response {
    let person = try signedIn()
    var body = try request.fields()
    let current = body.object["current_password"]?.string ?? ""
    if current.isEmpty { body.refuse("current_password", "is missing") }
    let password = body.newPassword("password", mail: person.email)
    try body.check()
    try await node.limits.take(.loginsOfAccount, key: UsersRules.mailKey(person.email))
    guard let credentials = try await store.credentials(id: person.id),
      try await passwords.verify(current, against: credentials.passwordHash), let hash = try await passwords.hash(password)
    else { throw Failure.forbidden("The current password is another one.") }
    let change = try await store.changePassword(
      of: person.id, version: credentials.passwordVersion, to: hash, keeping: person.sessionID)
    guard let change else { throw Failure.conflict("The password was changed by somebody else just now.") }
    await passwordChanged(change)
    return Response(status: .noContent)
  }

  /// Sessions ended with the password: what is cached of them goes too.
  func passwordChanged(_ change: PasswordChange) async {
    node.identity.forget()
    if change == .first { await firstAdmin.forgetPassword() }
  }

  private func confirmMail(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let token = body.string("token", 1...100)
    try body.check()
    guard try await store.confirm(link: token) else {
      throw Failure.invalid("token", "is unknown, used or older than 30 minutes; ask for a new link")
    }
    node.identity.forget()
    return Response(status: .noContent)
  }

  private func createLink(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let user = body.string("user_id", 1...64)
    let purpose = LinkPurpose(rawValue: body.choice("purpose", LinkPurpose.allCases.map(\.rawValue))) ?? .password
    try body.check()
    let link = try await store.createLink(for: user, purpose)
    let url = purpose.url(at: node.configuration.text("PUBLIC_URL"), token: link.token)
    return .json(
      (["url": .string(url), "token": .string(link.token), "expires_at": .integer(link.expiresAt)] as JSONValue).bytes, status: .created)
  }

  private func checkPassword(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let username = body.string("username", 1...254)
    let password = body.password()
    try body.check()
    guard let checked = try await passwordCheck?(username, password) else {
      throw Failure.unknownCaller("This username and password do not match.")
    }
    return .json((["user_id": .string(checked.userID), "password_version": .integer(checked.passwordVersion)] as JSONValue).bytes)
  }
}
