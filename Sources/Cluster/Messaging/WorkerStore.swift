import RedisClient
import Signing

/// What one consumer group has in Redis, under `{ns}:bus`. Every move is one script.
///
///     {ns}:bus                        stream   every message; the group of the same name reads it
///     {ns}:bus:retry:<group>          stream   what this group alone gets again: fields message, count, deaths
///     {ns}:bus:alive:<group>:<name>   string   a consumer that lives, expiring
///     {ns}:bus:done:<group>           zset     uuids it has done, by time (ms); a day
///     {ns}:bus:deferred:<group>       zset     uuids that come again, by when (ms; +inf: under way in the retry stream)
///     {ns}:bus:dead:<group>           zset     uuids of its dead letters, by time (ms)
///     {ns}:bus:held:<group>:<uuid>    hash     message, count: of what is deferred or dead
///     {ns}:bus:errors:<uuid>          list     the error history of a message, of all groups, oldest first
///     {ns}:bus:gaps                   hash     group → messages it never saw, because they were trimmed
///     {ns}:bus:runs                   hash     group → the run id of the Redis that counts what it has read
///
/// All methods throw `RedisFailure`; with the code `NOGROUP` the group has to be joined anew.
struct WorkerStore: Sendable {
  let redis: Redis
  let namespace: String
  let group: String
  /// This replica's name within the group; nobody else ever has it.
  let consumer: String

  /// One entry that was read.
  struct Delivery: Sendable {
    enum Source: String, Sendable { case bus, retry }
    let source: Source
    let id: String
    let bytes: [UInt8]
    /// Soft errors before.
    let count: Int
    /// Consumers that died over it.
    let deaths: Int

    /// Names the entry within the group.
    var key: String { "\(source.rawValue) \(id)" }
    /// A UUID for what has none that can be read, always the same for an entry.
    var substituteUUID: String {
      let position = BusPosition(id)
      let head = Hex.padded(position?.milliseconds ?? 0, digits: 12)
      return "\(head.prefix(8))-\(head.suffix(4))-8000-8000-\(Hex.padded(position?.sequence ?? 0, digits: 12))"
    }
  }

  enum Outcome: String, Sendable { case done, soft, hard, invalid, back }

  private enum Scripts {
    static let join = RedisScript(name: "worker.join", source: Embedded.workerJoinLua)
    static let sweep = RedisScript(name: "worker.sweep", source: Embedded.workerSweepLua)
    static let finish = RedisScript(name: "worker.finish", source: Embedded.workerFinishLua)
  }

  /// Makes the group if there is none; it then begins with messages of `since` (ms) and later.
  func join(since: Int64) async throws(RedisFailure) {
    _ = try await redis.run(Scripts.join, keys: [.string(namespace)], arguments: [.string(group), .string("\(since)")])
  }

  /// At most `count` new entries of each stream, after at most `wait` for the first.
  func read(_ count: Int, wait: Duration) async throws(RedisFailure) -> [Delivery] {
    let bus = "\(namespace):bus"
    let reply = try await redis.blocking(
      [
        "XREADGROUP", "GROUP", .string(group), .string(consumer), "COUNT", .integer(count), "BLOCK",
        .integer(Int(wait.components.seconds) * 1000), "STREAMS", .string(bus), .string("\(bus):retry:\(group)"), ">", ">",
      ], timeout: wait + .seconds(5))
    return (reply.array ?? []).flatMap { stream -> [Delivery] in
      let source = stream.array?.first?.string == bus ? Delivery.Source.bus : .retry
      return (stream.array?.last?.array ?? []).compactMap { Self.delivery($0, source) }
    }
  }

  private static func delivery(_ entry: RedisValue, _ source: Delivery.Source) -> Delivery? {
    guard let parts = entry.array, let id = parts.first?.string else { return nil }
    let words = parts.last?.array ?? []
    func field(_ name: String) -> RedisValue? {
      stride(from: 0, to: words.count - 1, by: 2).first { words[$0].string == name }.map { words[$0 + 1] }
    }
    return Delivery(
      source: source, id: id, bytes: field("message")?.bytes ?? [], count: field("count")?.int ?? 0, deaths: field("deaths")?.int ?? 0)
  }

  /// Which of these messages the group has done.
  func done(_ uuids: [String]) async throws(RedisFailure) -> Set<String> {
    guard !uuids.isEmpty else { return [] }
    let scores = try await redis.command(["ZMSCORE", .string("\(namespace):bus:done:\(group)")] + uuids.map { .string($0) }).array ?? []
    return Set(zip(uuids, scores).filter { !$1.isNull }.map(\.0))
  }

  /// Acknowledges what this group has nothing to do with.
  func pass(_ deliveries: [Delivery]) async throws(RedisFailure) {
    let bus = "\(namespace):bus"
    for (source, stream) in [(Delivery.Source.bus, bus), (.retry, "\(bus):retry:\(group)")] {
      let ids = deliveries.filter { $0.source == source }.map { RedisArgument.string($0.id) }
      guard !ids.isEmpty else { continue }
      _ = try await redis.command(["XACK", .string(stream), .string(group)] + ids)
      if source == .retry { _ = try await redis.command(["XDEL", .string(stream)] + ids) }
    }
  }

  /// One round: what is due, and with `inFlight` what was left behind. Times in ms.
  func sweep(now: Int64, lifetime: Duration, atMost: Int, inFlight: [String]?, lostAfter: Duration) async throws(RedisFailure) {
    let milliseconds = lostAfter.components.seconds * 1000
    _ = try await redis.run(
      Scripts.sweep, keys: [.string(namespace)],
      arguments: [
        .string(group), .string(consumer), .string("\(now)"), .string("\(lifetime.components.seconds)"), .integer(atMost),
        inFlight == nil ? "" : "1", .string("\(milliseconds)"),
      ] + (inFlight ?? []).map { .string($0) })
  }

  struct Ending: Sendable {
    let outcome: Outcome
    /// When it comes again, in ms; for `.soft`.
    var due: Int64 = 0
    var count = 0
    /// JSON.
    var entries: [String] = []
  }

  func finish(_ delivery: Delivery, uuid: String, _ ending: Ending, now: Int64, letters: Int) async throws(RedisFailure) {
    let isKept = ending.outcome != .done
    _ = try await redis.run(
      Scripts.finish, keys: [.string(namespace)],
      arguments: [
        .string(group), .string(delivery.source.rawValue), .string(delivery.id), .string(uuid), .string(ending.outcome.rawValue),
        .string("\(now)"), .string("\(ending.due)"), isKept ? .bytes(delivery.bytes) : "", .integer(ending.count),
        .integer(delivery.deaths), .integer(letters), .integer(Bus.errorLifetime), .integer(Bus.errorsKept),
      ] + ending.entries.map { .string($0) })
  }

  /// This consumer reads no more: siblings need not wait until it counts as dead.
  func leave() async throws(RedisFailure) {
    _ = try await redis.command("DEL", .string("\(namespace):bus:alive:\(group):\(consumer)"))
  }
}
