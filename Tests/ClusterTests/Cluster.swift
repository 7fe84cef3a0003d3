import FoundationEssentials
import HTTPTypes
import CSPIngestorService
import CommsService
import FlagsService
import FrontendService
import IncidentsService
import JSONBytes
import Logging
import OutboundClient
import RedisClient
import PrivateServers
import Reactor
import ServiceRuntime
import StatusModel
import Synchronization
import UsersService

/// All six services in this process, each a node of its own with real HTTP between them, on one private Redis.
final class Cluster: Sendable {
  static let adminMail = "admin@example.org"
  static let adminPassword = "correct horse battery"

  let redis: PrivateRedis
  private let ports: [ServiceName: Int]
  private let environment: [String: String]
  private let running = Mutex<[ServiceName: RunningService]>([:])
  private let client: Node

  /// Up when every service is ready.
  static func start(_ changes: [String: String] = [:]) async throws -> Cluster {
    let cluster = try await Cluster(redis: PrivateRedis(arguments: ["--appendonly", "yes", "--appendfsync", "always"]), changes)
    for service in ServiceName.allCases { try await cluster.start(service) }
    for service in ServiceName.allCases { try await cluster.untilReady(service) }
    return cluster
  }

  /// Starts a cluster for `body` and stops it whatever happens. What lies on the bus in the end has to keep its schemas.
  static func with(_ changes: [String: String] = [:], _ body: (Cluster) async throws -> Void) async throws {
    let cluster = try await start(changes)
    do {
      try await body(cluster)
      let messages = try await cluster.messages()
      for message in messages { checkSchema(of: message) }
    } catch {
      await cluster.stop()
      throw error
    }
    await cluster.stop()
  }

