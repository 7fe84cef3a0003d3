import Foundation
import HTTPServer
import HTTPTypes
import Identity
import JSONBytes
import Messaging
import OutboundClient
import PrivateServers
import Reactor
import RedisClient
import ServiceCalls
import ServiceRuntime
import Signing
import StatusModel
import Synchronization
import Testing

@testable import CommsService

/// Comms on a private Redis with a clock that moves when told to, and an endpoint on this machine that answers as it is told.
final class WebhooksBench: Sendable {
  let redis: PrivateRedis
  let node: Node
  let service: RunningService
  let clock: MovableClock
  let endpoint: Endpoint
  let log: URL
  private let appid: String

  /// A fresh bench for `body`; `settings` are environment variables.
  static func run(_ settings: [String: String] = [:], sends: Bool = true, _ body: (WebhooksBench) async throws -> Void) async throws {
    let bench = try await WebhooksBench(settings, sends: sends)
    let result: Result<Void, any Error>
    do { result = .success(try await body(bench)) } catch { result = .failure(error) }
    await bench.stop()
    try result.get()
  }

  private init(_ settings: [String: String], sends: Bool) async throws {
    redis = try await PrivateRedis()
    clock = MovableClock()
    log = redis.directory.appending(path: "log")
    try Data().write(to: log)
    node = try Self.node(redis, settings, clock, log)
    service = try await sends ? RunningService.start(Comms.self, on: node) : RunningService.start(CommsWithoutSender.self, on: node)
    endpoint = try await Endpoint()
    appid = try await node.onLoop { [node] in try await node.identity.ownApplication(.frontend).appid }
  }

  private static func node(_ redis: PrivateRedis, _ settings: [String: String], _ clock: MovableClock, _ log: URL) throws -> Node {
    let standard = [
      "REDIS_URL": redis.url, "PORT": "0", "LOOPS": "1", "LIMIT_FACTOR": "0", "POLYSTATUS_ENV": "test", "ALLOW_PRIVATE_ADDRESSES": "true",
      "PUBLIC_URL": "https://status.example.org/",
    ]
    let handle = try FileHandle(forWritingTo: log)
    let descriptor = withExtendedLifetime(handle) { fcntl(handle.fileDescriptor, F_DUPFD_CLOEXEC, 0) }
    _ = try? handle.seekToEnd()
    let configuration = try Configuration(environment: standard.merging(settings) { $1 })
    return try Node(.comms, configuration, writer: LineWriter(descriptor: descriptor), clock: { clock.now })
  }

  /// A second replica of comms for `body`.
  func withReplica(_ settings: [String: String] = [:], _ body: (RunningService) async throws -> Void) async throws {
    let log = redis.directory.appending(path: "log-\(UUIDText.random())")
    try Data().write(to: log)
    let other = try await RunningService.start(Comms.self, on: Self.node(redis, settings, clock, log))
    do { try await body(other) } catch {
      await other.stop()
      throw error
    }
    await other.stop()
  }

  private func stop() async {
    await service.stop()
    await endpoint.stop()
    await redis.stop()
  }

  // MARK: Asking

  struct Answer: Sendable {
    let status: Int
    let fields: HTTPFields
    let json: JSONValue
    /// The fields a problem names.
    var named: [String] { json["errors"]?.array?.compactMap { $0["field"]?.string } ?? [] }
  }

