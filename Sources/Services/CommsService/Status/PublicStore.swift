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

  /// All that the public may see at `now` (epoch seconds), in one reading.
  func snapshot(at now: Int) async throws(Failure) -> PublicRecords {
    let answer = try await read(
      Scripts.snapshot,
      [
        .integer(now - StatusBounds.resolvedShown), .integer(StatusBounds.shownIncidents), .integer(StatusBounds.history),
        .integer(StatusBounds.shownAnnouncements),
      ])
    guard answer.count == 2, let revision = answer[0].int else { throw .defect }
    return PublicRecords(revision: revision, incidents: (answer[1].array ?? []).compactMap(Self.incident))
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

/// What one reading of the store found.
struct PublicRecords: Sendable {
  /// Of how many changes this is the outcome.
  var revision: Int
  var incidents: [PublicIncident]
}
