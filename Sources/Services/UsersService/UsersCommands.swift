import FoundationEssentials
import Identity
import Reactor
public import ServiceRuntime
import Signing
import StatusModel

/// What the users executable does beside serving, for whoever has a shell on the machine.
public enum UsersCommands {
  /// Prints what the first argument asks for, `--admin-link`, `--token` or `--configuration-key`; false for anything else. What fails ends the process.
  public static func answer(_ arguments: [String]) async -> Bool {
    let command: @Sendable (Node) async throws -> String
    switch arguments.dropFirst().first {
    case "--admin-link": command = adminLink
    case "--token": command = operatorToken
    case "--configuration-key": command = configurationKey
    default: return false
    }
    let answer: String
    do {
      let node = try Node(.users, Configuration(environment: ProcessInfo.processInfo.environment), writer: LineWriter(descriptor: 2))
      answer = try await command(node)
    } catch {
      Node.fail((error as? Failure)?.detail ?? "\(error)")
    }
    LineWriter(descriptor: 1).write { $0.append(contentsOf: "\(answer)\n".utf8) }
    return true
  }

  /// A one-use link of 30 minutes that sets the password of the admin who came first. Throws `Failure`.
  public static func adminLink(_ node: Node) async throws -> String {
    let store = UsersStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    return try await asUsers(node) {
      guard let admin = try await store.oldestAdmin() else { throw Failure.notFound("There is no admin who can sign in.") }
      let link = try await store.createLink(for: admin, .password)
      return LinkPurpose.password.url(at: node.configuration.text("PUBLIC_URL"), token: link.token)
    }
  }

  /// A token of 24 hours for curl, of the person `operator@polystatus.local`, made at the first use with the role sre. Throws `Failure`.
  public static func operatorToken(_ node: Node) async throws -> String {
    let store = UsersStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    return try await asUsers(node) {
      let id = try await operatorID(store)
      let token = try await store.createSession(
        id, passwordVersion: nil, seconds: UsersRules.operatorTokenSeconds, address: "", agent: "users --token")
      guard let token else { throw Failure.conflict("The account operator@polystatus.local is suspended.") }
      return token
    }
  }

  /// The key of the application `configuration`, which may do what admins may for 10 minutes; the one before is worth nothing then.
  /// Throws `Failure`.
  public static func configurationKey(_ node: Node) async throws -> String {
    let store = UsersStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    return try await asUsers(node) {
      let name = "configuration"
      if try await store.application(name) != nil { try await store.deleteApplication(name) }
      let secrets = ApplicationSecrets { node.identity.consumerKey(appid: $0) }
      let application = Application(
        name: name, scopes: [.read, .write], strict: true, admin: true,
        expiresAt: Int(node.clock() / 1000) + UsersRules.configurationKeySeconds)
      _ = try await store.createApplication(application, secrets)
      return secrets.key
    }
  }

  private static func operatorID(_ store: UsersStore) async throws(Failure) -> String {
    let mail = "operator@polystatus.local"
    if let known = try await store.credentials(mail: mail) { return known.id }
    let person = NewUser(id: UUIDText.random(), name: "Command line", email: mail, role: .sre, notify: Notify.none)
    do throws(Failure) {
      _ = try await store.create(person)
      return person.id
    } catch {
      guard case .conflict = error, let known = try await store.credentials(mail: mail) else { throw error }
      return known.id
    }
  }

  /// On a loop, as the users service itself.
  private static func asUsers<Value: Sendable>(_ node: Node, _ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await node.onLoop { try await Caller.$current.withValue(UsersRules.ourselves) { try await body() } }
  }
}