  private init(redis: PrivateRedis, _ changes: [String: String]) throws {
    self.redis = redis
    ports = Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ($0, Int(PrivateRedis.freePort())) })
    var environment = [
      "REDIS_URL": redis.url, "LOOPS": "1", "LOG_LEVEL": "error", "LIMIT_FACTOR": "0", "PROVIDERS": "none",
      "POLYSTATUS_HOME": redis.directory.path,
      "POLYSTATUS_ADMIN_EMAIL": Self.adminMail, "POLYSTATUS_ADMIN_PASSWORD": Self.adminPassword,
    ]
    for (service, port) in ports {
      environment[service.rawValue.uppercased().replacing("-", with: "_") + "_URL"] = "http://127.0.0.1:\(port)"
    }
    self.environment = environment.merging(changes) { $1 }
    client = try Node(.frontend, Configuration(environment: self.environment), writer: LineWriter(descriptor: -1))
  }

  // MARK: - Services

  func start(_ name: ServiceName) async throws {
    let own = environment.merging(["PORT": "\(ports[name] ?? 0)"]) { $1 }
    let node = try Node(name, Configuration(environment: own), writer: LineWriter(descriptor: -1))
    let service =
      switch name {
      case .frontend: try await RunningService.start(Frontend.self, on: node)
      case .users: try await RunningService.start(Users.self, on: node)
      case .incidents: try await RunningService.start(Incidents.self, on: node)
      case .comms: try await RunningService.start(Comms.self, on: node)
      case .cspIngestor: try await RunningService.start(CSPIngestor.self, on: node)
      case .flags: try await RunningService.start(Flags.self, on: node)
      }
    running.withLock { $0[name] = service }
  }

  func stop(_ name: ServiceName) async {
    let service = running.withLock { $0.removeValue(forKey: name) }
    await service?.stop()
  }

  func stop() async {
    for name in ServiceName.allCases { await stop(name) }
    await client.close()
    await redis.stop()
  }

  /// Has a service write a line of level error.
  func logError(_ message: String, error: String, cid: String, in name: ServiceName) async throws {
    guard let node = running.withLock({ $0[name]?.node }) else { throw Unexpected("\(name) does not run") }
    CorrelationID.$current.withValue(cid) { node.logger.error("\(message)", metadata: ["error": "\(error)"]) }
  }

  func port(of name: ServiceName) -> Int { ports[name] ?? 0 }

  /// The method and template of every route of a running service.
  func routes(of name: ServiceName) -> [RunningService.RouteName] { running.withLock { $0[name]?.routes ?? [] } }

  func untilReady(_ name: ServiceName) async throws {
    try await eventually { [self] in
      try await call(name, .get, "/ready").status == .ok
    }
  }

  // MARK: - Calls

  struct Answer: Sendable {
    let status: HTTPResponse.Status
    let headerFields: HTTPFields
    let body: [UInt8]
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    var cid: String? { headerFields[HTTPField.Name("X-CID")!] }
  }

  /// One request as a program outside the cluster sends it.
  func call(
    _ service: ServiceName, _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, token: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> Answer {
    var fields = HTTPFields()
    if body != nil { fields[.contentType] = "application/json" }
    if let token { fields[.authorization] = "Bearer \(token)" }
    for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
    var request = OutboundRequest(method, "http://127.0.0.1:\(ports[service] ?? 0)\(target)", headerFields: fields, body: body?.bytes ?? [])
    request.timeout = .seconds(30)
    let asked = request
    let answer = try await client.onLoop { [client] in try await client.outbound.send(asked) }
    return Answer(status: answer.status, headerFields: answer.headerFields, body: answer.body)
  }

  /// A form as a browser sends it; without `body` a plain request.
  func send(
    _ service: ServiceName, _ method: HTTPRequest.Method, _ target: String, _ form: String?, _ headers: [String: String]
  ) async throws -> Answer {
    var fields = HTTPFields()
    if form != nil { fields[.contentType] = "application/x-www-form-urlencoded" }
    for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
    let bytes = form.map { Array($0.utf8) } ?? []
    var request = OutboundRequest(method, "http://127.0.0.1:\(ports[service] ?? 0)\(target)", headerFields: fields, body: bytes)
    request.timeout = .seconds(30)
    let asked = request
    let answer = try await client.onLoop { [client] in try await client.outbound.send(asked) }
    return Answer(status: answer.status, headerFields: answer.headerFields, body: answer.body)
  }

  func signIn(_ email: String = adminMail, _ password: String = adminPassword) async throws -> String {
    let answer = try await call(.users, .post, "/api/v1/auth/login", ["email": .string(email), "password": .string(password)])
    guard let token = answer.json["token"]?.string else { throw Unexpected(answer) }
    return token
  }

  /// Drops what is kept of answers under an Idempotency-Key.
  func forgetAnswers() async throws {
    try await client.onLoop { [client] in
      for key in try await client.redis.command("KEYS", "{polystatus}:answer:*").array ?? [] {
        _ = try await client.redis.command("DEL", .string(key.string ?? ""))
      }
    }
  }

  /// Commands that Redis has carried out since it started.
  func commandsDone() async throws -> Int {
    let reply = try await client.onLoop { [client] in try await client.redis.command("INFO", "stats") }
    let line = reply.string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
    return line.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) } ?? 0
  }

  /// As if an incident of severity 1 or 2 had had no commander for long.
  func leaveAlone(_ incident: String) async throws {
    _ = try await client.onLoop { [client] in
      try await client.redis.command("ZADD", "{polystatus}:incidents:remind:commander", "0", .string(incident))
    }
  }

  /// Every message on the bus, oldest first.
  func messages() async throws -> [JSONValue] {
    let reply = try await client.onLoop { [client] in try await client.redis.command("XRANGE", "{polystatus}:bus", "-", "+") }
    return (reply.array ?? []).compactMap { $0.array?[1].array?[1].bytes }.compactMap { try? JSONValue(parsing: $0) }
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let description: String
  init(_ answer: Cluster.Answer) { description = "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))" }
  init(_ text: String) { description = text }
}

/// Waits until `condition` holds, at most 60 s; what it throws counts as not yet.
func eventually(_ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if (try? await condition()) == true { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw Unexpected("the condition did not come true within 60 s")
}
