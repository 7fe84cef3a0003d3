import Foundation
import Glibc
import HTTPTypes
import Identity
import JSONBytes
import Messaging
import OutboundClient
import PrivateServers
import Reactor
import RedisClient
import ServiceRuntime
import Signing
import StatusModel
import Synchronization
import Testing

@testable import UsersService

/// The users service on a free port, over a private Redis, with a clock that moves when told to.
final class UsersWorld: Sendable {
  static let adminPassword = "the admin of the tests"
  let server: PrivateRedis
  let node: Node
  let service: RunningService
  let store: UsersStore
  let clock = TestClock()
  let home: URL

  init(_ settings: [String: String]) async throws {
    server = try await PrivateRedis()
    home = server.directory.appending(path: "home")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
    node = try Self.node(server, home, settings, clock)
    service = try await RunningService.start(Users.self, on: node)
    store = UsersStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
  }

  static func node(_ server: PrivateRedis, _ home: URL, _ settings: [String: String], _ clock: TestClock) throws -> Node {
    let standard = [
      "REDIS_URL": server.url, "PORT": "0", "LOOPS": "2", "LIMIT_FACTOR": "0", "POLYSTATUS_HOME": home.path, "POLYSTATUS_ENV": "test",
      "POLYSTATUS_ADMIN_EMAIL": "root@example.org", "POLYSTATUS_ADMIN_PASSWORD": adminPassword, "PUBLIC_URL": "https://status.example.org",
    ]
    let configuration = try Configuration(environment: standard.merging(settings) { $1 })
    let log = home.appending(path: "log-\(UUIDText.random())")
    try Data().write(to: log)
    let handle = try FileHandle(forWritingTo: log)
    let descriptor = withExtendedLifetime(handle) { dup(handle.fileDescriptor) }
    return try Node(.users, configuration, writer: LineWriter(descriptor: descriptor), clock: { clock.now })
  }

  /// A fresh world for `body`; `settings` are environment variables.
  static func run(_ settings: [String: String] = [:], _ body: (UsersWorld) async throws -> Void) async throws {
    let world = try await UsersWorld(settings)
    let result: Result<Void, any Error>
    do { result = .success(try await body(world)) } catch { result = .failure(error) }
    await world.service.stop()
    await world.server.stop()
    try result.get()
  }

  /// What was logged by every node of this home.
  var log: String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: home.path)) ?? []
    return names.filter { $0.hasPrefix("log-") }.compactMap { try? String(contentsOfFile: "\(home.path)/\($0)", encoding: .utf8) }.joined()
  }

  /// A working account made behind the service's back, for tests of something else.
  func addUser(_ name: String, role: Role = .viewer, passwordHash: String? = nil) async throws -> (id: String, token: String) {
    let id = UUIDText.random()
    let user = NewUser(
      id: id, name: name, email: "\(name.lowercased())@example.org", role: role, team: "Core", passwordHash: passwordHash)
    return try await node.onLoop { [store] in
      _ = try await store.create(user)
      let token = try await store.createSession(id, passwordVersion: nil, seconds: UsersRules.tokenSeconds, address: "", agent: "")
      return (id, try #require(token))
    }
  }

  func adminToken() async throws -> String {
    try await node.onLoop { [store] in
      let id = try #require(try await store.oldestAdmin())
      return try #require(try await store.createSession(id, passwordVersion: nil, seconds: UsersRules.tokenSeconds, address: "", agent: ""))
    }
  }

  func redis(_ words: RedisArgument...) async throws -> RedisValue {
    try await node.onLoop { [node] in try await node.redis.command(words) }
  }

  /// The messages on the bus, each checked against the schema.
  func messages() async throws -> [BusMessage] {
    try await redis("XRANGE", "{polystatus}:bus", "-", "+").array?.map { entry in
      try BusMessage(parsing: #require(entry.array?.last?.array?.last?.bytes))
    } ?? []
  }
}

struct Answer: Sendable {
  let status: Int
  let fields: HTTPFields
  let bytes: [UInt8]
  let body: JSONValue

  /// The fields a problem names.
  var named: Set<String> { Set(body["errors"]?.array?.compactMap { $0["field"]?.string } ?? []) }
}

extension UsersWorld {
  func call(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, token: String? = nil, fields: HTTPFields = [:]
  ) async throws -> Answer {
    var fields = fields
    if body != nil { fields[.contentType] = "application/json" }
    if let token { fields[HTTPField.Name("X-Polystatus-Token")!] = token }
    let request = OutboundRequest(method, "http://\(service.address)\(path)", headerFields: fields, body: body?.bytes ?? [])
    let answer = try await node.onLoop { [node] in try await node.outbound.send(request) }
    let json = answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body)
    return Answer(status: answer.status.code, fields: answer.headerFields, bytes: answer.body, body: json)
  }

  /// As a service of the cluster, signed.
  func call(as service: ServiceName, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue) async throws -> Answer {
    let appid = try await node.onLoop { [node] in try await node.identity.ownApplication(service).appid }
    return try await call(method, path, body, fields: [.authorization: signature(appid, method, path, body)])
  }

  func signature(_ appid: String, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue?) -> String {
    RequestSignature(
      signing: path, content: .init(method: method.rawValue, body: body?.bytes ?? []), appid: appid, env: "test", now: clock.now
    ).header
  }

  func login(_ email: String, _ password: String) async throws -> Answer {
    try await call(.post, "/api/v1/auth/login", ["email": .string(email), "password": .string(password)])
  }
}

final class TestClock: Sendable {
  private let milliseconds = Mutex<Int64>(1_800_000_000_000)
  var now: Int64 { milliseconds.withLock { $0 } }
  func advance(_ duration: Duration) { milliseconds.withLock { $0 += duration.components.seconds * 1000 } }
}
