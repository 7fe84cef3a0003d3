import JSONBytes
import Messaging
import OutboundClient
import Reactor
import ServiceClients
public import ServiceRuntime
import Signing
public import StatusModel

/// The csp-ingestor service: watches what providers publish about themselves, keeps their events, opens incidents once, says what caused what.
public struct CSPIngestor: ClusterService {
  public static let name = ServiceName.cspIngestor
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies: [Dependency] = [.redis, .neighbour(.incidents), .neighbour(.comms), .neighbour(.flags)]

  let store: CSPStore
  let registration: Registration
  let refresher: Refresher
  let reports: CrowdReports
  let causes: CauseFinder
  let neighbours: Neighbours
  let limits: RateLimits
  let flags: FlagsClient
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64
  private let poller: Poller
  private let seedsProviders: Bool
  let reaction: IncidentReaction

  public init(_ node: Node) async throws {
    store = CSPStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    clock = node.clock
    neighbours = node.neighbours
    limits = node.limits
    let flags = FlagsClient(node.neighbours, watcher: node.watcher)
    self.flags = flags
    let incidents = IncidentsClient(node.neighbours)
    reaction = IncidentReaction(
      store: store, incidents: incidents, isOn: { flags.isOn(.cspAutoIncident) }, logger: node.logger, clock: node.clock)
    let fetcher = Fetcher(client: node.guarded, clock: node.clock)
    let prober = Prober(client: node.guarded)
    refresher = Refresher(
      store: store, fetcher: fetcher, prober: prober, workers: node.workers, weigher: CauseWeigher(store: store, clock: node.clock),
      reaction: reaction, logger: node.logger, clock: node.clock)
    registration = Registration(store: store, fetcher: fetcher, prober: prober, workers: node.workers, clock: node.clock)
    reports = CrowdReports(
      store: store, threshold: node.configuration.number("REPORTS_THRESHOLD") ?? 5, logger: node.logger, clock: node.clock)
    causes = CauseFinder(store: store, incidents: incidents, neighbours: node.neighbours, clock: node.clock)
    poller = Poller(store: store, refresher: refresher, logger: node.logger, clock: node.clock)
    seedsProviders = node.configuration.text("PROVIDERS") != "none"
  }

  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await seed() }
      group.addTask { await poller.run() }
      group.addTask { await reaction.run() }
      group.addTask { await reports.run() }
      group.addTask { await flags.run() }
    }
  }

  /// Once in the life of a namespace: what somebody deletes stays deleted.
  private func seed() async {
    guard seedsProviders else { return }
    while !Task.isCancelled {
      do { return try await registration.seed() } catch {
        guard (try? await EventLoop.current.sleep(for: .seconds(1))) != nil else { return }
      }
    }
  }
}
