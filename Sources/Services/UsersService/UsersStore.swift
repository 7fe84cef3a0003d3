import Identity
import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// A user as it is sent, and its version.
struct UserRecord: Sendable {
  let json: [UInt8]
  let version: Int
}

/// What a new account is made of.
struct NewUser: Sendable {
  let id: String
  let name: String
  let email: String
  var role = Role.viewer
  var team: String?
  var language = "en"
  var notify: Notify?
  var state = AccountState.working
  var passwordHash: String?
  /// Asked of comms together with the creation.
  var mail: MailTemplate?
}

/// What signing in needs to know of an account.
struct Credentials: Sendable {
  let id: String
  let passwordHash: String?
  let passwordVersion: Int
  let state: AccountState
}

/// The users in Redis, all under `{namespace}:users:`
/// - `user:<id>` hash: json (as sent), id, name, email, team (JSON text), role, language, notify, state, version, mail, password (bcrypt),
///   password_version, created_at, created_ms, team_key, name_words, mail_words, team_words, profile_words, skill_keys; of a deleted one id, name, deleted_at
/// - `mails` hash: mail address in lower case -> id (the reservation)
/// - `all`, `role:<role>`, `team:<team in lower case>`, `word:<word>` sorted sets of ids by creation in ms
/// - `admins` set of admins that can sign in; `first-admin` id whose first password is in the file
///
/// Profiles are in ProfilesStore.swift; sessions, links and applications in AccessStore.swift. Reads fail with `unavailable`; what each change throws besides is said there.
struct UsersStore: Sendable {
  let redis: Redis
  let mutations: Mutations
  let namespace: String

  /// Throws `conflict` when the mail address is taken.
  func create(_ user: NewUser) async throws(Failure) -> UserRecord {
    let answer = try await mutations.run(Self.createUser, Self.arguments(user))
    guard answer.first?.string == "ok", let json = answer.last?.bytes else {
      throw .conflict("Somebody has the address \(user.email) already.")
    }
    return UserRecord(json: json, version: 1)
  }

  /// False when there is an admin, or somebody has the address.
  func createFirstAdmin(_ user: NewUser) async throws(Failure) -> Bool {
    try await mutations.run(Self.createUser, Self.arguments(user) + ["first"]).first?.string == "ok"
  }

  func hasAdmin() async throws(Failure) -> Bool { try await command("EXISTS", key("admins")).int == 1 }

  /// The admin who came first of those who can sign in.
  func oldestAdmin() async throws(Failure) -> String? {
    try await command("ZINTER", 2, key("role:admin"), key("admins")).array?.first?.string
  }

  /// Nil when there is none, or none any more.
  func user(_ id: String) async throws(Failure) -> UserRecord? {
    let fields = try await command("HMGET", key("user:\(id)"), "json", "version").array ?? []
    guard fields.count == 2, let json = fields[0].bytes, let version = fields[1].int else { return nil }
    return UserRecord(json: json, version: version)
  }

  /// People in all of `filters`, oldest first. The cost of a page of one filter does not grow with the number of users.
  func list(
    _ filters: [UserFilter], startIndex: Int, maxResults: Int, withProfiles: Bool = false
  ) async throws(Failure) -> (total: Int, users: [[UInt8]], profiles: [RedisValue]) {
    let indexes: [RedisArgument] = filters.isEmpty ? ["all"] : filters.map { .string($0.index) }
    let reply = try await read(Self.listUsers, [.integer(startIndex), .integer(maxResults), withProfiles ? "1" : ""] + indexes)
    guard let reply = reply.array, reply.count == 3 else { throw .defect }
    return (reply[0].int ?? 0, reply[1].array?.compactMap(\.bytes) ?? [], reply[2].array ?? [])
  }

  /// `mayAdminister`: role, team and active may change.
  /// Throws `notFound`, `forbidden`, `conflict` for the last admin, `versionMismatch`.
  func update(_ id: String, _ changes: [UserChange], expected: Int?, mayAdminister: Bool) async throws(Failure) -> UserRecord {
    let start: [RedisArgument] = [.string(id), Self.version(expected), mayAdminister ? "1" : "0"]
    let fields = changes.flatMap(\.fields).flatMap { [RedisArgument.string($0.name), .string($0.value)] }
    let answer = try await mutations.run(Self.updateUser, start + fields)
    try Self.check(answer)
    guard answer.count == 3, let json = answer[1].bytes, let version = answer[2].int else { throw .defect }
    return UserRecord(json: json, version: version)
  }

