import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// The incidents in Redis, and the only file beside the scripts that knows its keys. Every change is one script that also publishes its
/// event; every reading is one round trip. All keys begin with `{ns}:incidents:`.
///
///     created                      string   incidents declared so far; the ids come from it (identifier.lua)
///     external                     hash     JSON array [provider, id] → incident id
///     incident:<id>                hash     one JSON text per member of the record (null: no field); `json`: the record as it is sent;
///                                           `postmortem`: as it is sent; `postmortem_before`, `postmortem_after`: what stands around its
///                                           action items; `item_order`: their ids; `action_items`: numbers given to them; `entries`: of
///                                           the timeline;
///                                           `score`, `service_names`, `title_words`, `summary_words`: what the indexes have;
///                                           `announced`: numbers of the announcements that were noted; `public_told`: when `public` was
///     incident:<id>:timeline       list     entries as they are sent, oldest first
///     incident:<id>:words          hash     word → the number of texts (title, summary, messages) that have it
///     incident:<id>:alerts         hash     fingerprint → when the alert began (16 digits, ms), and 0 for firing or 1 for over
///     incident:<id>:links          hash     `<kind> <target>` → the link as it is sent; `links` in the incident numbers them
///     incident:<id>:linked         hash     `<kind> <incident>` → the link of that incident to this one
///     incident:<id>:items          hash     action item → title, owner, due_at, done (JSON texts, packed)
///     incident:<id>:followers      hash     user id → the follower as it is sent
///     all                          zset     every incident id; as in every index, scored by started_at × 10⁶ + a number within the second
///     status:<status> sev:<n> source:<source> service:<lower-cased> commander:<user id> author:<user id> follower:<user id>
///     cid:<cid> word:<lower-cased> event:<provider:id>
///                                  zset     the incidents that have it
///     revision                     string   one more with every change of an incident
///     changes                      zset     every incident, by the revision of its last change
///     items:all items:open items:done, each also with :<owner>
///                                  zset     action items by due_at
///     remind:update remind:commander
///                                  zset     incidents to be reminded of, by since when (s) there was no public update, no commander;
///                                           after a reminder by when the next counts from
///
/// All methods throw `.unavailable` while Redis is away; those that name an incident throw `.notFound` when there is none.
struct IncidentsStore: Sendable {
  let redis: Redis
  let mutations: Mutations
  let namespace: String

  init(redis: Redis, mutations: Mutations, namespace: String) {
    self.redis = redis
    self.mutations = mutations
    self.namespace = namespace
  }

  /// Something as it is sent, and the version of its incident.
  struct Record: Sendable, Equatable {
    let version: Int
    let json: [UInt8]
  }

  struct Declared: Sendable {
    let id: String
    let record: Record
    /// False when the `external` had its incident already.
    let isNew: Bool
  }

  private enum Scripts {
    static let create = mutation("incidents.create", Embedded.identifierLua + Embedded.declareLua + Embedded.createLua)
    static let update = mutation("incidents.update", Embedded.updateLua)
    static let assign = mutation("incidents.assign", Embedded.assignLua)
    static let status = mutation("incidents.status", Embedded.turnLua + Embedded.statusLua)
    static let timeline = mutation("incidents.timeline", Embedded.timelineLua)
    static let event = mutation("incidents.event", Embedded.eventLua)
    static let postmortem = mutation("incidents.postmortem", Embedded.itemsLua + Embedded.postmortemLua)
    static let announced = mutation("incidents.announced", Embedded.announcedLua)
    static let detail = RedisScript(name: "incidents.detail", source: Embedded.detailLua)
    static let entries = RedisScript(name: "incidents.entries", source: Embedded.entriesLua)
    static let list = RedisScript(name: "incidents.list", source: Embedded.listLua)
  }

  /// A script that changes incidents.
  static func mutation(_ name: String, _ source: String) -> MutationScript {
    MutationScript(name: name, source: Embedded.recordLua + "\n" + source)
  }

  // MARK: Changes

  func create(_ incident: NewIncident) async throws(Failure) -> Declared {
    let answer = try await mutations.run(Scripts.create, Self.arguments(of: incident))
    guard answer.count == 4, let id = answer[3].string else { throw .defect }
    return Declared(id: id, record: try Self.record(answer), isNew: answer[0].string == "ok")
  }

