import JSONBytes
import Messaging
import RedisClient
import Signing
import StatusModel

// Who polls what when: `due`, `busy:<host>`, `work`, `partings`, `deciding`, `sharing:<incident>`; the schema is in CSPStore.swift.

/// A provider that this process, and no other, may ask now.
struct Claim: Sendable {
  let settings: ProviderSettings
  let version: Int
  let generation: Int
  let poll: PollState
  fileprivate let token: String
}

extension CSPStore {
  private enum Scripts {
    static let claim = RedisScript(name: "csp.claim", source: Embedded.claimLua)
    static let finish = RedisScript(name: "csp.finish", source: Embedded.finishLua)
    static let release = RedisScript(name: "csp.release", source: Embedded.releaseLua)
    static let claimWork = RedisScript(name: "csp.claim-work", source: Embedded.claimWorkLua)
  }

  /// Milliseconds after which a claim no longer holds: longer than a poll takes. A process that dies meanwhile costs one such time.
  static let claimTime: Int64 = 45_000

  /// Takes what is due at `now` (ms), at most `most`; with the time of the earliest poll that will be due then (ms).
  func claimDue(at now: Int64, most: Int) async throws(Failure) -> (claims: [Claim], next: Int64?) {
    try await claim(at: now, most: most, only: "")
  }

  /// Nil when it, or its host, is being asked.
  func claim(_ name: String, at now: Int64) async throws(Failure) -> Claim? {
    try await claim(at: now, most: 1, only: name).claims.first
  }

  private func claim(at now: Int64, most: Int, only: String) async throws(Failure) -> (claims: [Claim], next: Int64?) {
    let token = UUIDText.random()
    let answer = try await read(
      Scripts.claim,
      [.string(String(now)), .string(String(Self.claimTime)), .integer(most), .string(token), .string(only)])
    let claims = stride(from: 1, to: answer.count - 4, by: 5).compactMap { index -> Claim? in
      guard let settings = ProviderSettings(stored: answer[index + 1].bytes) else { return nil }
      return Claim(
        settings: settings, version: answer[index + 2].string.flatMap { Int($0) } ?? 0,
        generation: answer[index + 3].string.flatMap { Int($0) } ?? 0, poll: PollState(answer[index + 4].bytes ?? []), token: token)
    }
    return (claims, answer.first?.string.flatMap { Double($0) }.map { Int64($0) })
  }

  /// `next` in ms.
  func finish(_ claim: Claim, _ poll: PollState, next: Int64) async throws(Failure) {
    do {
      _ = try await redis.run(
        Scripts.finish, keys: [.string(namespace)],
        arguments: [
          .string(claim.settings.name), .string(claim.settings.host), .string(claim.token), .string(String(next)), .string(poll.json.text),
          .integer(claim.version),
        ])
    } catch { throw Failure(error) }
  }

  // MARK: What incidents is to be told

  /// What waits for its turn.
  enum Waiting: String, Sendable {
    /// Event ids.
    case work
    /// `<incident> <correlation id> <event id>` of events whose provider was deleted.
    case partings
  }

  /// Takes members of a set, at most `most`; each comes again after `claimTime` unless it is ended, postponed or committed.
  func claim(_ set: Waiting, at now: Int64, most: Int) async throws(Failure) -> [String] {
    let arguments: [RedisArgument] = [.string(String(now)), .string(String(Self.claimTime)), .integer(most), .string(set.rawValue)]
    return try await read(Scripts.claimWork, arguments).compactMap(\.string)
  }

  /// Moves its turn to `time` (ms).
  func postpone(_ member: String, of set: Waiting, to time: Int64) async throws(Failure) {
    try await command("ZADD", .string("\(namespace):csp:\(set.rawValue)"), "XX", .string(String(time)), .string(member))
  }

  /// Nothing is left to tell about it.
  func end(_ member: String, of set: Waiting) async throws(Failure) {
    try await command("ZREM", .string("\(namespace):csp:\(set.rawValue)"), .string(member))
  }

  /// Milliseconds one process may take to decide about incidents while the others wait.
  private static let decisionTime = 15_000

  /// Nil when somebody else is deciding.
  func beginDecision() async throws(Failure) -> String? {
    let token = UUIDText.random()
    let answer = try await command("SET", .string("\(namespace):csp:deciding"), .string(token), "NX", "PX", .integer(Self.decisionTime))
    return answer.string == "OK" ? token : nil
  }

  func endDecision(_ token: String) async throws(Failure) {
    do {
      _ = try await redis.run(Scripts.release, keys: [.string("\(namespace):csp:deciding")], arguments: [.string(token)])
    } catch { throw Failure(error) }
  }

  func share(_ incident: String, _ event: String) async throws(Failure) {
    try await command("SADD", .string("\(namespace):csp:sharing:\(incident)"), .string(event))
  }

  /// The events that share an incident.
  func sharers(of incident: String) async throws(Failure) -> [String] {
    try await command("SMEMBERS", .string("\(namespace):csp:sharing:\(incident)")).array?.compactMap(\.string) ?? []
  }

  // MARK: The first start

  func isSeeded() async throws(Failure) -> Bool { try await command("EXISTS", .string("\(namespace):csp:seeded")).int == 1 }
  func markSeeded() async throws(Failure) { try await command("SET", .string("\(namespace):csp:seeded"), "1") }

  @discardableResult
  private func command(_ words: RedisArgument...) async throws(Failure) -> RedisValue {
    do { return try await redis.command(words) } catch { throw Failure(error) }
  }
}
