public import Identity
import Messaging
public import ServiceRuntime
public import StatusModel

/// People, their sessions and passwords, and the applications that may call the cluster.
public struct Users: ClusterService {
  public static let name = ServiceName.users
  public static let swagger = Embedded.swaggerYaml
  public static let dependencies = [Dependency.redis, .neighbour(.incidents)]

  let node: Node
  let store: UsersStore
  let passwords = Passwords()
  let registration: Registration
  let firstAdmin: FirstAdmin
  let notices: Notices

  /// Throws `InvalidSetting`. Makes the first admin; while Redis is away, as soon as it is there.
  public init(_ node: Node) async throws {
    self.node = node
    store = UsersStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    registration = try Self.registration(node.configuration)
    firstAdmin = try FirstAdmin(node, store, passwords)
    notices = Notices(node, store)
    await firstAdmin.start()
  }

  public func run() async { await notices.run() }

  public var routes: [ServiceRoute] { userRoutes + profileRoutes + sessionRoutes + passwordRoutes + applicationRoutes }

  public var passwordCheck: PasswordCallers.Check? {
    { [self] username, password async throws(Failure) in
      let (credentials, holds) = try await check(username, password)
      guard holds, let credentials, credentials.state == .working else { return nil }
      return PasswordCallers.Checked(userID: credentials.id, passwordVersion: credentials.passwordVersion)
    }
  }

  private static func registration(_ configuration: Configuration) throws -> Registration {
    guard let text = configuration["REGISTRATION"] else { return .usual(host: configuration.text("HOST")) }
    guard let registration = Registration(text) else {
      throw InvalidSetting("REGISTRATION=\(text): expected open, closed, or domains:example.org,…")
    }
    return registration
  }
}

/// A setting that stops the start, in one line.
struct InvalidSetting: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension RateLimit {
  static let loginsOfAddress = RateLimit("login-address", 10, perSeconds: 60)
  static let loginsOfAccount = RateLimit("login-account", 5, perSeconds: 60)
  static let registrations = RateLimit("register", 10, perSeconds: 3600)
  static let forgotten = RateLimit("forgot", 5, perSeconds: 3600)
  static let authorizations = RateLimit("authheader", 60, perSeconds: 60)
}
