import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// Flags and segments in Redis, and the only file beside the scripts that knows their keys. Every change is one script that also publishes
/// its event. All keys begin with `{ns}:flags:`.
///
///     revision         string   counts every change of a flag or segment
///     changes          zset     flag:<id>, segment:<name> → the revision that changed it last: all there are
///     floor            string   the revision of the last removal: who knows an earlier one reads everything
///     flag:<id>        hash     version, on, body (the definition's other members, JSON without braces), created_at (s), facts (what
///                               events say of it), json (as it is sent)
///     segment:<name>   hash     version, body, created_at (s), json
///     history:<id>     list     a flag's changes as they are sent, oldest first, at most 100
///     versions:<id>    hash     version → the definition then, for the last 100; last: the version given last
///
/// `history` and `versions` of a deleted flag expire after 90 days. All methods throw `.unavailable` while Redis is away.
struct FlagsStore: Sendable {
  private let redis: Redis
  private let mutations: Mutations
  private let namespace: String

  init(redis: Redis, mutations: Mutations, namespace: String) {
    self.redis = redis
    self.mutations = mutations
    self.namespace = namespace
  }

  /// Something as it is sent.
  struct Record: Sendable {
    let version: Int
    let json: [UInt8]
    var isNew = false
  }

  /// What came of a change that was checked against a snapshot.
  enum Outcome<Value: Sendable>: Sendable {
    case done(Value)
    /// Something else has changed since: check again.
    case moved
  }

  private enum Scripts {
    static let save = mutation("flags.save", Embedded.saveLua)
    static let toggle = mutation("flags.toggle", Embedded.toggleLua)
    static let delete = mutation("flags.delete", Embedded.deleteLua)
    static let saveSegment = mutation("flags.save-segment", Embedded.saveSegmentLua)
    static let deleteSegment = mutation("flags.delete-segment", Embedded.deleteSegmentLua)
    static let load = RedisScript(name: "flags.load", source: Embedded.loadLua)
    static let history = RedisScript(name: "flags.history", source: Embedded.historyLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      MutationScript(name: name, source: Embedded.recordLua + "\n" + source)
    }
  }

  // MARK: Changes

  /// `flag` was checked at `revision`, where it was `old`. `expected`: a version, 0 when there must be none yet, nil for any.
  /// Throws `.versionMismatch`, and `.conflict` when there are too many.
  func save(
    _ flag: FlagDefinition, replacing old: FlagDefinition?, as change: String, at expected: Int?, checkedAt revision: Int
  ) async throws(Failure) -> Outcome<Record> {
    let answer = try await mutations.run(
      Scripts.save,
      [
        .string(flag.id), Self.version(expected), .integer(revision), .string(String(flag.isOn)), .string(flag.body), .string(flag.facts),
        .string(change), .string(FlagDefinition.difference(from: old, to: flag)), .integer(Bounds.records),
      ])
    return try Self.outcome(answer, flag.id)
  }

  /// `isOn` nil: the other way round. Throws `.notFound`, `.versionMismatch`.
  func toggle(_ id: String, to isOn: Bool?, at expected: Int?) async throws(Failure) -> Record {
    let answer = try await mutations.run(Scripts.toggle, [.string(id), Self.version(expected), .string(isOn.map(String.init) ?? "")])
    guard case .done(let record) = try Self.outcome(answer, id) else { throw .defect }
    return record
  }

  /// At `revision` nothing needed it. Throws `.notFound`, `.versionMismatch`.
  func delete(_ flag: FlagDefinition, at expected: Int?, checkedAt revision: Int) async throws(Failure) -> Outcome<Void> {
    let difference = FlagDefinition.difference(from: flag, to: nil)
    return try Self.removal(
      await mutations.run(
        Scripts.delete, [.string(flag.id), Self.version(expected), .integer(revision), .string(difference)]), flag.id)
  }

