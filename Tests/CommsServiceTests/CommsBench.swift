import Foundation
import CommsService
import HTTPTypes
import IncidentsService
import JSONBytes
import PrivateServers
import Reactor
import RedisClient
import ServiceCalls
import ServiceRuntime
import StatusModel
import Synchronization
import Testing
import UsersService

/// The services users, incidents and comms on a real Redis of their own, over HTTP, with an sre who is signed in. Time is the bench's own
/// once it was moved.
final class CommsBench: Sendable {
  let redis: PrivateRedis
  let users: RunningService
  let incidents: RunningService
  private let comms: Mutex<RunningService>
  private let hasIncidents = Mutex(true)
  /// Token of an administrator.
  let admin: String
  private let environment: [String: String]
  private let offset: Offset

  /// Milliseconds by which the clock of comms is ahead.
  final class Offset: Sendable {
    let value = Mutex<Int64>(0)
  }

  private static let password = "a long enough password"

  /// Runs `body` on one of its own and ends it.
  static func run(_ settings: [String: String] = [:], _ body: (CommsBench) async throws -> Void) async throws {
    let bench = try await start(settings)
    let outcome: Result<Void, any Error>
    do {
      try await body(bench)
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await bench.running.stop()
    await bench.stopIncidents()
    await bench.users.stop()
    await bench.redis.stop()
    try outcome.get()
  }

  private static func start(_ settings: [String: String]) async throws -> CommsBench {
    let redis = try await PrivateRedis()
    let own = [
      "REDIS_URL": redis.url, "PORT": "0", "LOOPS": "1", "LIMIT_FACTOR": "0", "LOG_LEVEL": "error", "POLYSTATUS_NAMESPACE": "test",
      "POLYSTATUS_HOME": redis.directory.path, "POLYSTATUS_ADMIN_EMAIL": "root@example.org", "POLYSTATUS_ADMIN_PASSWORD": password,
    ]
    var environment = own.merging(settings) { $1 }
    let users = try await RunningService.start(Users.self, on: try node(.users, environment))
    environment["USERS_URL"] = "http://\(users.address)"
    let incidents = try await RunningService.start(Incidents.self, on: try node(.incidents, environment))
    environment["INCIDENTS_URL"] = "http://\(incidents.address)"
    let offset = Offset()
    let comms = try await Self.comms(environment, offset)
    for service in [users, incidents, comms] { try await untilReady(service, users.node) }
    let body: JSONValue = ["email": "root@example.org", "password": .string(password)]
    let answer = try await users.node.ask(users, .post, "/api/v1/auth/login", body.text)
    return CommsBench(redis, users, incidents, comms, try #require(answer.json["token"]?.string), environment, offset)
  }

  private init(
    _ redis: PrivateRedis, _ users: RunningService, _ incidents: RunningService, _ comms: RunningService, _ admin: String,
    _ environment: [String: String], _ offset: Offset
  ) {
    self.redis = redis
    self.users = users
    self.incidents = incidents
    self.comms = Mutex(comms)
    self.admin = admin
    self.environment = environment
    self.offset = offset
  }

  private static func comms(_ environment: [String: String], _ offset: Offset) async throws -> RunningService {
    let clock: @Sendable () -> Int64 = { Node.wallClock() + offset.value.withLock { $0 } }
    return try await RunningService.start(Comms.self, on: try node(.comms, environment, clock))
  }

  private static func node(
    _ name: ServiceName, _ environment: [String: String], _ clock: @escaping @Sendable () -> Int64 = Node.wallClock
  ) throws -> Node {
    try Node(name, Configuration(environment: environment), writer: LineWriter(descriptor: -1), clock: clock)
  }

  private static func untilReady(_ service: RunningService, _ node: Node) async throws {
    try await eventually { try await node.ask(service, .get, "/ready").status == 200 }
  }

  var running: RunningService { comms.withLock { $0 } }

  /// A second replica; who starts it stops it.
  func replica() async throws -> RunningService {
    let replica = try await Self.comms(environment, offset)
    try await Self.untilReady(replica, users.node)
    return replica
  }

  /// Ends comms and starts it again.
  func restart() async throws {
    await running.stop()
    let new = try await Self.comms(environment, offset)
    comms.withLock { $0 = new }
    try await Self.untilReady(new, users.node)
  }

  /// Ends the incidents service, once.
  func stopIncidents() async {
    let isFirst = hasIncidents.withLock { has in
      defer { has = false }
      return has
    }
    if isFirst { await incidents.stop() }
  }

  /// Moves the clock of comms.
  func advance(seconds: Int) { offset.value.withLock { $0 += Int64(seconds) * 1000 } }
  /// Of comms' clock, in epoch seconds.
  var now: Int { Int((Node.wallClock() + offset.value.withLock { $0 }) / 1000) }

  // MARK: Calls

  /// Asks comms as the administrator.
  func ask(_ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, _ fields: HTTPFields = [:]) async throws -> Answer {
    try await users.node.ask(running, method, target, body?.text, as: admin, fields)
  }

  /// Asks comms as nobody.
  func read(_ target: String, _ fields: HTTPFields = [:], from replica: RunningService? = nil) async throws -> Answer {
    try await users.node.ask(replica ?? running, .get, target, as: nil, fields)
  }

  /// Declares an incident and gives its id.
  func declare(_ title: String = "Checkout down", sev: Int = 1, services: [String] = []) async throws -> String {
    let body: JSONValue = ["title": .string(title), "sev": .integer(sev), "services": .array(services.map(JSONValue.string))]
    let answer = try await users.node.ask(incidents, .post, "/api/v1/incidents", body.text, as: admin)
    return try #require(answer.json["id"]?.string)
  }

  /// Changes an incident inside.
  func change(_ method: HTTPRequest.Method, _ id: String, _ part: String = "", _ body: JSONValue) async throws {
    let answer = try await users.node.ask(incidents, method, "/api/v1/incidents/\(id)\(part)", body.text, as: admin)
    try #require(answer.status == 200, "\(answer.text)")
  }

  @discardableResult
  func announce(_ id: String, _ message: String = "We look into it.", state: String = "investigating") async throws -> Answer {
    let answer = try await ask(
      .post, "/api/v1/public/announce", ["incident_id": .string(id), "message": .string(message), "state": .string(state)])
    try #require(answer.status == 201, "\(answer.text)")
    return answer
  }

  /// An incident as its responders see it.
  func inside(_ id: String) async throws -> JSONValue {
    try await users.node.ask(incidents, .get, "/api/v1/incidents/\(id)", as: admin).json
  }

  /// Puts a message of another service on the bus.
  func publish(_ name: String, _ data: [String: JSONValue]) async throws {
    let node = users.node
    let members = JSONObject([("cid", .string("cid-of-a-test"))] + data.map { ($0.key, $0.value) })
    let message: JSONValue = [
      "event_name": .string(name), "event_uuid": .string(UUID().uuidString.lowercased()),
      "event_creation_time": .string(ISO8601.text(milliseconds: Node.wallClock())), "event_sender_id": "csp-ingestor",
      "data": .object(members),
    ]
    try await node.onLoop { _ = try await node.redis.command("XADD", "{test}:bus", "*", "message", .bytes(message.bytes)) }
  }

  /// The messages of a name on the bus, oldest first.
  func messages(_ name: String) async throws -> [JSONValue] {
    let node = users.node
    let reply = try await node.onLoop { try await node.redis.command("XRANGE", "{test}:bus", "-", "+") }
    return (reply.array ?? []).compactMap { $0.array?[1].array?[1].bytes }.compactMap { try? JSONValue(parsing: $0) }
      .filter { $0["event_name"]?.string == name }
  }
}

extension HTTPField.Name {
  static let totalCount = Self("X-Total-Count")!
  static let dataAsOf = Self("X-Data-As-Of")!
}
