public import ServiceRuntime
import Signing
import StatusModel

/// What the users executable does beside serving: for whoever has a shell on the machine.
public enum UsersCommands {
  /// A one-use link of 30 minutes that sets the password of the admin who came first (`users --admin-link`). Throws `Failure`.
  public static func adminLink(_ node: Node) async throws -> String {
    try await asUsers(node) {
      let service = try await UsersService(node)
      guard let admin = try await service.store.oldestAdmin() else { throw Failure.notFound("There is no admin who can sign in.") }
      return try await service.link(for: admin, .password).url
    }
  }

  /// A token of 24 hours for curl (`users --token`), of the person `operator@polystatus.local`, made at the first use with role sre. Throws `Failure`.
  public static func operatorToken(_ node: Node) async throws -> String {
    let store = UsersStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    return try await asUsers(node) {
      let id = try await operatorID(store)
      let token = try await store.createSession(
        id, passwordVersion: nil, seconds: UsersRules.operatorTokenSeconds, address: "", agent: "polystatus token")
      guard let token else { throw Failure.conflict("The account operator@polystatus.local is suspended.") }
      return token
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
