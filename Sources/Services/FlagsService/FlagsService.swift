import Messaging
public import ServiceRuntime
public import StatusModel

/// Feature flags: defined by people, asked by programs over OpenFeature's remote protocol or plain HTTP.
public struct Flags: ClusterService {
  public static let name = ServiceName.flags
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis, .neighbour(.incidents)]

  let node: Node
  let store: FlagsStore
  let memory: FlagsMemory
  let editor: FlagsEditor
  let events: FlagEvents
  private let follower: Follower

  public init(_ node: Node) async throws {
    self.node = node
    store = FlagsStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    memory = FlagsMemory(store, workers: node.workers, logger: node.logger)
    editor = FlagsEditor(node, store, memory)
    events = FlagEvents(EventStream(node.watcher), memory)
    follower = Follower(node.watcher, concerns: { $0.hasPrefix("flag.") }) { [memory] in try await memory.refresh() }
    // While Redis is away `run` goes on trying.
    _ = try? await editor.makeClusterFlags()
  }

  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await follower.run() }
      group.addTask { await editor.run() }
    }
  }
}