  /// Throws `notFound`, `conflict` for the last admin, `versionMismatch`.
  func delete(_ id: String, expected: Int?) async throws(Failure) -> PasswordChange {
    let answer = try await mutations.run(Self.deleteUser, [.string(id), Self.version(expected)])
    try Self.check(answer)
    return answer.last?.string.flatMap(PasswordChange.init) ?? .kept
  }

  func credentials(mail: String) async throws(Failure) -> Credentials? {
    guard let id = try await command("HGET", key("mails"), .string(UsersRules.mailKey(mail))).string else { return nil }
    return try await credentials(id: id)
  }

  func credentials(id: String) async throws(Failure) -> Credentials? {
    let fields = try await command("HMGET", key("user:\(id)"), "password", "password_version", "state").array ?? []
    guard fields.count == 3, let hash = fields[0].string, let state = fields[2].string.flatMap(AccountState.init) else { return nil }
    return Credentials(id: id, passwordHash: hash.isEmpty ? nil : hash, passwordVersion: fields[1].int ?? 0, state: state)
  }

  func key(_ name: String) -> RedisArgument { .string("\(namespace):users:\(name)") }

  func command(_ words: RedisArgument...) async throws(Failure) -> RedisValue {
    do { return try await redis.command(words) } catch { throw Failure(error) }
  }

  func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> RedisValue {
    do { return try await redis.run(script, keys: [.string(namespace)], arguments: arguments) } catch { throw Failure(error) }
  }
}

/// One condition of a list.
enum UserFilter {
  case role(Role)
  case team(String)
  /// A whole word of name, mail address, team or profile.
  case word(String)
  case skill(String)

  fileprivate var index: String {
    switch self {
    case .role(let role): "role:\(role.rawValue)"
    case .team(let team): "team:\(team.lowercased())"
    case .word(let word): "word:\(word)"
    case .skill(let skill): "skill:\(skill.lowercased())"
    }
  }
}

/// One thing to change of a user.
enum UserChange {
  case name(String)
  case role(Role)
  case team(String?)
  case language(String)
  case notify(Notify)
  case active(Bool)

  fileprivate var fields: [(name: String, value: String)] {
    switch self {
    case .name(let name): [("name", JSONText.quoted(name)), ("name_words", UsersRules.words(name).joined(separator: " "))]
    case .role(let role): [("role", role.rawValue)]
    case .team(let team):
      [
        ("team", team.map(JSONText.quoted) ?? "null"), ("team_key", team?.lowercased() ?? ""),
        ("team_words", UsersRules.words(team ?? "").joined(separator: " ")),
      ]
    case .language(let language): [("language", language)]
    case .notify(let notify): [("notify", notify.rawValue)]
    case .active(let active): [("state", (active ? AccountState.working : .suspended).rawValue)]
    }
  }
}

extension UsersStore {
  private static let createUser = script("create-user", Embedded.createUserLua)
  private static let updateUser = script("update-user", Embedded.updateUserLua)
  private static let deleteUser = script("delete-user", Embedded.deleteUserLua)
  private static let listUsers = RedisScript(name: "users.list-users", source: Embedded.listUsersLua)

  static func script(_ name: String, _ source: String) -> MutationScript {
    MutationScript(name: "users.\(name)", source: Embedded.userRecordLua + "\n" + source)
  }

  private static func arguments(_ user: NewUser) -> [RedisArgument] {
    func words(_ text: String?) -> RedisArgument { .string(UsersRules.words(text ?? "").joined(separator: " ")) }
    return [
      .string(user.id), .string(JSONText.quoted(user.name)), .string(JSONText.quoted(user.email)), .string(UsersRules.mailKey(user.email)),
      .string(user.role.rawValue), .string(user.team.map(JSONText.quoted) ?? "null"), .string(user.team?.lowercased() ?? ""),
      .string(user.language), .string(user.notify?.rawValue ?? ""), .string(user.state.rawValue), .string(user.passwordHash ?? ""),
      words(user.name), words(user.email), words(user.team), .string(user.mail?.rawValue ?? ""),
    ]
  }

  static func version(_ expected: Int?) -> RedisArgument { .string(expected.map(String.init) ?? "") }

  private static func check(_ answer: [RedisValue]) throws(Failure) {
    let detail = answer.dropFirst().first?.string ?? ""
    switch answer.first?.string {
    case "ok": return
    case "missing": throw .notFound("There is no such user.")
    case "stale": throw .versionMismatch("Somebody changed this account: it is at version \(detail) now. Read it again.")
    case "forbidden": throw .forbidden("Only an admin may change \(detail).")
    case "last_admin": throw .conflict("This is the last admin. Make somebody else admin first.")
    default: throw .defect
    }
  }
}
