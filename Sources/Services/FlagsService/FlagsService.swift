public import ServiceRuntime
public import StatusModel

/// Feature flags. For now it answers what every service answers.
public struct Flags: ClusterService {
  public static let name = ServiceName.flags
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis]
  public let routes: [ServiceRoute] = []

  public init(_ node: Node) {}
}
