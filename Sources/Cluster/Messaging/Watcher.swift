import Reactor
public import RedisClient
import Synchronization

/// Where a message stands in the bus stream: milliseconds and a number within them (Redis' entry id).
public struct BusPosition: Sendable, Comparable, CustomStringConvertible {
  public let milliseconds: UInt64
  public let sequence: UInt64

  /// From text such as `1795332880178-0`; nil when it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 41, parts.allSatisfy({ $0.utf8.allSatisfy { $0 &- 0x30 < 10 } }),
      let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1])
    else { return nil }
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  public var description: String { "\(milliseconds)-\(sequence)" }
  public static func < (a: BusPosition, b: BusPosition) -> Bool { (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence) }
}

/// Reads the bus in this replica, plainly and from now on: acknowledges nothing, holds back no trimming. Messages that break the schema are
/// passed over. One reader for all subscribers of the process.
public final class Watcher: Sendable {
  public struct Entry: Sendable {
    public let position: BusPosition
    public let message: BusMessage
    public let bytes: [UInt8]
  }
  public enum Event: Sendable {
    case entry(Entry)
    /// Messages may have been missed: reading has just begun, at first or after Redis was away.
    case gap
    /// Nothing came for a while.
    case quiet
  }

  /// Messages a subscriber may be behind; beyond that its stream ends.
  public static let backlog = 1_000
  /// Entries read at once.
  private static let batch = 500
  private static let quietTime = Duration.seconds(15)

  private let redis: Redis
  private let stream: RedisArgument
  private let subscribers = Mutex<[Int: AsyncStream<Event>.Continuation]>([:])
  private let last = Atomic<Int>(0)

  public init(redis: Redis, namespace: String) {
    self.redis = redis
    stream = .string("\(namespace):bus")
  }

  /// Reads until cancelled; while Redis is away it tries again. Runs on a loop.
  public func run() async {
    var position: String?
    var isReading = false
    while !Task.isCancelled {
      do {
        if position == nil || !isReading {
          let newest = try await newest()
          position = position ?? newest
          isReading = true
          tell(.gap)
        }
        position = try await read(after: position ?? "0-0")
      } catch {
        isReading = false
        guard (try? await EventLoop.current.sleep(for: .milliseconds(500))) != nil else { break }
      }
    }
    for subscriber in subscribers.withLock({ $0.values.map(\.self) }) { subscriber.finish() }
  }

  /// What comes from now on. Ends when the watcher stops or the subscriber falls behind.
  public func subscribe() -> AsyncStream<Event> {
    let number = last.add(1, ordering: .relaxed).newValue
    return AsyncStream(bufferingPolicy: .bufferingOldest(Self.backlog)) { continuation in
      subscribers.withLock { $0[number] = continuation }
      continuation.onTermination = { [weak self] _ in self?.subscribers.withLock { $0[number] = nil } }
    }
  }

  /// The messages after `position` that are still kept, oldest first, at most 500. Throws `RedisFailure`.
  public func messages(after position: BusPosition) async throws(RedisFailure) -> [Entry] {
    let reply = try await redis.command("XRANGE", stream, .string("(\(position)"), "+", "COUNT", .integer(Self.batch))
    return (reply.array ?? []).compactMap(Self.entry)
  }

  private func newest() async throws -> String {
    let reply = try await redis.command("XREVRANGE", stream, "+", "-", "COUNT", "1")
    return reply.array?.first?.array?.first?.string ?? "0-0"
  }

  /// The position of the last entry read.
  private func read(after position: String) async throws -> String {
    let milliseconds = Int(Self.quietTime.components.seconds) * 1000
    let reply = try await redis.blocking(
      ["XREAD", "COUNT", .integer(Self.batch), "BLOCK", .integer(milliseconds), "STREAMS", stream, .string(position)],
      timeout: Self.quietTime + .seconds(5))
    guard let entries = reply.array?.first?.array?.last?.array, let newest = entries.last?.array?.first?.string else {
      tell(.quiet)
      return position
    }
    for entry in entries.compactMap(Self.entry) { tell(.entry(entry)) }
    return newest
  }

  private func tell(_ event: Event) {
    for subscriber in subscribers.withLock({ $0.values.map(\.self) }) {
      if case .dropped = subscriber.yield(event) { subscriber.finish() }
    }
  }

  private static func entry(_ reply: RedisValue) -> Entry? {
    guard let parts = reply.array, parts.count == 2, let position = parts[0].string.flatMap(BusPosition.init), let fields = parts[1].array,
      fields.count >= 2, fields[0].string == "message", let bytes = fields[1].bytes, let message = try? BusMessage(parsing: bytes)
    else { return nil }
    return Entry(position: position, message: message, bytes: bytes)
  }
}
