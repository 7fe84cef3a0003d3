/// What one server accepts and how long it waits. Every limit has a clear answer.
public struct Limits: Sendable {
  /// Request line and header fields, in bytes; over it 431.
  public var headBytes = 16 * 1024
  /// The request target, in bytes; over it 414.
  public var targetBytes = 8 * 1024
  /// Header fields in one request; over it 431.
  public var fields = 100
  /// A request body, in bytes, where the route does not say otherwise; over it 413.
  public var bodyBytes = 1024 * 1024
  /// One chunk's extensions, in bytes; over it 400.
  public var chunkExtensionBytes = 256
  /// Trailer fields after a chunked body, in bytes; over it 431.
  public var trailerBytes = 8 * 1024
  /// Bytes of following requests kept while one is being answered; then reading pauses.
  public var pipelineBytes = 64 * 1024
  /// Bytes of answers waiting for the client; then a stream's producer waits, and no further request is begun.
  public var streamBytes = 64 * 1024
  /// Open connections of the process; at the limit no more are accepted until one closes.
  public var connections = 16_384

  /// From the first byte of a request head to its end; over it 408.
  public var headTime: Duration = .seconds(10)
  /// Without a byte of an unfinished body; over it 408.
  public var bodyStallTime: Duration = .seconds(10)
  /// A whole body; over it 408.
  public var bodyTime: Duration = .seconds(60)
  /// A connection with no request on it; then it is closed.
  public var idleTime: Duration = .seconds(75)
  /// Without the client taking a byte of the answer; then it is closed.
  public var writeStallTime: Duration = .seconds(30)
  /// After the last answer, until the client has read it.
  public var lingerTime: Duration = .seconds(2)

  public init() {}

  /// How often deadlines are looked at.
  var sweepInterval: Duration {
    let shortest = min(headTime, bodyStallTime, bodyTime, idleTime, writeStallTime, lingerTime)
    return max(.milliseconds(10), min(.milliseconds(500), shortest / 4))
  }
}

/// The times of `Limits` in nanoseconds, for deadlines set with every request.
struct LimitTimes {
  let head, idle, bodyStall, body, writeStall, linger: UInt64

  init(_ limits: Limits) {
    head = Self.nanoseconds(limits.headTime)
    idle = Self.nanoseconds(limits.idleTime)
    bodyStall = Self.nanoseconds(limits.bodyStallTime)
    body = Self.nanoseconds(limits.bodyTime)
    writeStall = Self.nanoseconds(limits.writeStallTime)
    linger = Self.nanoseconds(limits.lingerTime)
  }

  /// At most a century, so that a deadline never overflows.
  private static func nanoseconds(_ time: Duration) -> UInt64 {
    let (seconds, attoseconds) = time.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(min(seconds, 3_155_760_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
