import Messaging
import RedisClient
import Signing
import StatusModel

/// A session as its owner sees it.
struct SessionEntry: Sendable {
  let id: String
  /// Times in epoch seconds.
  let createdAt: Int
  let expiresAt: Int
  let usedAt: Int
  let address: String
  let agent: String
}

/// What a password change leaves to do.
enum PasswordChange: String {
  /// The password of the first start is gone: so may its file be.
  case first
  case kept
}

/// What lets people and programs in: the keys of module Identity, written here. Secrets are stored as SHA-256, appids as they are.
extension UsersStore {
  /// Starts a session of `seconds`; nil when the account cannot sign in, or no longer has the password that was checked.
  func createSession(
    _ user: String, passwordVersion: Int?, seconds: Int, address: String, agent: String
  ) async throws(Failure) -> String? {
    let token = SecretToken.make(.userToken)
    let answer = try await mutations.run(
      Self.createSessionScript,
      [
        .string(user), .string(passwordVersion.map(String.init) ?? ""), .string(UUIDText.random()), .string(SecretToken.hash(token)),
        .string("\(seconds)"), .string(address), .string(String(agent.prefix(200))),
      ])
    return answer.first?.string == "ok" ? token : nil
  }

  /// Newest first, at most 50. `now` in epoch seconds.
  func sessions(of user: String, now: Int64) async throws(Failure) -> [SessionEntry] {
    let reply = try await read(Self.listSessionsScript, [.string(user), .string("\(now)")])
    return (reply.array ?? []).compactMap { entry in
      guard let fields = entry.array, fields.count == 6, let id = fields[0].string else { return nil }
      return SessionEntry(
        id: id, createdAt: fields[1].int ?? 0, expiresAt: fields[2].int ?? 0, usedAt: fields[3].int ?? 0, address: fields[4].string ?? "",
        agent: fields[5].string ?? "")
    }
  }

  /// False when the user has no such session.
  func endSession(_ id: String, of user: String) async throws(Failure) -> Bool {
    try await mutations.run(Self.endSessionsScript, [.string(user), "one", .string(id)]).last?.int == 1
  }

  /// All of them when `kept` is nil.
  func endSessions(of user: String, but kept: String?) async throws(Failure) {
    _ = try await mutations.run(Self.endSessionsScript, [.string(user), "others", .string(kept ?? "")])
  }

  /// Ends all sessions but `keeping`. Nil when the password is no longer the one that was checked.
  func changePassword(
    of user: String, version: Int, to hash: String, keeping session: String?
  ) async throws(Failure) -> PasswordChange? {
    let answer = try await mutations.run(
      Self.changePasswordScript, [.string(user), .string("\(version)"), .string(hash), .string(session ?? "")])
    return answer.last?.string.flatMap(PasswordChange.init)
  }

  /// Asks comms for a mail when somebody has the address.
  func forgotPassword(mail: String) async throws(Failure) {
    _ = try await mutations.run(Self.forgotPasswordScript, [.string(UsersRules.mailKey(mail))])
  }

  /// Throws `notFound` when the user is unknown or suspended. `expiresAt` in epoch seconds.
  func createLink(for user: String, _ purpose: LinkPurpose) async throws(Failure) -> (token: String, expiresAt: Int) {
    let token = SecretToken.make(.link)
    let answer = try await mutations.run(
      Self.createLinkScript,
      [.string(user), .string(purpose.rawValue), .string(SecretToken.hash(token)), .string("\(UsersRules.linkSeconds)")])
    guard answer.first?.string == "ok", let expiresAt = answer.last?.int else {
      throw .notFound("There is no such user, or the account is suspended.")
    }
    return (token, expiresAt)
  }

  /// Whether a link is worth hashing a password for; `resetPassword` decides.
  func isLink(_ token: String) async throws(Failure) -> Bool {
    try await command("EXISTS", .string("\(namespace):identity:link:\(SecretToken.hash(token))")).int == 1
  }

  /// Nil when the link is unknown, used, expired, or for something else.
  func resetPassword(link token: String, to hash: String) async throws(Failure) -> PasswordChange? {
    let answer = try await mutations.run(Self.resetPasswordScript, [.string(SecretToken.hash(token)), .string(hash)])
    return answer.last?.string.flatMap(PasswordChange.init)
  }

