import FoundationEssentials
import JSONBytes
public import HTTPServer
import HTTPTypes
public import Identity
public import Logging
public import Messaging
public import OutboundClient
public import Reactor
public import RedisClient
import Signing
public import StatusModel
import Synchronization

/// One process of the cluster: what a service is given, and what starts and stops around it.
public final class Node: Sendable {
  public let name: ServiceName
  public let configuration: Configuration
  /// The prefix of every key, such as `{polystatus}`.
  public let namespace: String
  public let redis: Redis
  public let identity: Identity
  public let mutations: Mutations
  /// Reads the bus for everything in this process that follows it.
  public let watcher: Watcher
  /// The bus as operators see it.
  public let bus: BusSupervisor
  /// For neighbours: it reaches every address.
  public let outbound: OutboundClient
  /// For addresses that people type in: it reaches public addresses, and what ALLOW_ADDRESSES opens.
  public let guarded: OutboundClient
  public let neighbours: Neighbours
  public let limits: RateLimits
  public let loops: LoopGroup
  public let workers: WorkerPool
  /// Milliseconds since the epoch.
  public let clock: @Sendable () -> Int64
  public let logger: Logger
  let addresses: VisitorAddress
  let logs: Logs
  let workerGroups = Workers()
  let writer: LineWriter
  fileprivate let keeper: BusKeeper
  private let isClosed = Atomic<Bool>(false)

  /// Starts the loops. Throws `RedisURLError`, `Configuration.Invalid`.
  public init(
    _ name: ServiceName, _ configuration: Configuration, writer: LineWriter = LineWriter(),
    clock: @escaping @Sendable () -> Int64 = Node.wallClock
  ) throws {
    self.name = name
    self.configuration = configuration
    self.clock = clock
    namespace = configuration.namespace
    self.writer = writer
    addresses = VisitorAddress(trusted: configuration.ranges("TRUSTED_PROXIES"))
    logs = Logs(service: name, writer: writer, clock: clock)
    logger = logs.logger(Logger.Level(rawValue: configuration.text("LOG_LEVEL")) ?? .info)
    loops = LoopGroup(count: configuration.number("LOOPS") ?? LoopGroup.cores)
    workers = WorkerPool()
    redis = Redis(try configuration.redis(), loops: loops, workers: workers)
    identity = Identity(redis: redis, namespace: namespace, environment: configuration.text("POLYSTATUS_ENV"), clock: clock, loops: loops)
    let busLimit = configuration.number("BUS_MAX") ?? 1_000_000
    mutations = Mutations(redis: redis, namespace: namespace, sender: name, busLimit: busLimit, clock: clock)
    bus = BusSupervisor(redis: redis, mutations: mutations, namespace: namespace)
    keeper = BusKeeper(mutations, busLimit: busLimit, clock: clock)
    watcher = Watcher(redis: redis, namespace: namespace)
    outbound = OutboundClient(loops: loops)
    guarded = OutboundClient(loops: loops, configuration: OutboundConfiguration(addresses: configuration.reachable))
    neighbours = Neighbours(outbound: outbound, configuration: configuration, clock: clock)
    limits = RateLimits(redis: redis, namespace: namespace, factor: configuration.number("LIMIT_FACTOR") ?? 1, clock: clock)
    loops.start()
  }

  public static let wallClock: @Sendable () -> Int64 = {
    Int64(Date().timeIntervalSince1970 * 1000)
  }

  /// The numeric address a request comes from, seen through trusted proxies; `unix` for a Unix socket.
  public func address(of request: Request) -> String { addresses.of(request) }

  /// Runs `body` on the first loop: for work outside a request, under a correlation id of its own.
  public func onLoop<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await loops.loops[0].perform {
      try await CorrelationID.$current.withValue(UUIDText.random()) { try await body() }
    }
  }

  /// Runs `body` on the first loop until it ends.
  func inBackground(_ body: @escaping @Sendable () async -> Void) async { try? await onLoop { await body() } }

  /// Frees what the node holds, once nothing uses it any more. Closing again does nothing.
  public func close() async {
    guard isClosed.exchange(true, ordering: .relaxed) == false else { return }
    try? await onLoop { [redis, outbound, guarded] in
      await redis.close()
      await outbound.close()
      await guarded.close()
    }
    loops.stop()
    workers.stop()
  }
}

/// A service that listens.
public final class RunningService: Sendable {
  public let node: Node
  /// With its port where 0 was asked for.
  public let address: SocketAddress
  /// Every route it answers, the common ones too.
  public let routes: [RouteName]
  private let server: Server
  private let background: Task<Void, Never>

  public struct RouteName: Sendable, Hashable {
    public let method: String
    public let template: String
  }

  /// Makes the service and listens; when it cannot, the node is closed. Throws `SocketFailure`, and what the service's initialiser throws.
  public static func start<Service: ClusterService>(_ type: Service.Type, on node: Node) async throws -> RunningService {
    do { return try await listen(type, on: node) } catch {
      await node.close()
      throw error
    }
  }

