import JSONBytes
import Messaging
import RedisClient
import ServiceRuntime
import StatusModel

/// Webhooks and their deliveries in Redis, under `{ns}:comms:`, and the only file beside the scripts that knows the keys.
///
///     webhooks                     zset     ids by creation (ms)
///     webhooks:due                 zset     id → when there is something to send to it (ms); while a sender has it, the end of its lease
///     webhook:<id>                 hash     `json`: as it is sent. `id`, `url`, `origin` (neither has quotes or backslashes), `events`,
///                                           `description`, `owner` (JSON texts), `format`, `state`, `owner_id`, `created_at`, `updated_at`,
///                                           `rotated_at`, `failing_since` (s, `null`: never), `version`, `secret`, `old_secret` and
///                                           `old_secret_until` (s); `sender`: whose lease it is
///     webhook:<id>:deliveries      zset     ids of its deliveries by creation (ms)
///     webhook:<id>:due             zset     those to be sent → when (ms)
///     delivery:<id>                hash     `json`: as it is sent, without its attempts. `id` (the webhook-id), `webhook`, `event`,
///                                           `event_uuid`, `cid` (JSON text), `format`, `test` (1), `state`, `tries`, `created_at`,
///                                           `next_at`, `finished_at` (s, `null`: none)
///     delivery:<id>:attempts       list     attempts as they are sent, oldest first
///     webhook-event:<uuid>         hash     what happened: one body for each format
///
/// All throw `.unavailable` while Redis is away; those that name a webhook throw `.notFound` when there is none.
struct WebhooksStore: Sendable {
  let redis: Redis
  let mutations: Mutations
  let namespace: String

  struct Record: Sendable {
    let version: Int
    let json: [UInt8]
  }

  private enum Scripts {
    static let create = mutation("webhook-create", Embedded.webhookCreateLua)
    static let update = mutation("webhook-update", Embedded.webhookUpdateLua)
    static let delete = mutation("webhook-delete", Embedded.webhookDeleteLua)
    static let rotate = mutation("webhook-rotate", Embedded.webhookRotateLua)
    static let deliver = mutation("webhook-deliver", Embedded.webhookDeliveryLua + Embedded.webhookDeliverLua)
    static let replay = mutation("webhook-replay", Embedded.webhookDeliveryLua + Embedded.webhookReplayLua)
    static let claim = mutation("webhook-claim", Embedded.webhookDeliveryLua + Embedded.webhookClaimLua)
    static let settle = mutation("webhook-settle", Embedded.webhookDeliveryLua + Embedded.webhookSettleLua)
    static let list = RedisScript(name: "comms.webhook-list", source: Embedded.webhookListLua)
    static let patterns = RedisScript(name: "comms.webhook-patterns", source: Embedded.webhookPatternsLua)
    static let deliveries = RedisScript(name: "comms.webhook-deliveries", source: Embedded.webhookDeliveriesLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      MutationScript(name: "comms.\(name)", source: Embedded.webhookRecordLua + "\n" + source)
    }
  }

  // MARK: Webhooks

  /// Throws `.conflict` when there are as many as there may be.
  func create(_ webhook: NewWebhook, id: String, secret: String) async throws(Failure) -> [UInt8] {
    let answer = try await mutations.run(
      Scripts.create,
      [
        .string(id), .string(webhook.address.text), .string(webhook.address.origin), .string(JSONText.array(webhook.events)),
        .string(JSONText.quoted(webhook.description)), .string(webhook.format.rawValue), .string(secret),
        .string(Caller.current.person?.id ?? ""), .integer(WebhookRules.endpointLimit),
      ])
    guard answer.first?.string == "ok", let json = answer.last?.bytes else {
      throw .conflict("There are \(WebhookRules.endpointLimit) webhooks already. Delete some that are no longer used.")
    }
    return json
  }

