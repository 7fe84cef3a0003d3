public import HTTPServer
import HTTPTypes
import JSONBytes
public import StatusModel

/// Errors as `application/problem+json` (RFC 9457), with the correlation id.
extension HTTPServer.Response {
  /// `{type, title, status, detail, cid, errors?}`; 401 names the schemes, 429 and 503 say when to come back.
  public static func problem(_ failure: Failure) -> Response {
    var problems: [FieldProblem] = []
    if case .invalid(let found) = failure { problems = found }
    var answer = problem(status: failure.httpStatus, detail: failure.detail, errors: problems)
    if let seconds = failure.retryAfter { answer.headerFields[.retryAfter] = String(max(1, seconds)) }
    if case .unknownCaller = failure { answer.headerFields[.wwwAuthenticate] = #"Bearer realm="polystatus", Auth"# }
    return answer
  }

  static func problem(status: HTTPResponse.Status, detail: String, errors: [FieldProblem] = []) -> Response {
    var body = JSONObject([
      ("type", "about:blank"), ("title", .string(status.reasonPhrase)), ("status", .integer(status.code)), ("detail", .string(detail)),
      ("cid", .string(CorrelationID.current)),
    ])
    if !errors.isEmpty {
      body["errors"] = .array(errors.map { ["field": .string($0.field), "message": .string($0.message)] })
    }
    return Response(status: status, contentType: "application/problem+json", JSONValue.object(body).bytes)
  }

  /// What was thrown by a handler or by the router.
  public static func problem(_ error: any Error) -> Response {
    switch error {
    case let failure as Failure: return problem(failure)
    case RoutingFailure.notFound: return problem(.notFound("Nothing is here. GET /docs lists what there is."))
    case RoutingFailure.methodNotAllowed(let allowed):
      let names = allowed.map(\.rawValue).joined(separator: ", ")
      var answer = problem(status: .methodNotAllowed, detail: "Use one of \(names) here.")
      answer.headerFields[.allow] = names
      return answer
    default: return problem(.defect)
    }
  }
}

extension Failure {
  /// With its reason phrase.
  fileprivate var httpStatus: HTTPResponse.Status {
    let named: [HTTPResponse.Status] = [
      .badRequest, .unauthorized, .forbidden, .notFound, .conflict, .preconditionFailed, .contentTooLarge, .unsupportedMediaType,
      .tooManyRequests, .badGateway, .serviceUnavailable,
    ]
    return named.first { $0.code == status } ?? .internalServerError
  }
}
