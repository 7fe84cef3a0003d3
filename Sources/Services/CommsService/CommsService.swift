public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, subscribers, webhooks.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [
    .redis, .neighbour(.users), .neighbour(.incidents), Dependency(name: "smtp", kind: .smtp, isRequired: false),
  ]

  let subscriptions: Subscriptions
  let mails: Mails

  /// Throws `InvalidSetting`.
  public init(_ node: Node) throws {
    subscriptions = Subscriptions(node, hasMailServer: node.configuration["SMTP_URL"] != nil)
    mails = try Mails(node, subscriptions)
  }

  public var routes: [ServiceRoute] { subscriptions.routes + mails.routes }

  public func run() async { await mails.sender.run() }
}
