public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, subscribers, webhooks; and the supervision of the bus.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis]

  let messages: Messages

  public init(_ node: Node) {
    messages = Messages(node)
  }

  public var routes: [ServiceRoute] { messages.routes }
}
