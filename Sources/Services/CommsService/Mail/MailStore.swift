import JSONBytes
import Messaging
import RedisClient
import Signing
import StatusModel

/// A mail that was leased to be sent.
struct TakenMail: Sendable {
  let id: String
  /// Nil when a later version of PolyStatus made it.
  let template: MailTemplate?
  let recipient: MailRecipient?
  /// Made before this one.
  let attempts: Int
  /// Epoch seconds.
  let createdAt: Int
  let cid: String
  /// What the mails of its event say.
  let said: JSONValue
}

/// The mails in Redis: who is to get which template, never the text, the address or a link. All keys begin with `{ns}:comms:`.
///
///     mailing:<id>        string  JSON: what the mails of one event say, such as the announcement; the id is the event's
///     mail:<id>           hash    a mail (mail-record.lua); `json`: as it is sent. The id is made of event and recipient
///     mails               zset    ids by creation in ms
///     mails:<state>       zset    the same of each state
///     mail-queue          zset    queued ones by when they are due in ms; one under way is due when its lease ends
///     call-queue          zset    the same of those for the webhook of somebody's profile
///
/// Mails and mailings expire 7 days after the last change. All methods throw `.unavailable` while Redis is away.
struct MailStore: Sendable {
  let redis: Redis
  let mutations: Mutations
  let namespace: String

  /// Recipients of one script.
  static let batch = 1_000

  /// One mail for each recipient, however often it is repeated: `event` names what they are about. Returns how many are new.
  @discardableResult
  func queue(_ template: MailTemplate, event: String, saying said: JSONValue, to recipients: [MailRecipient]) async throws(Failure) -> Int {
    var made = 0
    for start in stride(from: 0, to: recipients.count, by: Self.batch) {
      var arguments: [RedisArgument] = [.string(event), .string(template.rawValue), .bytes(said.bytes)]
      for recipient in recipients[start..<min(start + Self.batch, recipients.count)] {
        arguments += [.string(recipient.text), .string(MailRules.mailID(event: event, recipient))]
      }
      made += try await mutations.run(Scripts.queue, arguments).last?.int ?? 0
    }
    return made
  }

  /// The mail that has been due longest, leased; nil when none is due.
  func take(_ queue: MailQueue = .mails) async throws(Failure) -> TakenMail? {
    let answer = try await mutations.run(Scripts.take, [.integer(MailRules.lease), .string(queue.rawValue)])
    guard answer.count == 8, let id = answer[1].string else { return nil }
    return TakenMail(
      id: id, template: answer[2].string.flatMap(MailTemplate.init), recipient: answer[3].string.flatMap(MailRecipient.init),
      attempts: answer[4].int ?? 0, createdAt: answer[5].int ?? 0, cid: answer[6].string ?? "",
      said: answer[7].bytes.flatMap { try? JSONValue(parsing: $0) } ?? .null)
  }

  /// Leases go on from `now`, in ms.
  func renew(_ ids: [String], now: Int64) async throws(Failure) {
    let due = RedisArgument.integer(Int(now) + MailRules.lease)
    for queue in MailQueue.allCases {
      _ = try await command(["ZADD", key(queue.rawValue), "XX"] + ids.flatMap { [due, .string($0)] })
    }
  }

  /// Notes an attempt. `due`: when a queued one is sent next, in ms.
  func settle(_ id: String, _ state: MailState, due: Int64, error: String?) async throws(Failure) {
    let error = error.map { JSONText.quoted(SecretToken.redacted(String($0.prefix(300)))) } ?? "null"
    _ = try await mutations.run(Scripts.settle, [.string(id), .string(state.rawValue), .integer(Int(due)), .string(error)])
  }

  /// Queues kept mails made since `oldest` (ms); their ids.
  func release(since oldest: Int64) async throws(Failure) -> [String] {
    try await mutations.run(Scripts.release, [.integer(Int(oldest)), .integer(Self.batch)]).dropFirst().compactMap(\.string)
  }

  /// Forgets expired mails.
  func sweep() async throws(Failure) { _ = try await mutations.run(Scripts.sweep, [.integer(Self.batch)]) }

  /// Newest first, from the `start`-th on, and how many there are.
  func list(_ state: MailState?, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let arguments: [RedisArgument] = [.integer(start), .integer(count), .string(state?.rawValue ?? "")]
    let answer: [RedisValue]
    do { answer = try await redis.run(Scripts.list, keys: [.string(namespace)], arguments: arguments).array ?? [] } catch {
      throw Failure(error)
    }
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  /// A mail as it is sent, and what it would take to send it. Throws `.notFound`.
  func mail(_ id: String) async throws(Failure) -> (json: [UInt8], mail: TakenMail) {
    let fields = try await command(["HMGET", key("mail:\(id)"), "json", "template", "to", "attempts", "created_at", "cid", "mailing"]).array
    guard let fields, fields.count == 7, let json = fields[0].bytes else { throw .notFound("There is no such mail, or none any more.") }
    let said = try await command(["GET", key("mailing:\(fields[6].string ?? "")")]).bytes
    let mail = TakenMail(
      id: id, template: fields[1].string.flatMap(MailTemplate.init), recipient: fields[2].string.flatMap(MailRecipient.init),
      attempts: fields[3].int ?? 0, createdAt: fields[4].int ?? 0, cid: fields[5].string ?? "",
      said: said.flatMap { try? JSONValue(parsing: $0) } ?? .null)
    return (json, mail)
  }

  private enum Scripts {
    static let queue = mutation("mail-queue", Embedded.mailQueueLua)
    static let take = mutation("mail-take", Embedded.mailTakeLua)
    static let settle = mutation("mail-settle", Embedded.mailSettleLua)
    static let release = mutation("mail-release", Embedded.mailReleaseLua)
    static let sweep = mutation("mail-sweep", Embedded.mailSweepLua)
    static let list = RedisScript(name: "comms.mail-list", source: Embedded.mailListLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      MutationScript(name: "comms.\(name)", source: Embedded.mailRecordLua + "\n" + source)
    }
  }

  private func key(_ name: String) -> RedisArgument { .string("\(namespace):comms:\(name)") }

  private func command(_ words: [RedisArgument]) async throws(Failure) -> RedisValue {
    do { return try await redis.command(words) } catch { throw Failure(error) }
  }
}
