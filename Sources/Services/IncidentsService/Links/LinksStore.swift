import JSONBytes
import Messaging
import RedisClient
import StatusModel

extension IncidentsStore {
  private static let linkScript = mutation("incidents.link", Embedded.turnLua + Embedded.linkLua)
  private static let unlinkScript = mutation("incidents.unlink", Embedded.unlinkLua)
  private static let followScript = mutation("incidents.follow", Embedded.followLua)
  private static let followersScript = RedisScript(name: "incidents.followers", source: Embedded.followersLua)

  /// The link as it is sent, and whether it is new. Throws `.invalid` when there is no such target, `.conflict` for what links may not be.
  func link(_ id: String, at expected: Int?, _ link: NewLink) async throws(Failure) -> (json: [UInt8], isNew: Bool) {
    let isIncident = if case .incident = link.target { true } else { false }
    let answer = try await change(
      Self.linkScript, id, expected,
      [
        .string(link.kind.rawValue), .string(link.target.name), isIncident ? "incident" : "event", .integer(Bounds.links),
        .string(JSONText.quoted(link.told)), .string(JSONText.quoted(link.toldThere(id))),
      ])
    switch answer.first?.string {
    case "no_target": throw .invalid("target", "must be the id of an incident; there is none with this one")
    case "cycle": throw link.refusal(of: id)
    case "taken":
      throw .conflict("\(id) has a link of this kind to \(answer[1].string ?? "another") already. Remove that one first.")
    case "full": throw .conflict("An incident takes \(Bounds.links) links, and as many that lead to it.")
    default: return (try Self.record(answer).json, answer[0].string == "ok")
    }
  }

  /// Throws `.notFound` when the incident has no link of that number.
  func unlink(_ id: String, at expected: Int?, _ number: String) async throws(Failure) {
    let answer = try await change(Self.unlinkScript, id, expected, [.string(number)])
    if answer.first?.string == "no_link" { throw .notFound("\(id) has no link \(number.prefix(20)).") }
  }

  /// Has a person follow an incident, or no longer. Throws `.conflict` when it has as many followers as it takes.
  func follow(_ id: String, _ person: Person, _ follows: Bool) async throws(Failure) {
    let arguments: [RedisArgument] = [
      .string(id), "", follows ? "1" : "", .string(person.id), .string(JSONText.quoted(person.name)),
    ]
    if try await call(Self.followScript, arguments, id).first?.string == "full" {
      throw .conflict("\(id) has as many followers as an incident takes.")
    }
  }

  /// Those who follow an incident, the first to do so first.
  func followers(_ id: String) async throws(Failure) -> [[UInt8]] {
    let answer = try await read(Self.followersScript, [.string(id)])
    guard !answer.isEmpty else { throw Self.missing(id) }
    let followers = answer.dropFirst().compactMap { reply in
      reply.bytes.map { (since: (try? JSONValue(parsing: $0))?["since"]?.integer ?? 0, json: $0) }
    }
    return followers.sorted { ($0.since, $0.json.count) < ($1.since, $1.json.count) }.map(\.json)
  }
}
