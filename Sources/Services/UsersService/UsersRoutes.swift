import HTTPServer
import HTTPTypes
import Identity
import JSONBytes
import ServiceRuntime
import Signing
import StatusModel

extension Users {
  var userRoutes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/users", .everyone, createUser),
      ServiceRoute(.get, "/api/v1/users", .viewer, listUsers),
      ServiceRoute(.get, "/api/v1/users/{id}", .viewer, getUser),
      ServiceRoute(.put, "/api/v1/users/{id}", .viewer, updateUser),
      ServiceRoute(.patch, "/api/v1/users/{id}", .viewer, updateUser),
      ServiceRoute(.delete, "/api/v1/users/{id}", .admin, deleteUser),
    ]
  }

  private func createUser(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let form = body.newUser()
    try body.check()
    let caller = Caller.current
    let (state, mail) = try UsersRules.registration(
      registration, by: caller, role: form.role, team: form.team, mail: form.email, hasPassword: form.password != nil)
    if !UsersRules.isAdmin(caller) { try await node.limits.take(.registrations, key: caller.address) }
    let user = NewUser(
      id: UUIDText.random(), name: form.name, email: form.email, role: form.role ?? .viewer, team: form.team,
      language: form.language ?? "en", notify: form.notify, state: state, passwordHash: try await passwords.hash(form.password), mail: mail)
    let record = try await store.create(user)
    return .json(record.json, status: .created, version: record.version, location: "/api/v1/users/\(user.id)")
  }

  private func listUsers(_ request: Request) async throws -> Response {
    let page = try request.page()
    let filters = try UserFilter.all(of: request.query)
    let found = try await store.list(filters, startIndex: page.startIndex, maxResults: page.maxResults)
    return .list(found.users, page: page, total: found.total, of: request)
  }

  private func getUser(_ request: Request) async throws -> Response {
    guard let user = try await store.user(request.parameters["id"] ?? "") else { throw Failure.notFound("There is no such user.") }
    return .json(user.json, version: user.version)
  }

  private func updateUser(_ request: Request) async throws -> Response {
    let id = request.parameters["id"] ?? ""
    let caller = Caller.current
    try UsersRules.checkMayChange(id, by: caller)
    var body = try request.fields()
    let changes = body.userChanges()
    try body.check()
    let user = try await store.update(id, changes, expected: request.expectedVersion, mayAdminister: UsersRules.isAdmin(caller))
    node.identity.forget()
    return .json(user.json, version: user.version)
  }

  private func deleteUser(_ request: Request) async throws -> Response {
    let change = try await store.delete(request.parameters["id"] ?? "", expected: request.expectedVersion)
    await passwordChanged(change)
    return Response(status: .noContent)
  }
}

/// The body of a registration.
struct RegistrationForm {
  let name: String
  let email: String
  let role: Role?
  let team: String?
  let password: String?
  let language: String?
  let notify: Notify?
}

extension FieldReader {
  mutating func newUser() -> RegistrationForm {
    let email = mail("email")
    return RegistrationForm(
      name: name("name", 100) ?? "", email: email, role: role(), team: object["team"] == .null ? nil : optionalName("team", 64),
      password: has("password") ? newPassword("password", mail: email) : nil, language: language(), notify: notify())
  }

  /// Members that are absent change nothing; null clears the team.
  mutating func userChanges() -> [UserChange] {
    var changes: [UserChange] = []
    if let name = optionalName("name", 100) { changes.append(.name(name)) }
    if let role = role() { changes.append(.role(role)) }
    if object["team"] == .null { changes.append(.team(nil)) } else if let team = optionalName("team", 64) { changes.append(.team(team)) }
    if let language = language() { changes.append(.language(language)) }
    if let notify = notify() { changes.append(.notify(notify)) }
    if let active = optionalBool("active") { changes.append(.active(active)) }
    return changes
  }

  /// A password that may be set, as it was sent: blanks count.
  mutating func newPassword(_ member: String, mail: String? = nil) -> String {
    guard let value = object[member] else {
      refuse(member, "is missing")
      return ""
    }
    guard let password = value.string else {
      refuse(member, "must be a string")
      return ""
    }
    if let problem = PasswordRules.problem(with: password, mail: mail) { refuse(member, problem) }
    return password
  }

  private mutating func name(_ member: String, _ limit: Int) -> String? {
    if object[member] == nil || object[member] == .null { refuse(member, "is missing") }
    return optionalName(member, limit)
  }

  private mutating func optionalName(_ member: String, _ limit: Int) -> String? {
    checked(member, optionalString(member, 1...limit)) { UsersRules.problem(withName: $0, limit: limit) }
  }

  private mutating func mail(_ member: String) -> String {
    let mail = string(member, 1...254)
    return mail.isEmpty ? "" : checked(member, mail, UsersRules.problem(withMail:)) ?? ""
  }

  mutating func language(_ member: String = "language") -> String? {
    checked(member, optionalString(member, 1...5), UsersRules.problem(withLanguage:))
  }
  private mutating func role() -> Role? { optionalChoice("role", Role.allCases.map(\.rawValue)).flatMap(Role.init) }
  private mutating func notify() -> Notify? { optionalChoice("notify", Notify.allCases.map(\.rawValue)).flatMap(Notify.init) }

  mutating func checked(_ member: String, _ text: String?, _ problem: (String) -> String?) -> String? {
    guard let text, let problem = problem(text) else { return text }
    refuse(member, problem)
    return nil
  }
}

extension UserFilter {
  /// The conditions of a query. Throws `invalid`.
  static func all(of query: Query) throws(Failure) -> [UserFilter] {
    var filters: [UserFilter] = []
    var problems: [FieldProblem] = []
    if let text = query["role"] {
      if let role = Role(rawValue: text) {
        filters.append(.role(role))
      } else {
        problems.append(FieldProblem(field: "role", message: "must be one of viewer, sre, admin"))
      }
    }
    if let team = query["team"] {
      if (1...64).contains(team.unicodeScalars.count) {
        filters.append(.team(team))
      } else {
        problems.append(FieldProblem(field: "team", message: "must have 1 to 64 characters"))
      }
    }
    if let skill = query["skill"] {
      if (1...40).contains(skill.unicodeScalars.count) {
        filters.append(.skill(skill))
      } else {
        problems.append(FieldProblem(field: "skill", message: "must have 1 to 40 characters"))
      }
    }
    if let text = query["q"] {
      let words = UsersRules.words(text)
      if !(1...200).contains(text.unicodeScalars.count) || words.count > 8 {
        problems.append(FieldProblem(field: "q", message: "must have 1 to 200 characters and at most 8 words"))
      }
      filters += words.isEmpty ? [.word("")] : words.map { .word($0) }
    }
    if !problems.isEmpty { throw .invalid(problems) }
    return filters
  }
}
