import HTTPServer
import HTTPTypes
import JSONBytes
import RedisClient
import StatusModel
import Synchronization

/// The routes every service has.
struct CommonRoutes: Sendable {
  let service: ServiceName
  let dependencies: [Dependency]
  let documents: Documents
  let redis: Redis
  let neighbours: Neighbours
  let clock: @Sendable () -> Int64
  let commit: String
  /// Nil: ready while Redis answers.
  let isReady: (@Sendable () -> Bool)?
  private let healthBody = HealthBody()

  var table: [ServiceRoute] {
    let health = ["/health", "/v1/health"] + (service == .frontend ? [] : ["/"])
    return health.map { ServiceRoute(.get, $0, .everyone, self.health) } + [
      ServiceRoute(.get, "/ready", .operators, ready),
      ServiceRoute(.get, "/v1/manifest", .operators, manifest),
      ServiceRoute(.get, "/swagger.yaml", .everyone, swaggerYAML),
      ServiceRoute(.get, "/swagger.json", .everyone, swaggerJSON),
      ServiceRoute(.get, service == .frontend ? "/docs/frontend" : "/docs", .everyone, page),
      ServiceRoute(.get, "/wadl.xml", .everyone, wadl),
    ]
  }

  private func health(_ request: Request) -> Response {
    .json(healthBody.bytes(service, at: clock()))
  }

  /// 200, or 503 without what the service needs, which is Redis unless it says otherwise; neighbours that are away are named.
  private func ready(_ request: Request) async -> Response {
    let hasRedis = (try? await redis.command("PING")) != nil && neighbours.canSign
    let isReady = self.isReady?() ?? hasRedis
    let names = dependencies.filter { $0.kind == .http }.compactMap { ServiceName(rawValue: $0.name) }
    var states: JSONObject = JSONObject([("redis", hasRedis ? "up" : "down")])
    let found = await withTaskGroup(of: (ServiceName, Bool).self) { group in
      for name in names { group.addTask { (name, await neighbours.isUp(name, timeout: .milliseconds(500))) } }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for name in names { states[name.rawValue] = found[name] == true ? "up" : "down" }
    let body: JSONValue = ["ready": .bool(isReady), "name": .string(service.rawValue), "dependencies": .object(states)]
    return .json(body.bytes, status: isReady ? .ok : .serviceUnavailable)
  }

  private func manifest(_ request: Request) -> Response {
    let list = dependencies.map { dependency -> JSONValue in
      ["name": .string(dependency.name), "kind": .string(dependency.kind.rawValue), "required": .bool(dependency.isRequired)]
    }
    let body: JSONValue = [
      "name": .string(service.rawValue), "version": .string(Version.current), "commit": .string(commit), "build": .string(Version.build),
      "depends_on": .array(list),
    ]
    return .json(body.bytes)
  }

  private func swaggerYAML(_ request: Request) async throws -> Response {
    Response(contentType: "application/yaml", try await documents.yaml())
  }
  private func swaggerJSON(_ request: Request) async throws -> Response { .json(try await documents.json()) }

  private func wadl(_ request: Request) async throws -> Response {
    Response(contentType: "application/vnd.sun.wadl+xml", try await documents.wadl())
  }

  private func page(_ request: Request) async throws -> Response {
    var answer = Response(contentType: "text/html; charset=utf-8", try await documents.page())
    answer.headerFields[.contentSecurityPolicy] = "default-src 'none'; style-src 'self' 'unsafe-inline'"
    answer.headerFields[.xContentTypeOptions] = "nosniff"
    return answer
  }
}

/// The health answer, made once a second.
private final class HealthBody: Sendable {
  private let made = Mutex<(second: Int64, bytes: [UInt8])>((-1, []))

  /// `now` in milliseconds since the epoch.
  func bytes(_ service: ServiceName, at now: Int64) -> [UInt8] {
    made.withLock { made in
      if made.second != now / 1000 {
        let time = ISO8601.text(milliseconds: now / 1000 * 1000)
        made = (now / 1000, Array(#"{"status":"ok","time":"\#(time)","alive":true,"name":"\#(service.rawValue)"}"#.utf8))
      }
      return made.bytes
    }
  }
}

enum Version {
  static let current = "0.1.0"
  #if DEBUG
    static let build = "debug"
  #else
    static let build = "release"
  #endif
}
