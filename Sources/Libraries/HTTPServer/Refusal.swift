public import HTTPTypes

/// A request that never reaches a handler, because of how it is written or how slowly it comes. The connection closes after the answer.
public enum Refusal: Error, Sendable, Equatable {
  /// 400; the text names the rule (RFC 9110, RFC 9112).
  case badRequest(String)
  /// 408: the head or the body did not arrive in time.
  case timedOut
  /// 413
  case bodyTooLarge(limit: Int)
  /// 414
  case targetTooLong(limit: Int)
  /// 417: an expectation other than 100-continue.
  case unknownExpectation
  /// 431
  case headTooLarge(limit: Int)
  /// 501: a method or a transfer coding this server does not implement.
  case notImplemented(String)
  /// 505
  case unsupportedVersion

  public var status: HTTPResponse.Status {
    switch self {
    case .badRequest: .badRequest
    case .timedOut: .requestTimeout
    case .bodyTooLarge: .contentTooLarge
    case .targetTooLong: .uriTooLong
    case .unknownExpectation: .expectationFailed
    case .headTooLarge: .requestHeaderFieldsTooLarge
    case .notImplemented: .notImplemented
    case .unsupportedVersion: .httpVersionNotSupported
    }
  }

  /// One sentence for the client.
  public var detail: String {
    switch self {
    case .badRequest(let rule): "The request cannot be read: \(rule)."
    case .timedOut: "The request did not arrive in time."
    case .bodyTooLarge(let limit): "The body is larger than \(limit) bytes."
    case .targetTooLong(let limit): "The address is longer than \(limit) bytes."
    case .unknownExpectation: "The only expectation met here is 100-continue."
    case .headTooLarge(let limit): "The request head is larger than \(limit) bytes."
    case .notImplemented(let what): "\(what) is not implemented here."
    case .unsupportedVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
    }
  }
}
