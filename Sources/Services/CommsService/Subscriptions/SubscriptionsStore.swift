import JSONBytes
import Messaging
import RedisClient
import Signing
import StatusModel

/// Somebody who asks for mails.
struct NewSubscription: Sendable {
  let email: String
  var filter = SubscriptionFilter()
  var language = MailLanguage.en
}

/// What is nil stays as it is.
struct SubscriptionChange: Sendable {
  var components: [String]?
  var severities: [Int]?
  var language: MailLanguage?
}

/// A subscriber's address and language, for one mail.
struct Subscriber: Sendable {
  let email: String
  let language: MailLanguage
  let isConfirmed: Bool
}

/// The subscriptions in Redis. All keys begin with `{ns}:comms:`.
///
///     subscription:<id>          hash    a subscription (subscription-record.lua); `json`: as it is sent
///     subscription-addresses     hash    mail address in lower case → id: the reservation that makes it unique
///     subscriptions, subscriptions:<pending|confirmed>, subscriptions:word:<word of the address>
///                                zset    ids by creation in ms
///     link-key                   string  what links are signed with (SubscriptionLinks.swift)
///
/// All methods throw `.unavailable` while Redis is away.
struct SubscriptionsStore: Sendable {
  let redis: Redis
  let mutations: Mutations
  let namespace: String
  /// False: no limit of mails to one address (LIMIT_FACTOR=0).
  let isLimited: Bool

  /// Reserves the address and queues the mail that answers, both unless they are there already: nothing shows which.
  func ask(_ wanted: NewSubscription) async throws(Failure) {
    _ = try await mutations.run(
      Scripts.ask,
      [
        .string(UUIDText.random()), .string(JSONText.quoted(wanted.email)), .string(wanted.email.lowercased()),
        .string(JSONText.array(wanted.filter.components)), .string(Self.array(wanted.filter.severities)),
        .string(wanted.language.rawValue), .string(SubscriptionBounds.words(wanted.email).joined(separator: " ")),
        .string(Hex.encoded(SecureRandom.bytes(16))), .integer(isLimited ? SubscriptionBounds.pause : 0),
        .integer(isLimited ? SubscriptionBounds.confirmations : 1_000_000),
      ])
  }

  /// Throws `.notFound` when it ended.
  func confirm(_ id: String) async throws(Failure) -> [UInt8] {
    let answer = try await mutations.run(Scripts.confirm, [.string(id)])
    guard answer.count == 2, let json = answer[1].bytes else { throw Self.gone }
    return json
  }

  /// Throws `.notFound`, `.versionMismatch`.
  func update(_ id: String, at expected: Int?, _ change: SubscriptionChange) async throws(Failure) -> (json: [UInt8], version: Int) {
    let answer = try await mutations.run(
      Scripts.update,
      [
        .string(id), .string(expected.map(String.init) ?? ""), .string(change.components.map(JSONText.array) ?? ""),
        .string(change.severities.map(Self.array) ?? ""), .string(change.language?.rawValue ?? ""),
      ])
    if answer.first?.string == "stale" {
      throw .versionMismatch("The subscription is at version \(answer.last?.string ?? "") by now. Read it again, then repeat the change.")
    }
    guard answer.count == 3, let json = answer[1].bytes, let version = answer[2].int else { throw Self.gone }
    return (json, version)
  }

  /// False when there is none.
  func end(_ id: String) async throws(Failure) -> Bool { try await mutations.run(Scripts.end, [.string(id)]).first?.string == "ok" }

  /// Forgets who never confirmed.
  func sweep() async throws(Failure) {
    _ = try await mutations.run(Scripts.sweep, [.integer(SubscriptionBounds.pendingLife), .integer(1_000)])
  }

  /// A confirmed one. Throws `.notFound`.
  func subscription(_ id: String) async throws(Failure) -> (json: [UInt8], version: Int) {
    let fields = try await command("HMGET", key("subscription:\(id)"), "json", "version", "state").array ?? []
    guard fields.count == 3, fields[2].string == "confirmed", let json = fields[0].bytes, let version = fields[1].int else {
      throw Self.gone
    }
    return (json, version)
  }

  /// Nil when there is none any more.
  func subscriber(_ id: String) async throws(Failure) -> Subscriber? {
    let fields = try await command("HMGET", key("subscription:\(id)"), "email", "language", "state").array ?? []
    guard fields.count == 3, let email = fields[0].bytes.flatMap({ try? JSONValue(parsing: $0) })?.string else { return nil }
    return Subscriber(email: email, language: MailLanguage(tag: fields[1].string ?? ""), isConfirmed: fields[2].string == "confirmed")
  }

  /// Who hears of `subject`.
  func audience(of subject: Subject) async throws(Failure) -> [String] {
    let ids = try await command("ZRANGE", key("subscriptions:confirmed"), 0, -1).array ?? []
    var audience: [String] = []
    for start in stride(from: 0, to: ids.count, by: MailStore.batch) {
      let some = ids[start..<min(start + MailStore.batch, ids.count)].compactMap(\.string)
      for entry in try await read(Scripts.audience, some.map { .string($0) }) {
        guard let fields = entry.array, fields.count == 3, let id = fields[0].string else { continue }
        let values = fields[1...].map { $0.bytes.flatMap { try? JSONValue(parsing: $0) }?.array ?? [] }
        let filter = SubscriptionFilter(components: values[0].compactMap(\.string), severities: values[1].compactMap(\.integer))
        if filter.admits(subject) { audience.append(id) }
      }
    }
    return audience
  }

  /// Newest first, from the `start`-th on, of `state` and with all of `words`.
  func list(_ state: String?, words: [String], start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    var indexes = words.map { ":word:\($0)" }
    if let state { indexes.append(":\(state)") }
    if indexes.isEmpty { indexes = [""] }
    let answer = try await read(Scripts.list, [.integer(start), .integer(count)] + indexes.map { .string($0) })
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  private enum Scripts {
    static let ask = mutation("subscription-ask", Embedded.subscriptionAskLua)
    static let confirm = mutation("subscription-confirm", Embedded.subscriptionConfirmLua)
    static let update = mutation("subscription-update", Embedded.subscriptionUpdateLua)
    static let end = mutation("subscription-end", Embedded.subscriptionEndLua)
    static let sweep = mutation("subscription-sweep", Embedded.subscriptionSweepLua)
    static let audience = RedisScript(name: "comms.subscription-audience", source: Embedded.subscriptionAudienceLua)
    static let list = RedisScript(name: "comms.subscription-list", source: Embedded.subscriptionListLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      let sources = [Embedded.mailRecordLua, Embedded.subscriptionRecordLua, source]
      return MutationScript(name: "comms.\(name)", source: sources.joined(separator: "\n"))
    }
  }

  static let gone = Failure.notFound("There is no such subscription, or none any more.")

  private static func array(_ numbers: [Int]) -> String { "[" + numbers.map(String.init).joined(separator: ",") + "]" }

  private func key(_ name: String) -> RedisArgument { .string("\(namespace):comms:\(name)") }

  private func command(_ words: RedisArgument...) async throws(Failure) -> RedisValue {
    do { return try await redis.command(words) } catch { throw Failure(error) }
  }

  private func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do { return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? [] } catch { throw Failure(error) }
  }
}
