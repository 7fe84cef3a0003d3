public import HTTPServer
public import HTTPTypes
public import Identity
public import StatusModel

/// What one of the six services is, for `Node.run`.
public protocol ClusterService: Sendable {
  static var name: ServiceName { get }
  /// Its OpenAPI document as YAML, without the routes that every service has.
  static var swagger: String { get }
  /// What it calls itself.
  static var dependencies: [Dependency] { get }
  /// Made once, on the first loop, before the service listens.
  init(_ node: Node) async throws
  /// In the order of the swagger.
  var routes: [ServiceRoute] { get }
  /// What it does beside answering, on the first loop; cancelled when the service stops.
  func run() async
  /// How a username and password sent with a request are checked; by default users is asked.
  var passwordCheck: PasswordCallers.Check? { get }
  /// Whether it can do its work; by default while Redis answers.
  var isReady: (@Sendable () -> Bool)? { get }
  /// How it says to people what went wrong; nil: as a problem in JSON.
  func page(for error: any Error, _ request: Request) async -> Response?
}

extension ClusterService {
  public func run() async {}
  public var passwordCheck: PasswordCallers.Check? { nil }
  public var isReady: (@Sendable () -> Bool)? { nil }
  public func page(for error: any Error, _ request: Request) async -> Response? { nil }
}

/// Something a service calls directly.
public struct Dependency: Sendable, Equatable {
  public enum Kind: String, Sendable { case http, redis, postgres, smtp }
  public let name: String
  public let kind: Kind
  /// Without it the service cannot work at all.
  public let isRequired: Bool

  public init(name: String, kind: Kind, isRequired: Bool) {
    self.name = name
    self.kind = kind
    self.isRequired = isRequired
  }

  public static let redis = Dependency(name: "redis", kind: .redis, isRequired: true)
  /// A neighbour whose absence costs a part only.
  public static func neighbour(_ service: ServiceName) -> Dependency { Dependency(name: service.rawValue, kind: .http, isRequired: false) }
}

/// Who may call a route.
public enum Access: Sendable, Equatable {
  case everyone
  /// A person of this role or above, or an application with the scope `read` or `write`.
  case viewer, sre
  /// A person of role sre or above, or an application with this scope.
  case scope(Scope)
  /// An administrator, or an application registered as admin.
  case admin
  /// These services alone, signed.
  case services([ServiceName])
  /// Anybody on a loopback or private address, else a viewer.
  case operators
}

/// One line of a service's route table.
public struct ServiceRoute: Sendable {
  public let method: HTTPRequest.Method
  public let template: String
  public let access: Access
  /// In bytes.
  public let bodyLimit: Int
  /// Its answers hold a secret that is shown once: they are never kept for repeats.
  public let answersSecret: Bool
  public let handler: Handler

  public init(
    _ method: HTTPRequest.Method, _ template: String, _ access: Access, bodyLimit: Int = 1 << 20, answersSecret: Bool = false,
    _ handler: @escaping Handler
  ) {
    self.method = method
    self.template = template
    self.access = access
    self.bodyLimit = bodyLimit
    self.answersSecret = answersSecret
    self.handler = handler
  }
}