  /// Throws `.versionMismatch`, as the two that follow.
  func update(_ id: String, at expected: Int?, _ change: WebhookChange) async throws(Failure) -> Record {
    var fields: [(String, String)] = []
    if let address = change.address { fields += [("url", address.text), ("origin", address.origin)] }
    if let events = change.events { fields.append(("events", JSONText.array(events))) }
    if let description = change.description { fields.append(("description", JSONText.quoted(description))) }
    if let format = change.format { fields.append(("format", format.rawValue)) }
    if let state = change.state { fields.append(("state", state.rawValue)) }
    return try await self.change(Scripts.update, id, expected, fields.flatMap { [.string($0), .string($1)] })
  }

  func rotate(_ id: String, at expected: Int?, to secret: String) async throws(Failure) -> Record {
    try await change(Scripts.rotate, id, expected, [.string(secret), .integer(WebhookRules.rotationSeconds)])
  }

  func delete(_ id: String, at expected: Int?) async throws(Failure) {
    try Self.check(await mutations.run(Scripts.delete, [.string(id), Self.version(expected)]))
  }

  func webhook(_ id: String) async throws(Failure) -> Record {
    let fields = try await command("HMGET", "\(namespace):comms:webhook:\(id)", "version", "json").array ?? []
    guard fields.count == 2, let version = fields[0].int, let json = fields[1].bytes else { throw Self.missing }
    return Record(version: version, json: json)
  }

