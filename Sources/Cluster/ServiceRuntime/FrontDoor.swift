import HTTPServer
import HTTPTypes
import Logging
import Reactor
import Signing
import StatusModel

/// What every request passes: a correlation id, an answer whatever happens, and one access line.
struct FrontDoor: Sendable {
  let logs: Logs
  let logger: Logger
  let authentication: Authentication
  let idempotency: Idempotency
  let meters: RouteMeters
  /// What people get to see instead of a problem in JSON.
  let page: @Sendable (any Error, Request) async -> Response?

  /// The middleware around all routes and around the answers of the router itself.
  func enter(_ request: Request, _ next: Handler) async throws -> Response {
    let cid = Self.correlationID(request.header(.correlationID))
    var answer = await CorrelationID.$current.withValue(cid) { await self.answer(request, next) }
    answer.headerFields.append(HTTPField(name: .correlationID, value: cid))
    let time = (EventLoop.now &- request.receivedAt) / 1000
    meters.meter(request.method, request.route).record(status: answer.status.code, microseconds: time)
    logs.access(
      AccessLine(
        cid: cid, method: request.method.rawValue, route: request.route ?? "-", status: answer.status.code, bytes: answer.body.count,
        microseconds: time, caller: request.note))
    return answer
  }

  private func answer(_ request: Request, _ next: Handler) async -> Response {
    do {
      return try await next(request)
    } catch {
      let answer = Response.problem(error)
      if answer.status == .internalServerError {
        logger.error("request failed", metadata: ["error": "\(error)", "route": "\(request.route ?? "-")"])
      }
      return await page(error, request) ?? answer
    }
  }

  /// What answers a request that could not be read.
  func refuse(_ refusal: Refusal, _ peer: SocketAddress) -> Response {
    let cid = UUIDText.random()
    return CorrelationID.$current.withValue(cid) {
      var answer = Response.problem(status: refusal.status, detail: refusal.detail)
      answer.headerFields.append(HTTPField(name: .correlationID, value: cid))
      logs.access(
        AccessLine(
          cid: cid, method: "-", route: "-", status: refusal.status.code, bytes: answer.body.count, microseconds: 0, caller: "nobody"))
      return answer
    }
  }

  /// A service's route with its caller found and admitted.
  func guarded(_ route: ServiceRoute) -> Route {
    Route(route.method, route.template, bodyLimit: route.bodyLimit) { try await admit($0, to: route) }
  }

  private func admit(_ request: Request, to route: ServiceRoute) async throws -> Response {
    if route.access == .everyone, request.method == .get, !Authentication.showsCaller(request) {
      return try await route.handler(request).conditional(on: request)
    }
    let caller = try await authentication.caller(of: request, for: route.access)
    request.note = caller.kind
    return try await Caller.$current.withValue(caller) {
      if request.method == .post, !route.answersSecret { return try await idempotency.answer(request, route.handler) }
      return try await route.handler(request).conditional(on: request)
    }
  }

  /// The caller's id when it is one, else a new one. It stands in logs and messages: one that looks like a secret of ours is none.
  private static func correlationID(_ sent: String?) -> String {
    guard let sent, CorrelationID.isValid(sent.utf8), !SecretToken.isIn(sent) else { return UUIDText.random() }
    return sent
  }
}

extension HTTPServer.Response.Body {
  /// In bytes; 0 for a stream.
  fileprivate var count: Int { if case .bytes(let bytes) = self { bytes.count } else { 0 } }
}