  /// False when the link is unknown, used, expired, or for something else.
  func confirm(link token: String) async throws(Failure) -> Bool {
    try await mutations.run(Self.confirmUserScript, [.string(SecretToken.hash(token))]).first?.string == "ok"
  }

  /// Throws `conflict` when the name is taken, or there are 1,000.
  func createApplication(_ application: Application, _ secrets: ApplicationSecrets) async throws(Failure) -> [UInt8] {
    let scopes = Scope.allCases.filter(application.scopes.contains).map(\.rawValue).joined(separator: ",")
    let answer = try await mutations.run(
      Self.createApplicationScript,
      secrets.arguments(of: application.name) + [
        .string(scopes), application.strict ? "1" : "0", application.admin ? "1" : "0",
        .string(application.expiresAt.map(String.init) ?? ""),
      ])
    switch answer.first?.string {
    case "ok": return answer.last?.bytes ?? []
    case "full": throw .conflict("There are 1,000 applications already. Delete some that are no longer used.")
    default: throw .conflict("There is an application named \(application.name) already.")
    }
  }

  /// Throws `notFound`, `conflict` for a service of the cluster.
  func rotateApplication(_ name: String, _ secrets: ApplicationSecrets) async throws(Failure) -> [UInt8] {
    let answer = try await mutations.run(Self.rotateApplicationScript, secrets.arguments(of: name))
    try Self.checkApplication(answer)
    return answer.last?.bytes ?? []
  }

  /// Throws `notFound`, `conflict` for a service of the cluster.
  func deleteApplication(_ name: String) async throws(Failure) {
    try Self.checkApplication(try await mutations.run(Self.deleteApplicationScript, [.string(name)]))
  }

  func application(_ name: String) async throws(Failure) -> [UInt8]? {
    try await command("HGET", .string("\(namespace):identity:application:\(name)"), "json").bytes
  }

  /// Oldest first.
  func applications(startIndex: Int, maxResults: Int) async throws(Failure) -> (total: Int, applications: [[UInt8]]) {
    let reply = try await read(Self.listApplicationsScript, [.string("\(startIndex)"), .string("\(maxResults)")])
    guard let reply = reply.array, reply.count == 2 else { throw .defect }
    return (reply[0].int ?? 0, reply[1].array?.compactMap(\.bytes) ?? [])
  }
}

/// New secrets of an application, with what finds it by them.
struct ApplicationSecrets: Sendable {
  let appid = SecretToken.make(.applicationID)
  let key = SecretToken.make(.key)
  let consumerKey: String

  init(consumerKey: (_ appid: String) -> String) { self.consumerKey = consumerKey(appid) }

  fileprivate func arguments(of name: String) -> [RedisArgument] {
    [.string(name), .string(appid), .string(consumerKey), .string(SecretToken.hash(key))]
  }
}

extension UsersStore {
  private static let createSessionScript = script("create-session", Embedded.createSessionLua)
  private static let endSessionsScript = script("end-sessions", Embedded.endSessionsLua)
  private static let changePasswordScript = script("change-password", Embedded.changePasswordLua)
  private static let forgotPasswordScript = script("forgot-password", Embedded.forgotPasswordLua)
  private static let createLinkScript = script("create-link", Embedded.createLinkLua)
  private static let resetPasswordScript = script("reset-password", Embedded.resetPasswordLua)
  private static let confirmUserScript = script("confirm-user", Embedded.confirmUserLua)
  private static let listSessionsScript = RedisScript(name: "users.list-sessions", source: Embedded.listSessionsLua)
  private static let createApplicationScript = applicationScript("create-application", Embedded.createApplicationLua)
  private static let rotateApplicationScript = applicationScript("rotate-application", Embedded.rotateApplicationLua)
  private static let deleteApplicationScript = applicationScript("delete-application", Embedded.deleteApplicationLua)
  private static let listApplicationsScript = RedisScript(name: "users.list-applications", source: Embedded.listApplicationsLua)

  private static func applicationScript(_ name: String, _ source: String) -> MutationScript {
    MutationScript(name: "users.\(name)", source: Embedded.applicationRecordLua + "\n" + source)
  }

  private static func checkApplication(_ answer: [RedisValue]) throws(Failure) {
    switch answer.first?.string {
    case "ok": return
    case "missing": throw .notFound("There is no such application.")
    case "reserved": throw .conflict("This is one of the cluster's own services; its secrets are its own affair.")
    default: throw .defect
    }
  }
}
