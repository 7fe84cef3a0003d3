import CSPIngestorService
import Foundation
import HTTPServer
import HTTPTypes
import IncidentsService
import JSONBytes
import OutboundClient
import PrivateServers
import Reactor
import RedisClient
import ServiceCalls
import ServiceRuntime
import StatusModel
import Synchronization
import Testing
import UsersService

/// users, incidents and csp-ingestor on a real Redis of their own, with feeds from a server beside them and a clock that the test may set.
final class CSPBench: Sendable {
  let redis: PrivateRedis
  let feeds: FeedServer
  let clock: TestClock
  let token: String
  private let environment: [String: String]
  private let running = Mutex<[String: RunningService]>([:])
  private let client: Node

  private static let password = "a long enough password"

  /// Runs `body` on one of its own and ends it.
  static func run(at time: Int? = nil, _ changes: [String: String] = [:], _ body: (CSPBench) async throws -> Void) async throws {
    let bench = try await start(at: time, changes)
    let outcome: Result<Void, any Error>
    do {
      try await body(bench)
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    for name in bench.running.withLock({ Array($0.keys) }) { await bench.stop(name) }
    await bench.client.close()
    await bench.feeds.stop()
    await bench.redis.stop()
    try outcome.get()
  }

  private static func start(at time: Int?, _ changes: [String: String]) async throws -> CSPBench {
    let redis = try await PrivateRedis()
    let clock = TestClock(at: time)
    var environment = [
      "REDIS_URL": redis.url, "LOOPS": "1", "LIMIT_FACTOR": "0", "LOG_LEVEL": "error", "POLYSTATUS_NAMESPACE": "test",
      "PROVIDERS": "none", "ALLOW_ADDRESSES": "127.0.0.1", "POLYSTATUS_HOME": redis.directory.path,
      "POLYSTATUS_ADMIN_EMAIL": "root@example.org", "POLYSTATUS_ADMIN_PASSWORD": password,
    ]
    for service in ServiceName.allCases {
      let name = service.rawValue.uppercased().replacing("-", with: "_")
      environment["\(name)_URL"] = "http://127.0.0.1:\(PrivateRedis.freePort())"
    }
    environment.merge(changes) { $1 }
    let client = try Node(.frontend, Configuration(environment: environment), writer: LineWriter(descriptor: -1))
    let bench = CSPBench(redis, try await FeedServer(), clock, environment, client)
    for service in [ServiceName.users, .incidents, .cspIngestor] { try await bench.start(service) }
    let signedIn = try await bench.ask(
      .users, .post, "/api/v1/auth/login", ["email": "root@example.org", "password": .string(password)], as: nil)
    return CSPBench(bench, token: try #require(signedIn.json["token"]?.string))
  }

  private init(_ redis: PrivateRedis, _ feeds: FeedServer, _ clock: TestClock, _ environment: [String: String], _ client: Node) {
    self.redis = redis
    self.feeds = feeds
    self.clock = clock
    self.environment = environment
    self.client = client
    token = ""
  }

  private init(_ other: CSPBench, token: String) {
    redis = other.redis
    feeds = other.feeds
    clock = other.clock
    environment = other.environment
    client = other.client
    self.token = token
    let services = other.running.withLock { $0 }
    running.withLock { $0 = services }
  }

  // MARK: Services

  /// `replica`: a second of the same name, on a port of its own.
  func start(_ name: ServiceName, replica: String = "") async throws {
    let url = environment["\(name.rawValue.uppercased().replacing("-", with: "_"))_URL"] ?? ""
    let port = replica.isEmpty ? String(url.split(separator: ":").last ?? "0") : "0"
    let clock = clock
    let node = try Node(
      name, Configuration(environment: environment.merging(["PORT": port]) { $1 }), writer: LineWriter(descriptor: -1),
      clock: { clock.milliseconds })
    let service =
      switch name {
      case .users: try await RunningService.start(Users.self, on: node)
      case .incidents: try await RunningService.start(Incidents.self, on: node)
      default: try await RunningService.start(CSPIngestor.self, on: node)
      }
    running.withLock { $0[name.rawValue + replica] = service }
    try await eventually { try await self.ask(name, .get, "/ready", replica: replica, as: nil).status == 200 }
  }

  func stop(_ name: String) async {
    let service = running.withLock { $0.removeValue(forKey: name) }
    await service?.stop()
  }

  // MARK: Calls

  func ask(
    _ service: ServiceName = .cspIngestor, _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, replica: String = "",
    as token: String?, _ fields: HTTPFields = [:]
  ) async throws -> Answer {
    let asked = try #require(running.withLock { $0[service.rawValue + replica] })
    return try await client.ask(asked, method, target, body?.text, as: token, fields)
  }

  func ask(_ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, _ fields: HTTPFields = [:]) async throws -> Answer {
    try await ask(.cspIngestor, method, target, body, as: token, fields)
  }

  func fetch(_ url: String) async throws -> JSONValue {
    let answer = try await client.onLoop { [client] in try await client.outbound.send(OutboundRequest(url)) }
    return try JSONValue(parsing: answer.body)
  }

  /// Watches `path` of the feed server; polls come only when a test asks for them.
  @discardableResult
  func register(_ name: String, path: String? = nil, _ members: [(String, JSONValue)] = []) async throws -> Answer {
    var body = JSONObject([
      ("name", .string(name)), ("feed_url", .string(feeds.url(path ?? "/\(name).json"))), ("type", "json"), ("interval_s", 86_400),
    ])
    for (member, value) in members { body[member] = value }
    return try await ask(.post, "/api/v1/csp/providers", .object(body))
  }

  func refresh(_ name: String, cid: String? = nil, replica: String = "") async throws -> Answer {
    let fields: HTTPFields = cid.map { [HTTPField.Name("X-CID")!: $0] } ?? [:]
    return try await ask(.cspIngestor, .post, "/api/v1/csp/refresh?provider=\(name)", replica: replica, as: token, fields)
  }

  func events(_ query: String = "") async throws -> [JSONValue] {
    try await ask(.get, "/api/v1/csp/events?maxResults=500\(query)").json.array ?? []
  }

  func incidents() async throws -> [JSONValue] {
    try await ask(.incidents, .get, "/api/v1/incidents?maxResults=500", as: token).json.array ?? []
  }

  /// Moves the clock; what falls due meanwhile is not polled.
  func move(to time: Int) async throws {
    let names = try await redis.ask("ZRANGE", "{test}:csp:due", "0", "-1").split(separator: "\n").map(String.init)
    for name in names { _ = try await redis.ask("ZADD", "{test}:csp:due", "XX", "9000000000000", name) }
    clock.set(time)
  }

  /// The messages of the bus with these names, oldest first.
  func messages(_ names: String...) async throws -> [JSONValue] {
    let reply = try await client.onLoop { [client] in try await client.redis.command("XRANGE", "{test}:bus", "-", "+") }
    return (reply.array ?? []).compactMap { $0.array?[1].array?[1].bytes }.compactMap { try? JSONValue(parsing: $0) }
      .filter { names.contains($0["event_name"]?.string ?? "") }
  }
}

/// A clock that stands still once it is set.
final class TestClock: Sendable {
  private let time: Mutex<Int?>

  init(at time: Int?) { self.time = Mutex(time) }

  func set(_ seconds: Int) { time.withLock { $0 = seconds } }
  var milliseconds: Int64 { time.withLock(\.self).map { Int64($0) * 1000 } ?? Node.wallClock() }
}

/// Serves what a test lays down, by path, and notes what was asked.
final class FeedServer: Sendable {
  struct Page: Sendable {
    var body: [UInt8] = []
    var status = 200
    var fields: HTTPFields = [:]
  }
  struct Asked: Sendable {
    let path: String
    let fields: HTTPFields
  }

  private let pages = Mutex<[String: Page]>([:])
  private let log = Mutex<[Asked]>([])
  private let loops = LoopGroup(count: 1)
  private let server = Mutex<Server?>(nil)
  private let port = Mutex<UInt16>(0)

  init() async throws {
    loops.start()
    let server = Server(Router([Route(.get, "/{a}", handler: answer), Route(.get, "/{a}/{b}", handler: answer)]), loops: loops)
    let address = try await server.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0))
    port.withLock { $0 = address.port }
    self.server.withLock { $0 = server }
  }

  func stop() async {
    await server.withLock(\.self)?.stop(grace: .zero)
    loops.stop()
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port.withLock(\.self))\(path)" }

  func serve(_ path: String, _ body: [UInt8], status: Int = 200, _ fields: HTTPFields = [:]) {
    pages.withLock { $0[path] = Page(body: body, status: status, fields: fields) }
  }
  func serve(_ path: String, _ json: JSONValue) { serve(path, json.bytes) }

  func asked(_ path: String) -> [Asked] { log.withLock { $0.filter { $0.path == path } } }

  private func answer(_ request: Request) -> Response {
    log.withLock { $0.append(Asked(path: request.path, fields: request.headerFields)) }
    guard let page = pages.withLock({ $0[request.path] }) else { return Response(status: .notFound) }
    var answer = Response(status: HTTPResponse.Status(code: page.status), headerFields: page.fields, body: .bytes(page.body))
    if answer.headerFields[.contentType] == nil { answer.headerFields[.contentType] = "application/json" }
    return answer.conditional(on: request)
  }
}