  /// Those of declare.lua.
  static func arguments(of incident: NewIncident) -> [RedisArgument] {
    [
      .string(JSONText.quoted(incident.title)), .integer(incident.severity), .string(JSONText.array(incident.services)),
      .string(JSONText.quoted(incident.summary)), .string(JSONText.quoted(incident.source.rawValue)),
      .string(incident.external?.json ?? ""), .string(incident.cid.map(JSONText.quoted) ?? ""),
      .string(incident.external?.indexField ?? ""), .string(names(of: incident.services)), .string(words(incident.title)),
      .string(words(incident.summary)),
    ]
  }

  /// Throws `.versionMismatch` when the incident is not at `expected`, as all that follow.
  func update(_ id: String, at expected: Int?, _ change: IncidentChange) async throws(Failure) -> Record {
    let cid =
      switch change.cid {
      case .keep: ""
      case .empty: "null"
      case .set(let cid): JSONText.quoted(cid)
      }
    return try Self.record(
      await self.change(
        Scripts.update, id, expected,
        [
          .string(change.title.map(JSONText.quoted) ?? ""), .string(change.severity.map(String.init) ?? ""),
          .string(change.services.map(JSONText.array) ?? ""), .string(change.summary.map(JSONText.quoted) ?? ""), .string(cid),
          .string(Self.names(of: change.services ?? [])), .string(Self.words(change.title ?? "")),
          .string(Self.words(change.summary ?? "")),
        ]))
  }

  /// `name` is the person's, for the timeline.
  func assign(_ id: String, at expected: Int?, _ assignment: Assignment, name: String) async throws(Failure) -> Record {
    let message = "Assigned \(name) as \(assignment.role.title)"
    return try Self.record(
      await change(
        Scripts.assign, id, expected,
        [
          .string(assignment.role.rawValue), .string(assignment.user), .string(JSONText.quoted(name)), .string(JSONText.quoted(message)),
        ]))
  }

  /// Throws `.conflict` when the incident cannot go there from where it is.
  func setStatus(_ id: String, at expected: Int?, _ change: StatusChange) async throws(Failure) -> Record {
    let answer = try await self.change(
      Scripts.status, id, expected,
      [
        .string(change.status.rawValue), .string(change.status.previous.map(\.rawValue).joined(separator: " ")),
        .string(change.message.isEmpty ? "" : JSONText.quoted(change.message)), .string(Self.words(change.message)),
      ])
    if answer[0].string == "conflict", let current = answer[1].string.flatMap(Status.init) { throw current.refusal(of: change.status) }
    return try Self.record(answer)
  }

  /// A person who writes follows the incident. Throws `.conflict` when the timeline is full.
  func addEntry(_ id: String, at expected: Int?, _ entry: NewTimelineEntry) async throws(Failure) -> Record {
    let person = Caller.current.person
    let answer = try await change(
      Scripts.timeline, id, expected,
      [
        .string(entry.kind.rawValue), .string(JSONText.quoted(entry.message)), .string(entry.visibility.rawValue),
        .string(Self.words(entry.message)), .integer(Bounds.timelineEntries), .string(person?.id ?? ""),
        .string(JSONText.quoted(person?.name ?? "")),
      ])
    if answer[0].string == "full" { throw .conflict("This timeline has its \(Bounds.timelineEntries) entries; it takes no more.") }
    return try Self.record(answer)
  }

  /// Notes what comms announced, each announcement once; an incident there is not is passed over.
  func noteAnnouncement(_ news: AnnouncementNews) async throws(Failure) {
    _ = try await mutations.run(
      Scripts.announced,
      [
        .string(news.incident), "", .string(Caller.current.person == nil ? "0" : "1"), .string(news.isPublic ? "true" : "false"),
        .string(news.told), .string(news.number.map(String.init) ?? ""), .string(JSONText.quoted(news.message)), .string(news.details),
      ])
  }

  /// Tells what happened elsewhere; a full timeline takes it too. Nobody has touched the incident by that.
  func addEvent(_ id: String, kind: String, _ message: String, details: JSONValue) async throws(Failure) -> Record {
    let answer = try await call(
      Scripts.event,
      [
        .string(id), "", "0", .string(kind), .string(JSONText.quoted(message)), .string(details.text), .string(Self.words(message)),
      ], id)
    return try Self.record(answer)
  }

