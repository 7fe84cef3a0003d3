public import JSONBytes
public import RedisClient
import Signing
public import StatusModel

/// How one worker group does.
public struct BusGroup: Sendable, Equatable {
  public let name: String
  /// Messages it has not been given yet; nil when Redis cannot tell.
  public let lag: Int?
  /// Given and not yet acknowledged.
  public let pending: Int
  /// Waiting for another attempt.
  public let retrying: Int
  public let dead: Int
  /// Messages it never saw, because they were trimmed.
  public let missed: Int
  /// The replicas that live.
  public let consumers: [String]
}

/// Where a message stands with one group that has not simply done it.
public struct BusStanding: Sendable, Equatable {
  public enum State: String, Sendable { case retrying, dead }
  public let group: String
  public let state: State
  /// Milliseconds: when it comes again (nil: it is under way), or when it was given up.
  public let at: Int64?
  public let errorsCount: Int
}

/// What became of a message.
public struct BusFate: Sendable, Equatable {
  /// Soft and hard errors of all groups.
  public var errorsCount = 0
  public var standings: [BusStanding] = []

  public init() {}
}

/// The bus as operators see it: what is kept, what became of it, and what they may do about dead letters.
/// All methods throw `Failure.unavailable` while Redis is away.
public struct BusSupervisor: Sendable {
  private let redis: Redis
  private let mutations: Mutations
  private let namespace: String

  private enum Scripts {
    static let consumers = Bus.script("bus.consumers", Embedded.busConsumersLua)
    static let states = Bus.script("bus.states", Embedded.busStatesLua)
    static let held = Bus.script("bus.held", Embedded.busHeldLua)
    static let settle = Bus.mutation("bus.settle", Embedded.busSettleLua)
    static let send = MutationScript(name: "bus.send", source: "append(arg(1)) return { 'ok' }")
  }

  public init(redis: Redis, mutations: Mutations, namespace: String) {
    self.redis = redis
    self.mutations = mutations
    self.namespace = namespace
  }

  // MARK: Readings

  /// Every group that reads the bus, and last `invalid`, which holds what breaks the schema.
  public func groups() async throws(Failure) -> [BusGroup] {
    try await run(Scripts.consumers, []).compactMap { reply in
      guard let values = reply.array, values.count >= 6, let name = values[0].string else { return nil }
      return BusGroup(
        name: name, lag: values[1].int, pending: values[2].int ?? 0, retrying: values[3].int ?? 0, dead: values[4].int ?? 0,
        missed: values[5].int ?? 0, consumers: values.dropFirst(6).compactMap(\.string))
    }
  }

  /// One entry of the bus as it lies there.
  public struct Entry: Sendable {
    public let position: BusPosition
    public let bytes: [UInt8]
  }

  /// At most `count` entries, newest first, from `from` to `to` (ms, both included), those before `position` alone.
  public func entries(from: Int64?, to: Int64?, before position: BusPosition?, _ count: Int) async throws(Failure) -> [Entry] {
    let end = position.map { "(\($0)" } ?? to.map { "\($0)" } ?? "+"
    let words: [RedisArgument] = [
      "XREVRANGE", .string("\(namespace):bus"), .string(end), .string(from.map { "\($0)" } ?? "-"), "COUNT", .integer(count),
    ]
    let reply: RedisValue
    do { reply = try await redis.command(words) } catch { throw Failure(error) }
    return (reply.array ?? []).compactMap { entry in
      guard let parts = entry.array, parts.count == 2, let position = parts[0].string.flatMap(BusPosition.init) else { return nil }
      return Entry(position: position, bytes: parts[1].array?.last?.bytes ?? [])
    }
  }

  /// By uuid, of those about which there is something to tell. At most 500 at a time.
  public func fates(_ uuids: [String]) async throws(Failure) -> [String: BusFate] {
    guard !uuids.isEmpty else { return [:] }
    let answer = try await run(Scripts.states, uuids.map { .string($0) })
    guard answer.count == 2, let histories = answer[0].array, let states = answer[1].array else { throw .defect }
    var fates: [String: BusFate] = [:]
    for index in stride(from: 0, to: histories.count - 1, by: 2) {
      fates[histories[index].string ?? "", default: BusFate()].errorsCount = histories[index + 1].int ?? 0
    }
    for index in stride(from: 0, to: states.count - 4, by: 5) {
      guard let state = states[index + 2].string.flatMap(BusStanding.State.init) else { continue }
      fates[states[index].string ?? "", default: BusFate()].standings.append(
        BusStanding(
          group: states[index + 1].string ?? "", state: state, at: states[index + 3].int.map { Int64($0) },
          errorsCount: states[index + 4].int ?? 0))
    }
    return fates
  }

  /// A message that a group holds back or has given up.
  public struct Held: Sendable {
    public let uuid: String
    /// Milliseconds; nil when it is under way.
    public let at: Int64?
    public let bytes: [UInt8]
  }

  /// At most `limit` of those in that state, of each group the newest first; with `uuid` that one alone. One that several groups hold
  /// comes as often.
  public func held(_ state: BusStanding.State, uuid: String? = nil, limit: Int) async throws(Failure) -> [Held] {
    let answer = try await run(
      Scripts.held, [state == .dead ? "dead" : "deferred", .integer(limit), .string(uuid ?? "")])
    return stride(from: 0, to: answer.count - 2, by: 3).map { index in
      Held(uuid: answer[index].string ?? "", at: answer[index + 1].int.map { Int64($0) }, bytes: answer[index + 2].bytes ?? [])
    }
  }

  /// The error history of a message, oldest first.
  public func history(_ uuid: String) async throws(Failure) -> [JSONValue] {
    let reply: RedisValue
    do { reply = try await redis.command("LRANGE", .string("\(namespace):bus:errors:\(uuid)"), "0", "-1") } catch { throw Failure(error) }
    return (reply.array ?? []).compactMap { $0.bytes.flatMap { try? JSONValue(parsing: $0) } }
  }

  private func run(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do {
      return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? []
    } catch {
      throw Failure(error)
    }
  }

  // MARK: Changes

  public enum Decision: String, Sendable { case replay, discard }

  /// Has a dead letter delivered anew, or takes it away, for one group or for all that have it. Returns those.
  /// Throws `.notFound` when there is no such letter, `.conflict` for a replay of what breaks the schema.
  public func settle(_ uuid: String, _ decision: Decision, group: String?, note: ErrorEntry, now: Int64) async throws(Failure) -> [String] {
    let answer = try await mutations.run(
      Scripts.settle,
      [
        .string(uuid), .string(decision.rawValue), .string(group ?? ""), .string(note.json(sender: "supervision", now: now)),
        .integer(Bus.errorLifetime),
      ])
    switch answer.first?.string {
    case "ok": return answer.dropFirst().compactMap(\.string)
    case "missing": throw .notFound("There is no dead letter \(uuid)\(group.map { " of \($0)" } ?? "").")
    default: throw .conflict("This message breaks the schema and would break it again. It can be discarded only.")
    }
  }

  /// Puts a message on the bus as it is. Throws `.malformed` when it breaks the schema.
  public func send(_ message: [UInt8]) async throws(Failure) {
    do { _ = try BusMessage(parsing: message) } catch { throw .malformed("This is no message: \(error.description).") }
    _ = try await mutations.run(Scripts.send, [.bytes(message)])
  }
}