  /// As a service of the cluster, signed; nobody when `isKnown` is false.
  func ask(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, _ fields: HTTPFields = [:], isKnown: Bool = true
  ) async throws -> Answer {
    var fields = fields
    let bytes = body?.bytes ?? []
    if body != nil { fields[.contentType] = "application/json" }
    if isKnown {
      fields[.authorization] =
        RequestSignature(
          signing: path, content: .init(method: method.rawValue, body: bytes), appid: appid, env: "test", now: clock.now
        ).header
    }
    var request = OutboundRequest(method, "http://\(service.address)\(path)", headerFields: fields, body: bytes)
    request.timeout = .seconds(60)
    let answer = try await node.onLoop { [node, request] in try await node.outbound.send(request) }
    return Answer(
      status: answer.status.code, fields: answer.headerFields, json: answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body))
  }

  struct Registered: Sendable {
    let id: String
    let secret: String
    var path: String { "/api/v1/webhooks/\(id)" }
  }

  func register(_ path: String = "/hook", _ members: JSONValue = [:]) async throws -> Registered {
    var body = members.object ?? JSONObject()
    body["url"] = .string(endpoint.url + path)
    let answer = try await ask(.post, "/api/v1/webhooks", .object(body))
    #expect(answer.status == 201)
    return Registered(id: try #require(answer.json["id"]?.string), secret: try #require(answer.json["secret"]?.string))
  }

  /// Tells the webhooks of an announcement, as their worker does. The uuid is the event's.
  func announce(_ uuid: String = UUIDText.random(), message: String = "We look") async throws {
    let announcement: JSONValue = [
      "id": "INC-4K7Q2M-1", "incident_id": "INC-4K7Q2M", "title": "Checkout down", "sev": 1, "message": .string(message),
      "state": "investigating", "ts": 1_800_000_000, "services": ["checkout"],
    ]
    let bus = try BusMessage(
      JSONObject([
        ("event_name", "announcement.published"), ("event_uuid", .string(uuid)), ("event_creation_time", "2027-01-15T08:00:00.000Z"),
        ("event_sender_id", "comms"), ("data", ["cid": "cid-of-announcing", "announcement": announcement]),
      ]))
    try await node.onLoop { [self] in try await Webhooks(node).take(bus) }
  }

  // MARK: Looking

  func deliveries(of webhook: Registered) async throws -> [JSONValue] { try await ask(.get, webhook.path + "/deliveries").json.array ?? [] }

  /// The newest delivery, once it is in `state`, or has so many attempts.
  func delivery(of webhook: Registered, _ state: String? = nil, attempts: Int? = nil) async throws -> JSONValue {
    var found = JSONValue.null
    try await soon {
      found = try await self.deliveries(of: webhook).first ?? .null
      return (state == nil || found["state"]?.string == state) && (attempts == nil || found["attempts"]?.array?.count == attempts)
    }
    return found
  }

  func webhook(_ webhook: Registered) async throws -> JSONValue { try await ask(.get, webhook.path).json }

  /// What is on the bus, each message checked against the schema.
  func messages() async throws -> [BusMessage] {
    let reply = try await node.onLoop { [node] in try await node.redis.command("XRANGE", "{polystatus}:bus", "-", "+") }
    return try reply.array?.map { try BusMessage(parsing: #require($0.array?.last?.array?.last?.bytes)) } ?? []
  }

  var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
}

/// The routes of webhooks, and nothing that sends.
private struct CommsWithoutSender: ClusterService {
  static let name = ServiceName.comms
  static let swagger = Comms.swagger
  static let dependencies: [Dependency] = []
  let webhooks: Webhooks
  init(_ node: Node) { webhooks = Webhooks(node) }
  var routes: [ServiceRoute] { webhooks.routes }
}

/// Waits until `condition` holds, at most a minute.
func soon(_ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw NotInTime()
}
struct NotInTime: Error {}

final class MovableClock: Sendable {
  private let milliseconds = Mutex<Int64>(1_800_000_000_000)
  var now: Int64 { milliseconds.withLock { $0 } }
  func advance(seconds: Int) { milliseconds.withLock { $0 += Int64(seconds) * 1_000 } }
}

/// A server of somebody else.
final class Endpoint: Sendable {
  struct Call: Sendable {
    let path: String
    let fields: HTTPFields
    let body: [UInt8]
    var id: String { fields[HTTPField.Name("webhook-id")!] ?? "" }

    /// Verified as a receiver does it: with the secret, from what came.
    func isSigned(with secret: String) -> Bool {
      let timestamp = fields[HTTPField.Name("webhook-timestamp")!] ?? ""
      let expected = WebhookSignature.header(id: id, timestamp: Int(timestamp) ?? 0, body: body, secrets: [secret])
      return (fields[HTTPField.Name("webhook-signature")!] ?? "").split(separator: " ").contains { $0 == expected }
    }
  }

  private let loops = LoopGroup(count: 1)
  private let server: Server
  private let isStopped = Atomic(false)
  let url: String
  private let state: State

  private final class State: Sendable {
    let calls = Mutex<[Call]>([])
    let answer = Mutex<Handler> { _ in Response(status: .noContent) }
  }

  init() async throws {
    let state = State()
    self.state = state
    loops.start()
    let routes = ["/{a}", "/{a}/{b}"].map { template in
      Route(.post, template) { request in
        state.calls.withLock { $0.append(Call(path: request.target, fields: request.headerFields, body: request.body)) }
        return try await state.answer.withLock { $0 }(request)
      }
    }
    server = Server(Router(routes), loops: loops)
    url = "http://\(try await server.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0)))"
  }

  var calls: [Call] { state.calls.withLock { $0 } }
  func calls(of path: String) -> [Call] { calls.filter { $0.path == path } }

  func answers(_ handler: @escaping Handler) { state.answer.withLock { $0 = handler } }
  func answers(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:], _ body: String = "") {
    answers { _ in Response(status: status, headerFields: fields, body: .bytes(Array(body.utf8))) }
  }

  /// Stopping again does nothing.
  func stop() async {
    guard isStopped.exchange(true, ordering: .relaxed) == false else { return }
    await server.stop(grace: .zero)
    loops.stop()
  }
}
