import Foundation
import HTTPTypes
import IncidentsService
import JSONBytes
import PrivateServers
import RedisClient
import ServiceCalls
import ServiceRuntime
import StatusModel
import Synchronization
import Testing
import UsersService

/// The services users and incidents on a real Redis of their own, over HTTP, with two people who are signed in.
final class ServiceBench: Sendable {
  let redis: PrivateRedis
  let users: RunningService
  let incidents: RunningService
  /// Tokens.
  let sre, viewer: String
  let sreID, viewerID: String
  private let hasUsers = Mutex(true)

  private static let password = "a long enough password"

  /// One for all tests that leave it as it is; it ends with the process.
  static let shared = Task { try await start() }

  /// Runs `body` on one of its own and ends it.
  static func run(_ body: (ServiceBench) async throws -> Void) async throws {
    let bench = try await start()
    let outcome: Result<Void, any Error>
    do {
      try await body(bench)
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await bench.incidents.stop()
    await bench.stopUsers()
    await bench.redis.stop()
    try outcome.get()
  }

  private static func start() async throws -> ServiceBench {
    let redis = try await PrivateRedis()
    let environment = [
      "REDIS_URL": redis.url, "PORT": "0", "LOOPS": "1", "LIMIT_FACTOR": "0", "LOG_LEVEL": "error", "POLYSTATUS_NAMESPACE": "test",
      "POLYSTATUS_HOME": redis.directory.path, "POLYSTATUS_ADMIN_EMAIL": "root@example.org", "POLYSTATUS_ADMIN_PASSWORD": password,
    ]
    let users = try await RunningService.start(Users.self, on: try Node(.users, Configuration(environment: environment)))
    let neighbours = ["USERS_URL": "http://\(users.address)"]
    let incidents = try await RunningService.start(
      Incidents.self, on: try Node(.incidents, Configuration(environment: environment.merging(neighbours) { $1 })))
    for service in [users, incidents] {
      while try await users.node.ask(service, .get, "/ready").status != 200 {}
    }
    let admin = try await signIn("root@example.org", users)
    let ada = try await welcome("Ada", role: "sre", by: admin, users)
    let vic = try await welcome("Vic", role: "viewer", by: admin, users)
    return ServiceBench(redis, users, incidents, sre: ada, viewer: vic)
  }

  private init(
    _ redis: PrivateRedis, _ users: RunningService, _ incidents: RunningService, sre: (id: String, token: String),
    viewer: (id: String, token: String)
  ) {
    self.redis = redis
    self.users = users
    self.incidents = incidents
    (sreID, self.sre) = sre
    (viewerID, self.viewer) = viewer
  }

  private static func welcome(_ name: String, role: String, by admin: String, _ users: RunningService) async throws -> (
    id: String, token: String
  ) {
    let mail = "\(name.lowercased())@example.org"
    let person: JSONValue = ["name": .string(name), "email": .string(mail), "role": .string(role), "password": .string(password)]
    let answer = try await users.node.ask(users, .post, "/api/v1/users", person.text, as: admin)
    return (try #require(answer.json["id"]?.string), try await signIn(mail, users))
  }

  private static func signIn(_ mail: String, _ users: RunningService) async throws -> String {
    let body: JSONValue = ["email": .string(mail), "password": .string(password)]
    let answer = try await users.node.ask(users, .post, "/api/v1/auth/login", body.text)
    return try #require(answer.json["token"]?.string)
  }

  /// Asks incidents, as the sre unless told otherwise; nil: as nobody.
  func ask(
    _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, as token: String?, _ fields: HTTPFields = [:]
  ) async throws -> Answer {
    try await incidents.node.ask(incidents, method, target, body?.text, as: token, fields)
  }

  func ask(_ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, _ fields: HTTPFields = [:]) async throws -> Answer {
    try await ask(method, target, body, as: sre, fields)
  }

  func ask(_ method: HTTPRequest.Method, _ target: String, text: String, _ fields: HTTPFields) async throws -> Answer {
    try await incidents.node.ask(incidents, method, target, text, as: sre, fields)
  }

  func declare(_ members: JSONValue = ["title": "Checkout down", "sev": 1]) async throws -> String {
    try #require(try await ask(.post, "/api/v1/incidents", members).json["id"]?.string)
  }

  /// Ends the users service, once.
  func stopUsers() async {
    let isFirst = hasUsers.withLock { has in
      defer { has = false }
      return has
    }
    if isFirst { await users.stop() }
  }

  /// Of what incidents keeps: equal before and after a refusal.
  func stored() async throws -> [String: String] {
    let node = incidents.node
    return try await node.onLoop {
      var all: [String: String] = [:]
      for key in try await node.redis.command("KEYS", "{test}:*").array?.compactMap(\.string) ?? []
      where key.hasPrefix("{test}:incidents:") || key == "{test}:bus" {
        all[key] = try await node.redis.command("DEBUG", "DIGEST-VALUE", .string(key)).array?.first?.string
      }
      return all
    }
  }
}

extension HTTPField.Name {
  static let totalCount = Self("X-Total-Count")!
  static let link = Self("Link")!
  static let correlationID = Self("X-CID")!
}

/// One test at a time: they share a bench.
@Suite(.serialized) struct OverHTTP {}
