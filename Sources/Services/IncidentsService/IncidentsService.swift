import Messaging
import ServiceClients
public import ServiceRuntime
public import StatusModel

/// The incidents service: what went wrong, who leads, what happened when, what was learned.
public struct Incidents: ClusterService {
  public static let name = ServiceName.incidents
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies = [Dependency.redis, .neighbour(.users)]

  let store: IncidentsStore
  let users: UsersClient
  let stream: EventStream
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64
  private let reactions: Worker
  let metrics: IncidentMetrics
  private let flagChanges: Worker
  private let providerNews: Worker
  private let reminders: Reminders
  private let metricsFollower: Follower

  public init(_ node: Node) async throws {
    store = IncidentsStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    users = UsersClient(node.neighbours)
    stream = EventStream(node.watcher)
    clock = node.clock
    let reactions = IncidentsReactions(store: store)
    self.reactions = node.worker(IncidentsReactions.group, handles: IncidentsReactions.handles, handle: reactions.handle)
    flagChanges = FlagChanges(store).worker(on: node)
    providerNews = ProviderNews(store).worker(on: node)
    reminders = Reminders(store, node.configuration, logger: node.logger)
    metrics = IncidentMetrics(store)
    metricsFollower = metrics.follower(node.watcher)
  }

  public func run() async {
    async let announcements: Void = reactions.run()
    async let flags: Void = flagChanges.run()
    async let providers: Void = providerNews.run()
    async let reminding: Void = reminders.run()
    async let counting: Void = metricsFollower.run()
    _ = await (announcements, flags, providers, reminding, counting)
  }
}
