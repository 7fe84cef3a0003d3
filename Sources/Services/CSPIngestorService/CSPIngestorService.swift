public import ServiceRuntime
public import StatusModel

/// Watches the clouds: provider feeds, events, causes. For now it answers what every service answers.
public struct CSPIngestor: ClusterService {
  public static let name = ServiceName.cspIngestor
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis]
  public let routes: [ServiceRoute] = []

  public init(_ node: Node) {}
}
