/// Why a command has no answer.
public enum RedisFailure: Error, Sendable, Equatable {
  /// Redis is away, or here and unable to serve (still loading, read-only, out of memory or disk). The command was not done.
  case unavailable(String)
  /// No answer within the command's time-out. It may have been done.
  case timedOut
  /// The connection died after the command was accepted. It may have been done.
  case connectionLost
  /// A limit of `RedisConfiguration` is reached. The command was not sent.
  case overloaded
  /// The calling task was cancelled. The command may have been done.
  case cancelled
  /// Redis refused it: the first word of the error reply, such as `WRONGTYPE`, and the rest.
  case server(code: String, message: String)

  /// Error replies of a server that cannot serve at present.
  private static let unable: Set<String> = [
    "LOADING", "READONLY", "MASTERDOWN", "MISCONF", "OOM", "BUSY", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN",
    "UNBLOCKED",
  ]

  /// From the text of an error reply.
  init(reply text: String) {
    let code = text.prefix { $0 != " " }
    self =
      Self.unable.contains(String(code))
      ? .unavailable(text) : .server(code: String(code), message: String(text.dropFirst(code.count + 1)))
  }
}

extension RedisFailure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unavailable(let reason): "Redis is not available: \(reason)"
    case .timedOut: "Redis did not answer in time"
    case .connectionLost: "the connection to Redis was lost"
    case .overloaded: "too many Redis commands are waiting"
    case .cancelled: "the Redis command was cancelled"
    case .server(let code, let message): "\(code) \(message)"
    }
  }
}