  /// Throws `.versionMismatch`, and `.conflict` when there are too many.
  func save(_ segment: Segment, at expected: Int?) async throws(Failure) -> Record {
    let answer = try await mutations.run(
      Scripts.saveSegment, [.string(segment.name), Self.version(expected), .string(segment.body), .integer(Bounds.records)])
    guard case .done(let record) = try Self.outcome(answer, segment.name) else { throw .defect }
    return record
  }

  /// At `revision` no flag named it. Throws `.notFound`, `.versionMismatch`.
  func deleteSegment(_ name: String, at expected: Int?, checkedAt revision: Int) async throws(Failure) -> Outcome<Void> {
    try Self.removal(
      await mutations.run(Scripts.deleteSegment, [.string(name), Self.version(expected), .integer(revision)]), name)
  }

  // MARK: Readings

  /// What there is to know for who knows `revision`, 0 for nothing.
  func changes(since revision: Int) async throws(Failure) -> Changes {
    let answer = try await read(Scripts.load, [.integer(revision)])
    guard answer.count >= 2, let current = answer[0].int else { throw .defect }
    var changes = Changes(revision: current, areAll: answer[1].string == "1")
    for index in stride(from: 2, to: answer.count - 1, by: 2) {
      guard let member = answer[index].string, let json = answer[index + 1].bytes else { continue }
      if member.hasPrefix("flag:") { changes.flags.append(json) } else { changes.segments.append(json) }
    }
    return changes
  }

  struct Changes: Sendable {
    let revision: Int
    /// Whether what is not here is not there.
    let areAll: Bool
    var flags: [[UInt8]] = []
    var segments: [[UInt8]] = []
  }

  /// Entries, newest first, from the `start`-th on, and how many there are. Throws `.notFound` for a flag that never was.
  func history(_ id: String, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let answer = try await read(Scripts.history, [.string(id), .integer(start), .integer(count)])
    guard let total = answer.first?.int, total > 0 else { throw Self.missing(id) }
    return (answer.dropFirst().compactMap(\.bytes), total)
  }

  /// The definition a flag had at `version`. Throws `.notFound` when it is not kept.
  func definition(_ id: String, version: Int) async throws(Failure) -> JSONObject {
    let kept: RedisValue
    do {
      kept = try await redis.command("HGET", "\(namespace):flags:versions:\(id)", .integer(version))
    } catch {
      throw Failure(error)
    }
    guard let bytes = kept.bytes, let object = try? JSONValue(parsing: bytes).object else {
      throw .notFound("\(id) has no version \(version) to go back to; its history lists those it has.")
    }
    return object
  }

  private func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do {
      return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? []
    } catch {
      throw Failure(error)
    }
  }

  // MARK: Answers

  private static func outcome(_ answer: [RedisValue], _ name: String) throws(Failure) -> Outcome<Record> {
    if try isMoved(answer, name) { return .moved }
    guard answer.count >= 3, let version = answer[1].int, let json = answer[2].bytes else { throw .defect }
    return .done(Record(version: version, json: json, isNew: answer.count > 3 && answer[3].string == "created"))
  }

  private static func removal(_ answer: [RedisValue], _ name: String) throws(Failure) -> Outcome<Void> {
    try isMoved(answer, name) ? .moved : .done(())
  }

  private static func isMoved(_ answer: [RedisValue], _ name: String) throws(Failure) -> Bool {
    switch answer.first?.string {
    case "ok", "unchanged": return false
    case "moved": return true
    case "missing": throw missing(name)
    case "version":
      let current = answer[1].string ?? ""
      throw .versionMismatch(
        current == "0"
          ? "There is no \(name) yet; leave out If-Match to make it."
          : "\(name) is at version \(current) by now. Read it again, then repeat the change.")
    case "full": throw .conflict("There are \(Bounds.records) flags and segments, which is the most. Delete one first.")
    default: throw .defect
    }
  }

  private static func version(_ expected: Int?) -> RedisArgument { .string(expected.map(String.init) ?? "") }

  static func missing(_ id: String) -> Failure { .notFound("There is no flag \(id).") }
}