  func savePostmortem(_ id: String, at expected: Int?, _ postmortem: NewPostmortem) async throws(Failure) -> Record {
    let items = postmortem.actionItems.flatMap { item -> [RedisArgument] in
      [.string(item.id ?? "")] + item.members.map { .string($0) }
    }
    return try Self.record(
      await change(
        Scripts.postmortem, id, expected,
        [.string(postmortem.state.rawValue), .string(postmortem.members), .integer(postmortem.actionItems.count)] + items))
  }

  func change(
    _ script: MutationScript, _ id: String, _ expected: Int?, _ own: [RedisArgument]
  ) async throws(Failure) -> [RedisValue] {
    let isPerson: RedisArgument = Caller.current.person == nil ? "0" : "1"
    return try await call(script, [.string(id), .string(expected.map(String.init) ?? ""), isPerson] + own, id)
  }

  func call(_ script: MutationScript, _ arguments: [RedisArgument], _ id: String) async throws(Failure) -> [RedisValue] {
    let answer = try await mutations.run(script, arguments)
    switch answer.first?.string {
    case nil: throw .defect
    case "missing": throw Self.missing(id)
    case "version":
      throw .versionMismatch("\(id) is at version \(answer[1].string ?? "") by now. Read it again, then repeat the change.")
    default: return answer
    }
  }

  // MARK: Readings

  /// The incident with its timeline, postmortem and links.
  func detail(_ id: String) async throws(Failure) -> Record {
    let answer = try await read(Scripts.detail, [.string(id), .integer(Bounds.shownEntries)])
    guard answer.count == 2, let version = answer[0].int, let json = answer[1].bytes else { throw Self.missing(id) }
    return Record(version: version, json: json)
  }

  /// The incidents that pass `filter`, in its order, from the `start`-th on, and how many there are in all.
  func list(_ filter: IncidentFilter, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let answer = try await read(
      Scripts.list,
      [
        .integer(start), .integer(count), filter.oldestFirst ? "oldest" : "newest", .string(filter.from.map(String.init) ?? ""),
        .string(filter.to.map(String.init) ?? ""),
      ] + Self.indexes(of: filter).map { .string($0) })
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  /// Entries of the timeline, oldest first, from the `start`-th on, and how many there are in all.
  func entries(_ id: String, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let answer = try await read(Scripts.entries, [.string(id), .integer(start), .integer(count)])
    guard let total = answer.first?.int else { throw Self.missing(id) }
    return (answer.dropFirst().compactMap(\.bytes), total)
  }

  /// The postmortem and the incident's title; `.notFound` too when none was written yet.
  func postmortem(_ id: String) async throws(Failure) -> (json: [UInt8], title: String) {
    let answer: [RedisValue]
    do {
      answer = try await redis.command("HMGET", "\(namespace):incidents:incident:\(id)", "title", "postmortem").array ?? []
    } catch {
      throw Failure(error)
    }
    guard answer.count == 2, let title = answer[0].string else { throw Self.missing(id) }
    guard let json = answer[1].bytes else { throw .notFound("\(id) has no postmortem yet.") }
    return (json, (try? JSONValue(parsing: title))?.string ?? "")
  }

  func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do {
      return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? []
    } catch {
      throw Failure(error)
    }
  }

  // MARK: Words of the schema

  private static func indexes(of filter: IncidentFilter) -> [String] {
    var names = filter.words.map { "word:\($0)" }
    if let status = filter.status { names.append("status:\(status.rawValue)") }
    if let severity = filter.severity { names.append("sev:\(severity)") }
    if let source = filter.source { names.append("source:\(source.rawValue)") }
    if let service = filter.service { names.append("service:\(service.lowercased())") }
    if let commander = filter.commander { names.append("commander:\(commander)") }
    if let author = filter.author { names.append("author:\(author)") }
    if let follower = filter.follower { names.append("follower:\(follower)") }
    if let cid = filter.cid { names.append("cid:\(cid)") }
    return names
  }

  static func names(of services: [String]) -> String { JSONText.array(services.map { $0.lowercased() }) }

  static func words(_ text: String) -> String { Words.of(text).joined(separator: " ") }

  static func record(_ answer: [RedisValue]) throws(Failure) -> Record {
    guard answer.count >= 3, let version = answer[1].int, let json = answer[2].bytes else { throw .defect }
    return Record(version: version, json: json)
  }

  static func missing(_ id: String) -> Failure { .notFound("There is no incident \(id).") }
}
