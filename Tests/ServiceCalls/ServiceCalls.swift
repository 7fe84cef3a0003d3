public import HTTPTypes
public import JSONBytes
import OutboundClient
import Reactor
public import ServiceRuntime

/// What a service answered.
public struct Answer: Sendable {
  public let status: Int
  public let fields: HTTPFields
  public let body: [UInt8]

  public var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
  public var text: String { String(decoding: body, as: UTF8.self) }
  /// The names of the fields a problem names, sorted.
  public var refused: [String] { json["errors"]?.array?.compactMap { $0["field"]?.string }.sorted() ?? [] }
}

extension Node {
  /// Asks a running service over HTTP. A body counts as JSON unless `fields` say what it is; `token` nil: as nobody.
  public func ask(
    _ service: RunningService, _ method: HTTPRequest.Method, _ target: String, _ body: String? = nil, as token: String? = nil,
    _ fields: HTTPFields = [:]
  ) async throws -> Answer {
    var request = OutboundRequest(method, "http://\(service.address)\(target)", headerFields: fields, body: Array((body ?? "").utf8))
    if body != nil, fields[.contentType] == nil { request.headerFields[.contentType] = "application/json" }
    if let token { request.headerFields[.authorization] = "Bearer \(token)" }
    request.timeout = .seconds(60)
    let asked = request
    let answer = try await onLoop { try await self.outbound.send(asked) }
    return Answer(status: answer.status.code, fields: answer.headerFields, body: answer.body)
  }
}

public struct NeverTrue: Error, CustomStringConvertible {
  public var description: String { "the condition did not come true within 30 s" }
}

/// Waits until `condition` holds, at most 30 s; what it throws counts as not yet. Throws `NeverTrue`.
public func eventually(_ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(30)
  while ContinuousClock.now < deadline {
    if (try? await condition()) == true { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw NeverTrue()
}
