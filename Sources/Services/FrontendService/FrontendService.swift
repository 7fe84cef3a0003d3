public import ServiceRuntime
public import StatusModel

/// The pages. For now it answers what every service answers.
public struct Frontend: ClusterService {
  public static let name = ServiceName.frontend
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis]
  public let routes: [ServiceRoute] = []

  public init(_ node: Node) {}
}
