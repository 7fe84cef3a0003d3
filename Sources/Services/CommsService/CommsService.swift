import Messaging
import ServiceClients
public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, components, maintenance, subscribers, webhooks; and the supervision of the bus.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [
    .redis, .neighbour(.incidents), .neighbour(.users), .neighbour(.cspIngestor),
    Dependency(name: "smtp", kind: .smtp, isRequired: false),
  ]

  let clock: @Sendable () -> Int64
  let incidents: IncidentsClient
  let announcements: AnnouncementsStore
  let components: ComponentsStore
  let maintenances: MaintenancesStore
  let publicStore: PublicStore
  let publicStatus: PublicStatus
  var audience = Audience()
  let webhooks: Webhooks
  let subscriptions: Subscriptions
  let mails: Mails
  let messages: Messages
  private let comparison: ProvidersComparison
  private let workers: [Worker]

  /// Throws `InvalidSetting`.
  public init(_ node: Node) async throws {
    clock = node.clock
    incidents = IncidentsClient(node.neighbours)
    announcements = AnnouncementsStore(mutations: node.mutations)
    components = ComponentsStore(mutations: node.mutations)
    maintenances = MaintenancesStore(mutations: node.mutations)
    publicStore = PublicStore(redis: node.redis, namespace: node.namespace)
    publicStatus = PublicStatus(
      publicStore, components, PageFacts(node.configuration), node.watcher, clock: node.clock, logger: node.logger)
    webhooks = Webhooks(node)
    subscriptions = Subscriptions(node, hasMailServer: node.configuration["SMTP_URL"] != nil)
    mails = try Mails(node, subscriptions)
    messages = Messages(node)
    comparison = ProvidersComparison(components: components, publicStore: publicStore, neighbours: node.neighbours, clock: node.clock)
    let announced = AnnouncementsFollower(incidents: incidents, announcements: announcements)
    let depended = ComponentsFollower(components: components, changed: publicStatus.follow)
    workers = [
      node.worker(AnnouncementsFollower.group, handles: AnnouncementsFollower.handles, handle: announced.handle),
      node.worker(ComponentsFollower.group, handles: ComponentsFollower.handles, handle: depended.handle),
    ]
    let webhooks = webhooks.store
    audience.webhooks = { _ async throws(Failure) in try await webhooks.subscribers(to: "announcement.published").count }
    let mailed = mails.audience
    audience.mails = { draft async throws(Failure) in
      try await mailed(Subject(components: draft.components, severity: draft.severity))
    }
    await publicStatus.refresh()
  }

  public var routes: [ServiceRoute] {
    announcementRoutes + maintenanceRoutes + componentRoutes + statuspageRoutes + webhooks.routes + subscriptions.routes
      + mails.routes + messages.routes
  }

  public func run() async {
    await Caller.$current.withValue(.comms) { await work() }
  }

  private func work() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.publicStatus.run() }
      group.addTask { await webhooks.run() }
      group.addTask { await MaintenancesClock(maintenances: maintenances).run() }
      group.addTask { await comparison.run() }
      group.addTask { await self.mails.worker.run() }
      group.addTask { await self.mails.sender.run() }
      for worker in workers { group.addTask { await worker.run() } }
    }
  }
}

extension Caller {
  /// Comms itself: who acts when nobody asked.
  static let comms = Caller(
    application: Application(name: ServiceName.comms.rawValue, scopes: Set(Scope.allCases), strict: true, admin: true, expiresAt: nil))
}
