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
  private let reactions: Worker
  private let flagChanges: Worker

  public init(_ node: Node) async throws {
    store = IncidentsStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    users = UsersClient(node.neighbours)
    stream = EventStream(node.watcher)
    let reactions = IncidentsReactions(store: store)
    self.reactions = node.worker(IncidentsReactions.group, handles: IncidentsReactions.handles, handle: reactions.handle)
    flagChanges = FlagChanges(store).worker(on: node)
  }

  public func run() async {
    async let announcements: Void = reactions.run()
    async let flags: Void = flagChanges.run()
    _ = await (announcements, flags)
  }
}