  private static func listen<Service: ClusterService>(_ type: Service.Type, on node: Node) async throws -> RunningService {
    let service = try await node.onLoop { try await Service(node) }
    let passwords = PasswordCallers(
      identity: node.identity, clock: node.clock, loops: node.loops, check: service.passwordCheck ?? node.askUsers)
    let authentication = Authentication(
      identity: node.identity, passwords: passwords, addresses: node.addresses,
      environment: node.configuration.text("POLYSTATUS_ENV"), clock: node.clock)
    let common = CommonRoutes(
      service: node.name, dependencies: Service.dependencies + own(service),
      documents: Documents(service: node.name, swagger: Service.swagger, workers: node.workers), redis: node.redis,
      neighbours: node.neighbours, clock: node.clock, commit: node.configuration.text("POLYSTATUS_COMMIT"),
      isReady: service.isReady)
    let heartbeat = Heartbeat(
      node, instance: "\(node.configuration.text("HOST")):\(node.configuration.number("PORT") ?? Int(node.name.defaultPort))")
    let names = (service.routes + common.table).map { RouteName(method: $0.method.rawValue, template: $0.template) }
    let measured = [Metrics.paths.metrics, Metrics.paths.history, Metrics.paths.prometheus].map { RouteName(method: "GET", template: $0) }
    let meters = RouteMeters(names + measured)
    let routes = service.routes + common.table + Metrics(node, meters: meters, heartbeat: heartbeat).routes
    let door = FrontDoor(
      logs: node.logs, logger: node.logger, authentication: authentication,
      idempotency: Idempotency(redis: node.redis, namespace: node.namespace, service: node.name), meters: meters,
      page: service.page)
    let router = Router(routes.map(door.guarded), middleware: [door.enter])
    var configuration = Server.Configuration()
    configuration.onError = { error, _ in Response.problem(error) }
    configuration.onRefusal = door.refuse
    let server = Server(router, loops: node.loops, configuration: configuration)
    let address = try await server.listen(at: node.listenAddress())
    node.logger.info("listening", metadata: ["address": "\(address)"])
    return RunningService(node: node, address: address, routes: names + measured, server: server) {
      async let beating: Void = node.inBackground { await heartbeat.run() }
      async let working: Void = node.inBackground { await service.run() }
      async let watching: Void = node.inBackground { await node.watcher.run() }
      async let refusing: Void = node.inBackground { await node.runCommandGuard() }
      async let keeping: Void = node.inBackground { await node.keeper.run() }
      async let telling: Void = node.inBackground { await node.logs.errorLines.run(node.mutations, node.name) }
      await node.registerOwnApplication()
      _ = await (beating, working, watching, refusing, keeping, telling)
    }
  }

  /// What the runtime itself calls: users, for a password sent with a request, unless the service checks it or names users already.
  private static func own<Service: ClusterService>(_ service: Service) -> [Dependency] {
    let users = Dependency.neighbour(.users)
    return service.passwordCheck != nil || Service.dependencies.contains(users) ? [] : [users]
  }

  private init(
    node: Node, address: SocketAddress, routes: [RouteName], server: Server, background: @escaping @Sendable () async -> Void
  ) {
    self.node = node
    self.address = address
    self.routes = routes
    self.server = server
    self.background = Task { await background() }
  }

  /// Lets what runs finish (10 s), then closes all.
  public func stop() async {
    await server.stop()
    background.cancel()
    await background.value
    await node.close()
  }
}

extension Configuration {
  /// What people may have us call.
  public var reachable: AddressGuard {
    self["ALLOW_PRIVATE_ADDRESSES"] == "true" ? .open : .publicAddresses(and: ranges("ALLOW_ADDRESSES"))
  }

  /// Throws `RedisURLError`.
  fileprivate func redis() throws(RedisURLError) -> RedisConfiguration {
    var redis = try RedisConfiguration(url: text("REDIS_URL"))
    redis.replicas = number("REDIS_WAIT") ?? 0
    return redis
  }
}

extension Node {
  fileprivate func listenAddress() async throws -> SocketAddress {
    let host = configuration.text("HOST")
    let port = UInt16(configuration.number("PORT") ?? Int(name.defaultPort))
    let found = try await workers.run { try SocketAddress.resolve(host, port: port) }
    guard let address = found.first else { throw Failure.defect }
    return address
  }

  /// Until it has succeeded: Redis may come later than we do.
  fileprivate func registerOwnApplication() async {
    while !Task.isCancelled, !neighbours.canSign {
      do {
        let own = try await onLoop { [self] in try await identity.ownApplication(name, configured: configuration["POLYSTATUS_APPID"]) }
        neighbours.sign(as: own)
      } catch {
        logger.warning("not registered yet", metadata: ["error": "\((error as? Failure)?.detail ?? "\(error)")"])
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  /// The password of a caller, checked by users.
  fileprivate var askUsers: PasswordCallers.Check {
    { [neighbours] username, password async throws(Failure) in
      let answer: JSONValue
      do throws(Failure) {
        answer = try await neighbours.call(
          .users, .post, "/api/v1/auth/check", body: ["username": .string(username), "password": .string(password)])
      } catch {
        if case .unknownCaller = error { return nil }
        throw error
      }
      guard let id = answer["user_id"]?.string, let version = answer["password_version"]?.integer else { throw .defect }
      return PasswordCallers.Checked(userID: id, passwordVersion: version)
    }
  }
}
