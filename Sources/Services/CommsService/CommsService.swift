public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, subscribers, webhooks. For now it answers what every service answers.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis]
  public let routes: [ServiceRoute] = []

  public init(_ node: Node) {}
}
