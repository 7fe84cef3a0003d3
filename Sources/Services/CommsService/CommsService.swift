public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, subscribers, webhooks.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis]

  let webhooks: Webhooks

  public init(_ node: Node) {
    webhooks = Webhooks(node)
  }

  public var routes: [ServiceRoute] { webhooks.routes }

  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await webhooks.run() }
    }
  }
}

extension Caller {
  /// Comms itself: who acts when nobody asked.
  static let comms = Caller(
    application: Application(name: ServiceName.comms.rawValue, scopes: Set(Scope.allCases), strict: true, admin: true, expiresAt: nil))
}
