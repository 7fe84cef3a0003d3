import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// The templates in Redis. All methods throw `.unavailable` while it is away.
///
///     templates        zset   the keys of all, by name
///     template:<key>   hash   a JSON text a member, `json` as it is sent
extension IncidentsStore {
  private static let saveScript = MutationScript(name: "incidents.save-template", source: Embedded.saveTemplateLua)
  private static let deleteScript = MutationScript(name: "incidents.delete-template", source: Embedded.deleteTemplateLua)
  private static let listScript = RedisScript(name: "incidents.list-templates", source: Embedded.listTemplatesLua)

  /// Throws `.conflict` when the key is taken, or there are as many as there may be.
  func create(_ template: UpdateTemplate) async throws(Failure) -> Record {
    try await save("create", template.key, nil, template.members)
  }

  /// Throws `.notFound`, `.versionMismatch`.
  func change(_ key: String, at expected: Int?, _ change: UpdateTemplateChange) async throws(Failure) -> Record {
    try await save("change", key, expected, change.members)
  }

  private func save(_ mode: RedisArgument, _ key: String, _ expected: Int?, _ members: [String]) async throws(Failure) -> Record {
    let own: [RedisArgument] = [mode, .string(key), .string(expected.map(String.init) ?? ""), .integer(Bounds.templates)]
    let answer = try await mutations.run(Self.saveScript, own + members.map { .string($0) })
    switch answer.first?.string {
    case "exists": throw .conflict("There is a template \(key) already. Change that one, or take another key.")
    case "full": throw .conflict("There are \(Bounds.templates) templates; there can be no more.")
    default: return try Self.record(Self.found(answer, key))
    }
  }

  /// Throws `.notFound`, `.versionMismatch`.
  func deleteTemplate(_ key: String, at expected: Int?) async throws(Failure) {
    let answer = try await mutations.run(Self.deleteScript, [.string(key), .string(expected.map(String.init) ?? "")])
    _ = try Self.found(answer, key)
  }

  /// Templates in the order of their keys, from the `start`-th on, and how many there are.
  func templates(start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let answer = try await read(Self.listScript, [.integer(start), .integer(count)])
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  /// Throws `.notFound`.
  func template(_ key: String) async throws(Failure) -> Record {
    do {
      let saved = try await redis.command("HMGET", "\(namespace):incidents:template:\(key)", "version", "json").array ?? []
      guard saved.count == 2, let version = saved[0].int, let json = saved[1].bytes else { throw Self.noTemplate(key) }
      return Record(version: version, json: json)
    } catch let failure as RedisFailure {
      throw Failure(failure)
    } catch {
      throw error as? Failure ?? .defect
    }
  }

  private static func found(_ answer: [RedisValue], _ key: String) throws(Failure) -> [RedisValue] {
    switch answer.first?.string {
    case "missing": throw noTemplate(key)
    case "version":
      throw .versionMismatch("The template \(key) is at version \(answer[1].string ?? "") by now. Read it again, then repeat the change.")
    default: return answer
    }
  }

  private static func noTemplate(_ key: String) -> Failure { .notFound("There is no template \(key.prefix(64)).") }
}
