import Messaging
import ServiceClients
public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, components, maintenance, subscribers, webhooks; and the supervision of the bus.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [
    .redis, .neighbour(.incidents), .neighbour(.users), Dependency(name: "smtp", kind: .smtp, isRequired: false),
  ]

  let incidents: IncidentsClient
  let announcements: AnnouncementsStore
  let publicStore: PublicStore
  let publicStatus: PublicStatus
  var audience = Audience()
  let webhooks: Webhooks
  let subscriptions: Subscriptions
  let mails: Mails
  let messages: Messages

  /// Throws `InvalidSetting`.
  public init(_ node: Node) async throws {
    incidents = IncidentsClient(node.neighbours)
    announcements = AnnouncementsStore(mutations: node.mutations)
    publicStore = PublicStore(redis: node.redis, namespace: node.namespace)
    publicStatus = PublicStatus(publicStore, node.watcher, clock: node.clock, logger: node.logger)
    webhooks = Webhooks(node)
    messages = Messages(node)
    let webhooks = webhooks.store
    audience.webhooks = { _ async throws(Failure) in try await webhooks.subscribers(to: "announcement.published").count }
    subscriptions = Subscriptions(node, hasMailServer: node.configuration["SMTP_URL"] != nil)
    mails = try Mails(node, subscriptions)
    let mailed = mails.audience
    audience.mails = { draft async throws(Failure) in
      try await mailed(Subject(components: draft.components, severity: draft.severity))
    }
    await publicStatus.refresh()
  }

  public var routes: [ServiceRoute] { announcementRoutes + webhooks.routes + subscriptions.routes + mails.routes + messages.routes }

  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.publicStatus.run() }
      group.addTask { await webhooks.run() }
      group.addTask { await mails.worker.run() }
      group.addTask { await mails.sender.run() }
    }
  }
}

extension Caller {
  /// Comms itself: who acts when nobody asked.
  static let comms = Caller(
    application: Application(name: ServiceName.comms.rawValue, scopes: Set(Scope.allCases), strict: true, admin: true, expiresAt: nil))
}
