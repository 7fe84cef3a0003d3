import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// Reads what is public, for everybody; the keys are those of the other stores of this folder.
/// All methods throw `.unavailable` while Redis is away.
struct PublicStore: Sendable {
  private let redis: Redis
  private let namespace: String

  init(redis: Redis, namespace: String) {
    self.redis = redis
    self.namespace = namespace
  }

  private enum Scripts {
    static let snapshot = reading("comms.public.snapshot", Embedded.publicSnapshotLua)
    static let detail = reading("comms.public.detail", Embedded.publicDetailLua)
    static let list = reading("comms.public.list", Embedded.publicListLua)

    private static func reading(_ name: String, _ source: String) -> RedisScript {
      RedisScript(name: name, source: Embedded.publicIncidentLua + "\n" + source)
    }
  }

  /// All that the public may see at `now`, and the components' changes of status at or after `since` (epoch seconds), in one reading.
  func snapshot(at now: Int, changesSince since: Int) async throws(Failure) -> (records: PublicRecords, changes: [StatusChange]) {
    let answer = try await read(
      Scripts.snapshot,
      [
        .integer(now - StatusBounds.resolvedShown), .integer(StatusBounds.shownIncidents), .integer(StatusBounds.history),
        .integer(StatusBounds.shownAnnouncements), .integer(since),
      ])
    guard answer.count == 7, let revision = answer[0].int else { throw .defect }
    func list(_ index: Int) -> [[UInt8]] { (answer[index].array ?? []).compactMap(\.bytes) }
    let records = PublicRecords(
      revision: revision, incidents: (answer[1].array ?? []).compactMap(Self.incident), components: list(2).compactMap(Component.init),
      maintenances: list(3).compactMap(Maintenance.init), banner: answer[4].bytes.flatMap { try? JSONValue(parsing: $0) },
      providers: list(5).compactMap(ProviderTrouble.init))
    return (records, (answer[6].array ?? []).compactMap { $0.string.flatMap(StatusChange.init) })
  }

  /// What providers said and have not taken back, by what it is kept under.
  func providerTroubles() async throws(Failure) -> [String: ProviderTrouble] {
    let reply: RedisValue
    do { reply = try await redis.command("HGETALL", "\(namespace):comms:provider-events") } catch { throw Failure(error) }
    let parts = reply.array ?? []
    var found: [String: ProviderTrouble] = [:]
    for index in stride(from: 0, to: parts.count - 1, by: 2) {
      if let event = parts[index].string { found[event] = parts[index + 1].bytes.flatMap(ProviderTrouble.init) }
    }
    return found
  }

  /// The count of changes of what is public.
  func revision() async throws(Failure) -> Int {
    do { return try await redis.command("GET", "\(namespace):comms:revision").int ?? 0 } catch { throw Failure(error) }
  }

  /// Nil when it is not public.
  func incident(_ id: String) async throws(Failure) -> PublicIncident? {
    Self.incident(.array(try await read(Scripts.detail, [.string(id), .integer(StatusBounds.shownAnnouncements)])))
  }

  /// A page of the public incidents, the latest start first, and how many there are in all. Bounds in epoch seconds, included.
  func incidents(start: Int, count: Int, from: Int?, to: Int?) async throws(Failure) -> (items: [PublicIncident], total: Int) {
    let answer = try await read(
      Scripts.list,
      [
        .integer(start), .integer(count), .integer(StatusBounds.shownAnnouncements), .string(from.map(String.init) ?? ""),
        .string(to.map(String.init) ?? ""),
      ])
    return (answer.dropFirst().compactMap(Self.incident), answer.first?.int ?? 0)
  }

  private func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do {
      return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? []
    } catch {
      throw Failure(error)
    }
  }

  private static func incident(_ reply: RedisValue) -> PublicIncident? {
    guard let parts = reply.array, let record = parts.first?.bytes else { return nil }
    return PublicIncident(record: record, announcements: parts.dropFirst().compactMap(\.bytes))
  }
}
