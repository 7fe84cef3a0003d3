import HTTPServer
import HTTPTypes
import Identity
import JSONBytes
import ServiceRuntime
import Signing
import StatusModel

extension Users {
  var applicationRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/apps", .admin, listApplications),
      ServiceRoute(.post, "/api/v1/apps", .admin, answersSecret: true, createApplication),
      ServiceRoute(.get, "/api/v1/apps/{name}", .admin, getApplication),
      ServiceRoute(.delete, "/api/v1/apps/{name}", .admin, deleteApplication),
      ServiceRoute(.post, "/api/v1/apps/{name}/rotate", .admin, answersSecret: true, rotateApplication),
      ServiceRoute(.post, "/api/v1/authheader", .everyone, answersSecret: true, createAuthorization),
      ServiceRoute(.post, "/v1/authheader", .everyone, answersSecret: true, createAuthorization),
    ]
  }

  private func listApplications(_ request: Request) async throws -> Response {
    let page = try request.page()
    let (total, applications) = try await store.applications(startIndex: page.startIndex, maxResults: page.maxResults)
    return .list(applications, page: page, total: total, of: request)
  }

  private func createApplication(_ request: Request) async throws -> Response {
    var body = try request.fields()
    let application = body.newApplication(now: Int(node.clock() / 1000))
    try body.check()
    guard application.service == nil else { throw Failure.conflict("\(application.name) is one of the cluster's own services.") }
    let secrets = newSecrets()
    let json = try await store.createApplication(application, secrets)
    return .json(secrets.shown(with: json), status: .created, location: "/api/v1/apps/\(application.name)")
  }

  private func getApplication(_ request: Request) async throws -> Response {
    guard let application = try await store.application(request.parameters["name"] ?? "") else {
      throw Failure.notFound("There is no such application.")
    }
    return .json(application)
  }

  private func deleteApplication(_ request: Request) async throws -> Response {
    try await store.deleteApplication(request.parameters["name"] ?? "")
    node.identity.forget()
    return Response(status: .noContent)
  }

  private func rotateApplication(_ request: Request) async throws -> Response {
    let secrets = newSecrets()
    let json = try await store.rotateApplication(request.parameters["name"] ?? "", secrets)
    node.identity.forget()
    return .json(secrets.shown(with: json))
  }

  private func newSecrets() -> ApplicationSecrets { ApplicationSecrets { node.identity.consumerKey(appid: $0) } }

  private func createAuthorization(_ request: Request) async throws -> Response {
    try await node.limits.take(.authorizations, key: Caller.current.address)
    var body = try request.fields()
    let appid = body.string("appid", 1...200)
    let environment = body.string("env", 1...100)
    let target = RequestSignature.target(of: body.string("uri", 1...8192))
    let method = body.optionalChoice("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    let content = body.object["body"] ?? ""
    if content != .null, (content.string?.unicodeScalars.count ?? .max) > 100_000 {
      body.refuse("body", "must be a string of at most 100000 characters, as it will be sent")
    }
    try body.check()
    let signature = RequestSignature(
      signing: target, content: method.map { .init(method: $0, body: Array((content.string ?? "").utf8)) }, appid: appid, env: environment,
      now: node.clock())
    return .json((["authorization": .string(signature.header)] as JSONValue).bytes)
  }
}

extension FieldReader {
  /// `now` in epoch seconds.
  fileprivate mutating func newApplication(now: Int) -> Application {
    let name = string("name", 1...64)
    if !name.isEmpty, !Self.isApplicationName(name) {
      refuse("name", "must be small letters, digits, dots, hyphens and underscores, and begin with a letter or digit")
    }
    let scopes = optionalStrings("scopes", count: 1...5, length: 1...20)
    if let scopes, scopes.contains(where: { Scope(rawValue: $0) == nil }) {
      refuse("scopes", "must be of " + Scope.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let expiresAt = has("expires_at") ? optionalInteger("expires_at", 0...9_000_000_000) : nil
    if let expiresAt, expiresAt <= now { refuse("expires_at", "must be in the future") }
    return Application(
      name: name, scopes: scopes.map { Set($0.compactMap(Scope.init)) } ?? [.read, .write], strict: optionalBool("strict") ?? true,
      admin: optionalBool("admin") ?? false, expiresAt: expiresAt)
  }

  private static func isApplicationName(_ name: String) -> Bool {
    let small = Set("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    return name.utf8.first.map(small.contains) == true && name.utf8.allSatisfy { small.contains($0) || "_.-".utf8.contains($0) }
  }
}

extension ApplicationSecrets {
  /// The application's JSON with its secrets, for the one answer that shows them.
  fileprivate func shown(with json: [UInt8]) -> [UInt8] {
    json.dropLast() + Array(#","appid":"\#(appid)","key":"\#(key)"}"#.utf8)
  }
}