  /// Oldest first.
  func list(start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let answer = try await read(Scripts.list, [.integer(start), .integer(count)])
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  /// The ids of the endpoints that are called for `event`.
  func subscribers(to event: String) async throws(Failure) -> [String] {
    guard WebhookRules.isSendable(event) else { return [] }
    return try await read(Scripts.patterns, []).compactMap { endpoint in
      guard let id = endpoint[0]?.string, let text = endpoint[1]?.bytes, let patterns = try? JSONValue(parsing: text).array else {
        return nil
      }
      return WebhookRules.isSubscribed(patterns.compactMap(\.string), to: event) ? id : nil
    }
  }

  private func change(_ script: MutationScript, _ id: String, _ expected: Int?, _ own: [RedisArgument]) async throws(Failure) -> Record {
    let answer = try await mutations.run(script, [.string(id), Self.version(expected)] + own)
    try Self.check(answer)
    guard answer.count == 3, let version = answer[1].int, let json = answer[2].bytes else { throw .defect }
    return Record(version: version, json: json)
  }

  // MARK: Deliveries

  /// One delivery for each endpoint, unless it has one for this event already.
  func deliver(_ event: WebhookEvent, to endpoints: [String]) async throws(Failure) {
    _ = try await mutations.run(Scripts.deliver, Self.arguments(event, isTest: false) + endpoints.map { .string($0) })
  }

  func test(_ id: String, _ event: WebhookEvent) async throws(Failure) -> (id: String, json: [UInt8]) {
    let answer = try await mutations.run(Scripts.deliver, Self.arguments(event, isTest: true) + [.string(id)])
    try Self.check(answer)
    guard answer.count == 3, let delivery = answer[1].string, let json = answer[2].bytes else { throw .defect }
    return (delivery, json)
  }

  private static func arguments(_ event: WebhookEvent, isTest: Bool) -> [RedisArgument] {
    [
      .string(event.uuid), .string(event.name), .string(JSONText.quoted(event.cid)), isTest ? "1" : "",
      .integer(WebhookRules.retentionSeconds),
      .integer(WebhookRules.deliveryLimit),
    ] + WebhookFormat.allCases.flatMap { [.string($0.rawValue), .bytes(event.body($0))] }
  }

  /// Throws `.conflict` while it is waiting to be sent.
  func replay(_ delivery: String, of id: String) async throws(Failure) -> [UInt8] {
    let answer = try await mutations.run(Scripts.replay, [.string(id), .string(delivery)])
    switch answer.first?.string {
    case "ok": return answer.last?.bytes ?? []
    case "queued": throw .conflict("This delivery is still to be sent.")
    case "disabled": throw .conflict("This webhook is disabled. Set its state to active first.")
    default: throw .notFound("There is no such delivery.")
    }
  }

  /// Newest first, with their attempts.
  func deliveries(of id: String, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    let answer = try await read(Scripts.deliveries, [.string(id), .integer(start), .integer(count)])
    guard let total = answer.first?.int else { throw Self.missing }
    return (answer.dropFirst().compactMap(\.bytes), total)
  }

  /// Throws `.notFound` when that webhook has no such delivery.
  func delivery(_ delivery: String, of id: String) async throws(Failure) -> [UInt8] {
    let answer = try await read(Scripts.deliveries, [.string(id), .string(delivery)])
    guard let json = answer.last?.bytes else { throw .notFound("There is no such delivery.") }
    return json
  }

  // MARK: Words of the schema

  func command(_ words: RedisArgument...) async throws(Failure) -> RedisValue {
    do { return try await redis.command(words) } catch { throw Failure(error) }
  }

  private func read(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> [RedisValue] {
    do { return try await redis.run(script, keys: [.string(namespace)], arguments: arguments).array ?? [] } catch { throw Failure(error) }
  }

  private static let missing = Failure.notFound("There is no such webhook.")
  private static func version(_ expected: Int?) -> RedisArgument { .string(expected.map(String.init) ?? "") }

  private static func check(_ answer: [RedisValue]) throws(Failure) {
    switch answer.first?.string {
    case "ok", "unchanged": return
    case "missing": throw missing
    case "version":
      throw .versionMismatch("This webhook is at version \(answer[1].string ?? "") by now. Read it again, then repeat the change.")
    default: throw .defect
    }
  }
}

// MARK: - What the sender asks

/// One delivery that a sender has the lease for.
struct WebhookJob: Sendable {
  let webhook: String
  /// The webhook-id.
  let id: String
  let lease: String
  let url: String
  /// One, or two for a day after a rotation, the new one first.
  let secrets: [String]
  let event: String
  let cid: String
  let body: [UInt8]
  /// Attempts made before this one.
  let attempts: Int
  let isTest: Bool
}

extension WebhooksStore {
  /// Deliveries that are due, each of another endpoint, at most `limit`. Nobody else sends to these endpoints until they are settled or the
  /// lease ends.
  func claim(lease: String, limit: Int) async throws(Failure) -> [WebhookJob] {
    let milliseconds = Int(WebhookRules.lease.components.seconds) * 1_000
    let answer = try await mutations.run(Scripts.claim, [.string(lease), .integer(milliseconds), .integer(limit)])
    return answer.compactMap { row in
      guard let row = row.array, row.count == 9, let webhook = row[0].string, let id = row[1].string, let body = row[7].bytes else {
        return nil
      }
      let secrets = [row[3].string, row[4].string].compactMap(\.self).filter { !$0.isEmpty }
      let cid = row[6].bytes.flatMap { try? JSONValue(parsing: $0).string } ?? ""
      let (attempts, isTest) = (row[8][0]?.int ?? 0, row[8][1]?.string == "1")
      return WebhookJob(
        webhook: webhook, id: id, lease: lease, url: row[2].string ?? "", secrets: secrets, event: row[5].string ?? "", cid: cid,
        body: body,
        attempts: attempts, isTest: isTest)
    }
  }

  /// Writes down what came of an attempt. False when the lease has ended and another sender has the delivery, or it is gone.
  func settle(_ job: WebhookJob, _ verdict: DeliveryVerdict, attempt: JSONValue) async throws(Failure) -> Bool {
    let (word, delay): (String, Int64) =
      switch verdict {
      case .delivered: ("delivered", 0)
      case .retry(let after): ("retry", after)
      case .failed: ("failed", 0)
      case .gone: ("gone", 0)
      }
    let answer = try await mutations.run(
      Scripts.settle,
      [
        .string(job.webhook), .string(job.id), .string(job.lease), .string(word), .string(String(delay)), .bytes(attempt.bytes),
        .integer(WebhookRules.attemptLimit), .integer(WebhookRules.retentionSeconds),
      ])
    return answer.first?.string == "ok"
  }
}

extension RedisValue {
  /// The element of an array; nil outside it.
  fileprivate subscript(index: Int) -> RedisValue? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }
}
