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
  private let flagChanges: Worker

  public init(_ node: Node) async throws {
    store = IncidentsStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    users = UsersClient(node.neighbours)
    stream = EventStream(node.watcher)
    flagChanges = FlagChanges(store).worker(on: node)
  }

  public func run() async { await flagChanges.run() }
}
