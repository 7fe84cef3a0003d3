import HTTPServer
public import HTTPTypes
import Identity
public import JSONBytes
import OutboundClient
import Signing
public import StatusModel
import Synchronization

/// Calls to the other services: signed as this one, with the correlation id, the visitor's address and the person's own token.
public final class Neighbours: Sendable {
  private let outbound: OutboundClient
  private let configuration: Configuration
  private let clock: @Sendable () -> Int64
  /// This service's own application, once Redis has it.
  private let own = Mutex<RegisteredApplication?>(nil)

  init(outbound: OutboundClient, configuration: Configuration, clock: @escaping @Sendable () -> Int64) {
    self.outbound = outbound
    self.configuration = configuration
    self.clock = clock
  }

  func sign(as application: RegisteredApplication) { own.withLock { $0 = application } }
  var canSign: Bool { own.withLock { $0 != nil } }

  /// The JSON of a 2xx answer (null when it has no body). Throws what the neighbour's failure means, and `.unavailable` when it is away.
  public func call(
    _ service: ServiceName, _ method: HTTPRequest.Method, _ target: String, body: JSONValue? = nil, headers: HTTPFields = [:],
    timeout: Duration = .seconds(5)
  ) async throws(Failure) -> JSONValue {
    let answer = try await send(service, method, target, body?.bytes ?? [], headers, timeout)
    guard answer.status.kind == .successful else { throw Self.failure(answer) }
    if answer.body.isEmpty { return .null }
    do { return try JSONValue(parsing: answer.body) } catch { throw Self.away(service) }
  }

  /// A page of a list, and how many there are on all pages. Throws as `call` does.
  public func list(
    _ service: ServiceName, _ target: String, timeout: Duration = .seconds(5)
  ) async throws(Failure) -> (items: [JSONValue], total: Int) {
    let answer = try await send(service, .get, target, [], [:], timeout)
    guard answer.status.kind == .successful else { throw Self.failure(answer) }
    guard let items = (try? JSONValue(parsing: answer.body))?.array else { throw Self.away(service) }
    return (items, answer.headerFields[.totalCount].flatMap { Int($0) } ?? items.count)
  }

  /// An answer as it came.
  public struct Document: Sendable, Equatable {
    public let contentType: String
    public let bytes: [UInt8]
    /// Seconds since it was known to be true (`Age`).
    public let age: Int

    public init(contentType: String, bytes: [UInt8], age: Int = 0) {
      self.contentType = contentType
      self.bytes = bytes
      self.age = age
    }
  }

  /// A text of a neighbour that is passed on. Throws as `call` does.
  public func document(_ service: ServiceName, _ target: String, timeout: Duration = .seconds(5)) async throws(Failure) -> Document {
    let answer = try await send(service, .get, target, [], [:], timeout)
    guard answer.status.kind == .successful else { throw Self.failure(answer) }
    return Document(
      contentType: answer.headerFields[.contentType] ?? "application/octet-stream", bytes: answer.body,
      age: answer.headerFields[.age].flatMap { Int($0) } ?? 0)
  }

  /// What the answer of a neighbour means that is no success.
  private static func failure(_ answer: OutboundResponse) -> Failure {
    let value = try? JSONValue(parsing: answer.body)
    let problems = value?["errors"]?.array?.compactMap { error in
      error["field"]?.string.map { FieldProblem(field: $0, message: error["message"]?.string ?? "") }
    }
    return Failure(
      status: answer.status.code, detail: value?["detail"]?.string ?? "", problems: problems ?? [],
      retryAfter: answer.headerFields[.retryAfter].flatMap { Int($0) })
  }

  private func send(
    _ service: ServiceName, _ method: HTTPRequest.Method, _ target: String, _ body: [UInt8], _ headers: HTTPFields, _ timeout: Duration
  ) async throws(Failure) -> OutboundResponse {
    guard let own = own.withLock({ $0 }) else {
      throw .unavailable("This service has just started; its signature is not registered yet.", retryAfter: 1)
    }
    let caller = Caller.current
    let address = caller.address.isEmpty ? nil : caller.address
    let signature = RequestSignature(
      signing: target, content: .init(method: method.rawValue, body: body, address: address), appid: own.appid,
      env: configuration.text("POLYSTATUS_ENV"), now: clock())
    var fields = headers
    fields[.authorization] = signature.header
    fields[.correlationID] = CorrelationID.current
    if !body.isEmpty { fields[.contentType] = "application/json" }
    fields[.visitorAddress] = address
    fields[.userToken] = caller.personToken
    var request = OutboundRequest(method, configuration.url(of: service) + target, headerFields: fields, body: body)
    request.timeout = timeout
    do { return try await outbound.send(request) } catch { throw Self.away(service) }
  }

  /// Whether a neighbour answers its health route within `timeout`.
  func isUp(_ service: ServiceName, timeout: Duration) async -> Bool {
    var request = OutboundRequest(.get, configuration.url(of: service) + "/health")
    request.timeout = timeout
    return (try? await outbound.send(request).status) == .ok
  }

  private static func away(_ service: ServiceName) -> Failure {
    .unavailable("The \(service.rawValue) service is away for the moment. Try again.", retryAfter: 2)
  }
}
