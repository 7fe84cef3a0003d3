import JSONBytes
import Messaging
import RedisClient
import ServiceClients
import StatusModel

/// What was made public, in Redis: comms' own copy of an incident and what was announced of it. Beside the scripts and `PublicStore` the
/// only file that knows these keys. All begin with `{ns}:comms:`.
///
///     incident:<id>         hash    the public copy: JSON texts by member, `json` the whole; `source_version`: of the incident it follows;
///                                   `announcements`: how many; `hidden`: how many of those are out of sight (withdrawn)
///     announcement:<id>     hash    <incident>-<number>: JSON texts by member, `json` as the public reads it
///     public                zset    every public incident, by start; `open`: those that are not resolved; `resolved`: the others, by the
///                                   time of that
///     revision              string  one more with every change of anything the public status shows
///
/// All methods throw `.unavailable` while Redis is away.
struct AnnouncementsStore: Sendable {
  private let mutations: Mutations

  init(mutations: Mutations) { self.mutations = mutations }

  private enum Scripts {
    static let publish = mutation("comms.announcement.publish", Embedded.announcementPublishLua)
    static let correct = mutation("comms.announcement.correct", Embedded.announcementCorrectLua)
    static let withdraw = mutation("comms.announcement.withdraw", Embedded.announcementWithdrawLua)
    static let follow = mutation("comms.announcement.follow", Embedded.announcementFollowLua)
    static let postmortem = mutation("comms.announcement.postmortem", Embedded.announcementPostmortemLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      MutationScript(name: name, source: [Embedded.statusRecordLua, Embedded.announcementRecordLua, source].joined(separator: "\n"))
    }
  }

  /// The announcement as it is sent. Throws `.conflict` when the incident has had its announcements.
  func publish(_ announcement: NewAnnouncement, of incident: IncidentsClient.Incident) async throws(Failure) -> [UInt8] {
    let effect = ComponentStatus(severity: incident.severity, status: IncidentStatus(rawValue: incident.status) ?? .open)
    let answer = try await mutations.run(
      Scripts.publish,
      [.string(incident.id), .integer(incident.version), .string(JSONText.quoted(incident.title))] + Self.followed(incident) + [
        .string(announcement.title.map(JSONText.quoted) ?? ""), .string(JSONText.quoted(announcement.message)),
        .string(announcement.messageFrench.map(JSONText.quoted) ?? ""), .string(JSONText.quoted(announcement.state.rawValue)),
        .string(JSONText.quoted(effect.rawValue)), .integer(StatusBounds.announcements),
      ])
    if answer.first?.string == "full" {
      throw .conflict("This incident has its \(StatusBounds.announcements) announcements; it takes no more.")
    }
    return try Self.announcement(answer)
  }

  /// Throws `.notFound` when there is none.
  func correct(_ id: AnnouncementID, _ correction: AnnouncementCorrection) async throws(Failure) -> [UInt8] {
    let french =
      switch correction.messageFrench {
      case .keep: ""
      case .none: "null"
      case .set(let text): JSONText.quoted(text)
      }
    let answer = try await mutations.run(
      Scripts.correct,
      [
        .string(id.incident), .integer(id.number), .string(correction.message.map(JSONText.quoted) ?? ""), .string(french),
        .string(correction.state.map { JSONText.quoted($0.rawValue) } ?? ""), .string(correction.title.map(JSONText.quoted) ?? ""),
      ])
    if answer.first?.string == "missing" { throw .notFound("There is no announcement \(id.incident)-\(id.number).") }
    return try Self.announcement(answer)
  }

  /// Doing it again changes nothing. Throws `.notFound` when the incident was never public.
  func withdraw(_ incident: String) async throws(Failure) {
    let answer = try await mutations.run(Scripts.withdraw, [.string(incident)])
    if answer.first?.string == "missing" { throw .notFound("There is no public incident \(incident).") }
  }

  /// Takes over what incidents says, where the incident is public and nothing later is known.
  func follow(_ incident: IncidentsClient.Incident) async throws(Failure) {
    func time(_ time: Int?) -> RedisArgument { .string(time.map(String.init) ?? "null") }
    _ = try await mutations.run(
      Scripts.follow,
      [
        .string(incident.id), .integer(incident.version), .integer(incident.severity), .string(JSONText.quoted(incident.status)),
        .string(JSONText.array(incident.services)), time(incident.mitigatedAt), time(incident.resolvedAt),
      ])
  }

  /// Puts the public part of a postmortem beside a public incident, or takes it away (nil). The first one is announced.
  func setPostmortem(_ postmortem: JSONValue?, of incident: String) async throws(Failure) {
    _ = try await mutations.run(
      Scripts.postmortem,
      [
        .string(incident), .string(postmortem?.text ?? ""), .string(JSONText.quoted(PostmortemNews.english)),
        .string(JSONText.quoted(PostmortemNews.french)), .string(JSONText.quoted(ComponentStatus.operational.rawValue)),
      ])
  }

  /// Severity, status, services (plain and lower-cased), start, mitigation and resolution, as the scripts take them.
  private static func followed(_ incident: IncidentsClient.Incident) -> [RedisArgument] {
    func time(_ time: Int?) -> RedisArgument { .string(time.map(String.init) ?? "null") }
    return [
      .integer(incident.severity), .string(JSONText.quoted(incident.status)), .string(JSONText.array(incident.services)),
      .string(JSONText.array(incident.services.map { $0.lowercased() })), .integer(incident.startedAt), time(incident.mitigatedAt),
      time(incident.resolvedAt),
    ]
  }

  private static func announcement(_ answer: [RedisValue]) throws(Failure) -> [UInt8] {
    guard answer.count == 2, let json = answer[1].bytes else { throw .defect }
    return json
  }
}
