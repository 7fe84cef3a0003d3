public import RedisClient
import Signing
public import StatusModel

/// A Lua script that changes records and publishes what it changed, in one step. Its text stands between `prelude.lua`,
/// which says what it is given, and `epilogue.lua`.
public struct MutationScript: Sendable {
  let script: RedisScript

  public init(name: String, source: String) {
    script = RedisScript(name: name, source: [Embedded.preludeLua, source, Embedded.epilogueLua].joined(separator: "\n"))
  }
}

/// The Idempotency-Key of the request being answered, with what it belongs to; empty when there is none.
public enum RepeatKey {
  @TaskLocal public static var current = ""
  /// How long the result of a repeatable call is kept, in seconds.
  public static let lifetime = 86_400
}

/// Runs a service's mutations: state and event commit together, under the caller and the correlation id that are bound.
public struct Mutations: Sendable {
  private let redis: Redis
  private let namespace: String
  private let sender: ServiceName
  private let busLimit: Int
  private let clock: @Sendable () -> Int64

  /// `clock` gives milliseconds since the epoch; `busLimit` is the most messages the stream keeps.
  public init(redis: Redis, namespace: String, sender: ServiceName, busLimit: Int = 1_000_000, clock: @escaping @Sendable () -> Int64) {
    self.redis = redis
    self.namespace = namespace
    self.sender = sender
    self.busLimit = busLimit
    self.clock = clock
  }

  /// The script's answer, which is an array; its first element is a status word: `ok`, `unchanged` and `existing` tell of a change that
  /// stands, any other that nothing was changed. Throws `.unavailable` when Redis is away, and then it is not known whether the change was
  /// made, or when fewer replicas have the change than `RedisConfiguration.replicas`.
  public func run(_ script: MutationScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    let now = clock()
    let uuid = UUIDText.random()
    let cid = CorrelationID.current.isEmpty ? uuid : CorrelationID.current
    let context: [RedisArgument] = [
      .string(String(now)), .string(ISO8601.text(milliseconds: now)), .string(sender.rawValue), .string(cid),
      .string(Caller.current.actor), .string(String(uuid.prefix(24))), .string(String(Self.tail(of: uuid))), .string(String(busLimit)),
      .string(RepeatKey.current.isEmpty ? "" : "\(RepeatKey.current):\(script.script.name)"), .string(String(RepeatKey.lifetime)),
    ]
    let answer: [RedisValue]
    let isReplicated: Bool
    do {
      let (value, replicated) = try await redis.runReplicated(script.script, keys: [.string(namespace)], arguments: context + arguments)
      answer = value.array ?? []
      isReplicated = replicated
    } catch {
      throw Failure(error)
    }
    guard isReplicated || !Self.standing.contains(answer.first?.string ?? "") else {
      throw .unavailable(
        "The change is stored here but not yet replicated. Repeat it under the same Idempotency-Key; without one, look first whether it is there.",
        retryAfter: 1)
    }
    return answer
  }

  /// The status words that tell of a change that stands; with any other a script has changed nothing.
  private static let standing: Set = ["ok", "unchanged", "existing"]

  /// The last twelve digits as a number that still has room to count up from.
  private static func tail(of uuid: String) -> Int { (Int(uuid.suffix(12), radix: 16) ?? 0) & 0x7FFF_FFFF_FFFF }
}

extension Failure {
  /// Redis away is a 503; an error reply of Redis is a defect of ours.
  public init(_ failure: RedisFailure) {
    switch failure {
    case .server: self = .defect
    default: self = .unavailable("The store is away for the moment; nothing was promised. Try again.", retryAfter: 1)
    }
  }
}
