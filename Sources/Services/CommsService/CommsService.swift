import Messaging
import ServiceClients
public import ServiceRuntime
public import StatusModel

/// What the public hears: announcements, status, components, maintenance, subscribers, webhooks; and the supervision of the bus.
public struct Comms: ClusterService {
  public static let name = ServiceName.comms
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis, .neighbour(.incidents)]

  let clock: @Sendable () -> Int64
  let incidents: IncidentsClient
  let announcements: AnnouncementsStore
  let components: ComponentsStore
  let maintenances: MaintenancesStore
  let publicStore: PublicStore
  let publicStatus: PublicStatus
  var audience = Audience()
  private let workers: [Worker]
  let webhooks: Webhooks
  let messages: Messages

  public init(_ node: Node) async throws {
    clock = node.clock
    incidents = IncidentsClient(node.neighbours)
    announcements = AnnouncementsStore(mutations: node.mutations)
    components = ComponentsStore(mutations: node.mutations)
    maintenances = MaintenancesStore(mutations: node.mutations)
    publicStore = PublicStore(redis: node.redis, namespace: node.namespace)
    publicStatus = PublicStatus(
      publicStore, components, PageFacts(node.configuration), node.watcher, clock: node.clock, logger: node.logger)
    let announced = AnnouncementsFollower(incidents: incidents, announcements: announcements)
    let depended = ComponentsFollower(components: components)
    workers = [
      node.worker(AnnouncementsFollower.group, handles: AnnouncementsFollower.handles, handle: announced.handle),
      node.worker(ComponentsFollower.group, handles: ComponentsFollower.handles, handle: depended.handle),
    ]
    webhooks = Webhooks(node)
    messages = Messages(node)
    let webhooks = webhooks.store
    audience.webhooks = { _ async throws(Failure) in try await webhooks.subscribers(to: "announcement.published").count }
    await publicStatus.refresh()
  }

  public var routes: [ServiceRoute] { statusRoutes + webhooks.routes + messages.routes }

  private var statusRoutes: [ServiceRoute] { announcementRoutes + maintenanceRoutes + componentRoutes + statuspageRoutes }

  public func run() async {
    await Caller.$current.withValue(.comms) { await work() }
  }

  private func work() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.publicStatus.run() }
      group.addTask { await MaintenancesClock(maintenances: maintenances).run() }
      for worker in workers { group.addTask { await worker.run() } }
      group.addTask { await webhooks.run() }
    }
  }
}

extension Caller {
  /// Comms itself: who acts when nobody asked.
  static let comms = Caller(
    application: Application(name: ServiceName.comms.rawValue, scopes: Set(Scope.allCases), strict: true, admin: true, expiresAt: nil))
}
