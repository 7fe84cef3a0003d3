import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// Maintenances and the banner in Redis. Beside the scripts and `PublicStore` the only file that knows these keys. All begin with
/// `{ns}:comms:`.
///
///     maintenance:<id>      hash     JSON texts by member, `json` the whole
///     maintenances          zset     every id, by its end; 400 days
///     maintenance-due       zset     `<id> start|end|24h|1h`, by when it is to happen: who takes a member does it
///     maintenance-count     string   how many there ever were; ids are made from it
///     banner                string   JSON
///
/// All methods throw `.unavailable` while Redis is away.
struct MaintenancesStore: Sendable {
  private let mutations: Mutations
  /// Steps of the clock done at once.
  private static let steps = 100

  init(mutations: Mutations) { self.mutations = mutations }

  private enum Scripts {
    static let create = mutation("comms.maintenance.create", Embedded.maintenanceCreateLua)
    static let update = mutation("comms.maintenance.update", Embedded.maintenanceUpdateLua)
    static let delete = mutation("comms.maintenance.delete", Embedded.maintenanceDeleteLua)
    static let clock = mutation("comms.maintenance.clock", Embedded.maintenanceClockLua)
    static let setBanner = MutationScript(name: "comms.banner.set", source: Embedded.statusRecordLua + "\n" + Embedded.bannerSetLua)
    static let deleteBanner = MutationScript(
      name: "comms.banner.delete", source: Embedded.statusRecordLua + "\n" + Embedded.bannerDeleteLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      MutationScript(name: name, source: [Embedded.statusRecordLua, Embedded.maintenanceRecordLua, source].joined(separator: "\n"))
    }
  }

  /// Throws `.invalid` for a component there is not, `.conflict` when there are too many.
  func create(_ maintenance: NewMaintenance) async throws(Failure) -> Maintenance {
    let answer = try await mutations.run(
      Scripts.create,
      [
        .string(JSONText.quoted(maintenance.title)), .string(JSONText.quoted(maintenance.message)),
        .string(JSONText.array(maintenance.components.map { $0.lowercased() })), .integer(maintenance.startsAt),
        .integer(maintenance.endsAt), .integer(StatusBounds.maintenances),
      ])
    if answer.first?.string == "full" { throw .conflict("There are \(StatusBounds.maintenances) maintenances to come; no more are taken.") }
    return try Self.maintenance(answer, "")
  }

  /// Throws `.notFound`, `.versionMismatch`, `.invalid`, and `.conflict` for one that is over.
  func update(_ id: String, at expected: Int?, _ change: MaintenanceChange) async throws(Failure) -> Maintenance {
    let answer = try await mutations.run(
      Scripts.update,
      [
        .string(id), .string(expected.map(String.init) ?? ""), .string(change.title.map(JSONText.quoted) ?? ""),
        .string(change.message.map(JSONText.quoted) ?? ""),
        .string(change.components.map { JSONText.array($0.map { $0.lowercased() }) } ?? ""),
        .string(change.startsAt.map(String.init) ?? ""), .string(change.endsAt.map(String.init) ?? ""),
      ])
    return try Self.maintenance(answer, id)
  }

  /// Throws `.notFound`, `.versionMismatch`.
  func delete(_ id: String, at expected: Int?) async throws(Failure) {
    try Self.check(try await mutations.run(Scripts.delete, [.string(id), .string(expected.map(String.init) ?? "")]), id)
  }

  /// Starts, ends and reminds of what is due. Each is done once in the cluster, however many call.
  func tick() async throws(Failure) {
    while try await mutations.run(Scripts.clock, [.integer(Self.steps)]).last?.int == Self.steps {}
  }

  /// The banner as it is sent.
  func setBanner(_ banner: NewBanner) async throws(Failure) -> [UInt8] {
    let answer = try await mutations.run(
      Scripts.setBanner,
      [
        .string(JSONText.quoted(banner.message)), .string(JSONText.quoted(banner.level.rawValue)),
        .string(banner.until.map(String.init) ?? "null"),
      ])
    guard let json = answer.last?.bytes else { throw .defect }
    return json
  }

  /// Nothing happens where there is none.
  func deleteBanner() async throws(Failure) { _ = try await mutations.run(Scripts.deleteBanner, []) }

  private static func maintenance(_ answer: [RedisValue], _ id: String) throws(Failure) -> Maintenance {
    try check(answer, id)
    guard answer.count >= 3, let json = answer[2].bytes, let maintenance = Maintenance(json) else { throw .defect }
    return maintenance
  }

  private static func check(_ answer: [RedisValue], _ id: String) throws(Failure) {
    switch answer.first?.string {
    case "missing": throw .notFound("There is no maintenance \(id.prefix(64)).")
    case "version": throw .versionMismatch("\(id) is at version \(answer.last?.string ?? "?") now. Read it again.")
    case "over": throw .conflict("\(id) is over; it cannot be changed any more.")
    case "times": throw .invalid("ends_at", "must be after starts_at and in the future")
    case "unknown": throw .invalid("components", "names \(answer.last?.string ?? ""), which is no component")
    default: break
    }
  }
}
