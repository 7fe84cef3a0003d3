import Foundation
import HTTPTypes
import Identity
import IncidentsService
import JSONBytes
import Messaging
import PrivateServers
import Reactor
import RedisClient
import ServiceCalls
import ServiceRuntime
import StatusModel
import Synchronization
import Testing

@testable import FlagsService
@testable import UsersService

/// The flags service and its neighbours on free ports, over a private Redis, with three people who are signed in.
final class FlagsWorld: Sendable {
  static let password = "a long enough password"
  let redis: PrivateRedis
  let users: RunningService
  let flags: RunningService
  let clock = TestClock()
  private let environment: [String: String]
  /// Tokens.
  let admin, sre, viewer: String
  private let others = Mutex<[RunningService]>([])
  private let hasFlags = Mutex(true)

  /// A fresh world for `body`; `settings` are environment variables of flags.
  static func run(_ settings: [String: String] = [:], _ body: (FlagsWorld) async throws -> Void) async throws {
    let world = try await FlagsWorld(settings)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(world)) } catch { outcome = .failure(error) }
    for service in world.others.withLock({ $0 }) { await service.stop() }
    await world.stopFlags()
    await world.users.stop()
    await world.redis.stop()
    try outcome.get()
  }

  private init(_ settings: [String: String]) async throws {
    redis = try await PrivateRedis(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
    let incidents = "http://127.0.0.1:\(PrivateRedis.freePort())"
    let common = [
      "REDIS_URL": redis.url, "PORT": "0", "LOOPS": "2", "LIMIT_FACTOR": "0", "LOG_LEVEL": "error",
      "POLYSTATUS_HOME": redis.directory.path, "POLYSTATUS_ADMIN_EMAIL": "root@example.org", "POLYSTATUS_ADMIN_PASSWORD": Self.password,
      "INCIDENTS_URL": incidents,
    ]
    let users = try await Self.start(Users.self, .users, common)
    self.users = users
    environment = common.merging(["USERS_URL": "http://\(users.address)"]) { $1 }.merging(settings) { $1 }
    flags = try await Self.start(Flags.self, .flags, environment, clock)
    let store = UsersStore(redis: users.node.redis, mutations: users.node.mutations, namespace: users.node.namespace)
    func token(_ role: Role) async throws -> String {
      try await users.node.onLoop {
        let id = UUID().uuidString.lowercased()
        _ = try await store.create(NewUser(id: id, name: "The \(role)", email: "\(role)@example.org", role: role))
        return try #require(try await store.createSession(id, passwordVersion: nil, seconds: 86_400, address: "", agent: ""))
      }
    }
    admin = try await token(.admin)
    sre = try await token(.sre)
    viewer = try await token(.viewer)
  }

  private static func start<Service: ClusterService>(
    _ type: Service.Type, _ name: ServiceName, _ environment: [String: String], _ clock: TestClock? = nil
  ) async throws -> RunningService {
    let configuration = try Configuration(environment: environment)
    let node =
      if let clock { try Node(name, configuration, clock: { clock.now }) } else { try Node(name, configuration) }
    let service = try await RunningService.start(type, on: node)
    try await eventually { try await node.ask(service, .get, "/ready").status == 200 }
    return service
  }

  /// Ends the flags service, once.
  func stopFlags() async {
    let isFirst = hasFlags.withLock { has in
      defer { has = false }
      return has
    }
    if isFirst { await flags.stop() }
  }

  /// Another replica of flags, on the same clock.
  func replica() async throws -> RunningService {
    let service = try await Self.start(Flags.self, .flags, environment, clock)
    others.withLock { $0.append(service) }
    return service
  }

  /// The incidents service, where flags looks for it.
  func startIncidents() async throws {
    let port = environment["INCIDENTS_URL"]?.split(separator: ":").last.map(String.init) ?? "0"
    let service = try await Self.start(Incidents.self, .incidents, environment.merging(["PORT": port]) { $1 })
    others.withLock { $0.append(service) }
  }

  /// The incidents service, once it was started.
  var incidents: RunningService? { others.withLock { $0.first { $0.node.name == .incidents } } }

  /// A node that signs as `name`, and the service that runs on it.
  func start<Service: ClusterService>(_ type: Service.Type, _ name: ServiceName) async throws -> RunningService {
    let service = try await Self.start(type, name, environment.merging(["FLAGS_URL": "http://\(flags.address)"]) { $1 })
    others.withLock { $0.append(service) }
    return service
  }

  // MARK: Calls

  /// Asks flags, as the admin unless told otherwise; nil: as nobody.
  func ask(
    _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, as token: String?, _ fields: HTTPFields = [:],
    at service: RunningService? = nil
  ) async throws -> Answer {
    try await users.node.ask(service ?? flags, method, target, body?.text, as: token, fields)
  }

  func ask(_ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, _ fields: HTTPFields = [:]) async throws -> Answer {
    try await ask(method, target, body, as: admin, fields)
  }

  func ask(_ method: HTTPRequest.Method, _ target: String, text: String, as token: String?, _ fields: HTTPFields = [:]) async throws
    -> Answer
  {
    try await users.node.ask(flags, method, target, text, as: token, fields)
  }

  /// Saves a definition that must be accepted.
  @discardableResult
  func save(_ definition: JSONValue) async throws -> Answer {
    let answer = try await ask(.post, "/admin/flags", definition)
    try #require(answer.status == 201 || answer.status == 200, "\(answer.text)")
    return answer
  }

  func evaluate(
    _ key: String, _ context: JSONValue = [:], as token: String? = nil, at service: RunningService? = nil
  ) async throws -> JSONValue {
    try await ask(.post, "/ofrep/v1/evaluate/flags/\(key)", ["context": context], as: token, at: service).json
  }

  /// An application's key with these scopes.
  func key(_ name: String, scopes: [String]) async throws -> String {
    let body: JSONValue = ["name": .string(name), "scopes": .array(scopes.map { .string($0) })]
    let answer = try await users.node.ask(users, .post, "/api/v1/apps", body.text, as: admin)
    return try #require(answer.json["key"]?.string)
  }

  /// The messages on the bus whose names begin so, each checked against the schema.
  func messages(_ prefix: String) async throws -> [BusMessage] {
    let node = users.node
    let entries = try await node.onLoop { try await node.redis.command("XRANGE", "\(node.namespace):bus", "-", "+") }
    return try (entries.array ?? []).map { entry in
      try BusMessage(parsing: #require(entry.array?.last?.array?.last?.bytes))
    }.filter { $0.name.hasPrefix(prefix) }
  }
}

final class TestClock: Sendable {
  private let ahead = Mutex<Int64>(0)
  var now: Int64 { Node.wallClock() + ahead.withLock { $0 } }
  var seconds: Int { Int(now / 1000) }
  func advance(_ duration: Duration) { ahead.withLock { $0 += duration.components.seconds * 1000 } }
}
