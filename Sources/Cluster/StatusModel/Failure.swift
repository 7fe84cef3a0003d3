/// Every way a request or a piece of work can fail, in one vocabulary. Messages are for the caller: specific, and never an internal.
public enum Failure: Error, Sendable, Equatable {
  /// Fields that cannot be accepted, all of them at once.
  case invalid([FieldProblem])
  /// The request as a whole cannot be read.
  case malformed(String)
  /// We do not know who is calling.
  case unknownCaller(String)
  /// We know who is calling, and no.
  case forbidden(String)
  case notFound(String)
  /// The state of the thing does not allow it, or somebody else has it.
  case conflict(String)
  /// `If-Match` names another version than the current one.
  case versionMismatch(String)
  case tooLarge(String)
  case unsupportedMedia(String)
  /// `retryAfter` in seconds.
  case tooMany(String, retryAfter: Int)
  /// Somebody else's server gave nothing usable.
  case badUpstream(String)
  /// Something we need is away. `retryAfter` in seconds.
  case unavailable(String, retryAfter: Int)
  /// A defect of ours; the details are in the log only.
  case defect

  public static func invalid(_ field: String, _ message: String) -> Failure { .invalid([FieldProblem(field: field, message: message)]) }
}

public struct FieldProblem: Sendable, Equatable {
  public let field: String
  public let message: String
  public init(field: String, message: String) {
    self.field = field
    self.message = message
  }
}

extension Failure {
  /// The HTTP status of the failure: the one table.
  public var status: Int {
    switch self {
    case .invalid, .malformed: 400
    case .unknownCaller: 401
    case .forbidden: 403
    case .notFound: 404
    case .conflict: 409
    case .versionMismatch: 412
    case .tooLarge: 413
    case .unsupportedMedia: 415
    case .tooMany: 429
    case .defect: 500
    case .badUpstream: 502
    case .unavailable: 503
    }
  }

  /// The inverse: what a neighbour's answer means, so that a failure keeps its meaning across a hop.
  public init(status: Int, detail: String, problems: [FieldProblem] = [], retryAfter: Int? = nil) {
    self =
      switch status {
      case 400 where !problems.isEmpty: .invalid(problems)
      case 400: .malformed(detail)
      case 401: .unknownCaller(detail)
      case 403: .forbidden(detail)
      case 404: .notFound(detail)
      case 409: .conflict(detail)
      case 412: .versionMismatch(detail)
      case 413: .tooLarge(detail)
      case 415: .unsupportedMedia(detail)
      case 429: .tooMany(detail, retryAfter: retryAfter ?? 1)
      case 502: .badUpstream(detail)
      case 503, 504: .unavailable(detail, retryAfter: retryAfter ?? 1)
      default: .defect
      }
  }

  /// One sentence for the caller.
  public var detail: String {
    switch self {
    case .invalid(let problems):
      problems.count == 1 ? "\(problems[0].field) \(problems[0].message)" : "\(problems.count) fields cannot be accepted; see errors."
    case .malformed(let text), .unknownCaller(let text), .forbidden(let text), .notFound(let text), .conflict(let text),
      .versionMismatch(let text), .tooLarge(let text), .unsupportedMedia(let text), .badUpstream(let text):
      text
    case .tooMany(let text, _), .unavailable(let text, _): text
    case .defect: "Something went wrong on our side. The details are in the log under this cid."
    }
  }

  /// In seconds, when trying again later makes sense.
  public var retryAfter: Int? {
    switch self {
    case .tooMany(_, let seconds), .unavailable(_, let seconds): seconds
    default: nil
    }
  }
}
