import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import ServiceRuntime
import Signing
import StatusModel

/// Calls out, signed, to the addresses that people register: a worker makes deliveries of the bus' messages, a sender sends them.
struct Webhooks: Sendable {
  let node: Node
  let store: WebhooksStore
  let site: WebhookEvent.Site
  let sender: WebhookSender

  init(_ node: Node) {
    self.node = node
    store = WebhooksStore(redis: node.redis, mutations: node.mutations, namespace: node.namespace)
    let url = node.configuration.text("PUBLIC_URL")
    site = WebhookEvent.Site(url: url.hasSuffix("/") ? String(url.dropLast()) : url)
    sender = WebhookSender(store, client: node.guarded, clock: node.clock, logger: node.logger) { Double.random(in: 0..<1) }
  }

  /// Until cancelled, on a loop.
  func run() async {
    let worker = node.worker("comms.webhooks", handles: { WebhookRules.isSendable($0) }, handle: { try await take($0) })
    async let taking: Void = worker.run()
    async let sending: Void = sender.run()
    _ = await (taking, sending)
  }

  /// Makes the deliveries of a message, once for each endpoint whatever is repeated.
  func take(_ message: BusMessage) async throws(Failure) {
    let endpoints = try await store.subscribers(to: message.name)
    guard !endpoints.isEmpty else { return }
    try await store.deliver(WebhookEvent(message, site: site), to: endpoints)
    sender.wake()
  }
}

extension Webhooks {
  var routes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/webhooks", .sre, answersSecret: true, create),
      ServiceRoute(.get, "/api/v1/webhooks", .sre, list),
      ServiceRoute(.get, "/api/v1/webhooks/{id}", .sre, detail),
      ServiceRoute(.patch, "/api/v1/webhooks/{id}", .sre, update),
      ServiceRoute(.delete, "/api/v1/webhooks/{id}", .sre, delete),
      ServiceRoute(.post, "/api/v1/webhooks/{id}/rotate", .sre, answersSecret: true, rotate),
      ServiceRoute(.post, "/api/v1/webhooks/{id}/test", .sre, test),
      ServiceRoute(.get, "/api/v1/webhooks/{id}/deliveries", .sre, deliveries),
      ServiceRoute(.get, "/api/v1/webhooks/{id}/deliveries/{did}", .sre, delivery),
      ServiceRoute(.post, "/api/v1/webhooks/{id}/deliveries/{did}/replay", .sre, replay),
    ]
  }

  private func create(_ request: Request) async throws -> Response {
    let webhook = try await NewWebhook(request.fields(), on: node)
    let (id, secret) = (UUIDText.random(), SecretToken.make(.webhookSecret))
    let json = try await store.create(webhook, id: id, secret: secret)
    return .json(Self.shown(secret, with: json), status: .created, version: 1, location: "/api/v1/webhooks/\(id)")
  }

  private func list(_ request: Request) async throws -> Response {
    let page = try request.page()
    let found = try await store.list(start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func detail(_ request: Request) async throws -> Response {
    let record = try await store.webhook(request.webhookID())
    return .json(record.json, version: record.version).conditional(on: request)
  }

  private func update(_ request: Request) async throws -> Response {
    let id = try request.webhookID()
    let change = try await WebhookChange(request.fields(), on: node)
    let record = try await store.update(id, at: request.expectedVersion, change)
    sender.wake()
    return .json(record.json, version: record.version)
  }

  private func delete(_ request: Request) async throws -> Response {
    try await store.delete(request.webhookID(), at: request.expectedVersion)
    return Response(status: .noContent)
  }

  private func rotate(_ request: Request) async throws -> Response {
    let secret = SecretToken.make(.webhookSecret)
    let record = try await store.rotate(request.webhookID(), at: request.expectedVersion, to: secret)
    return .json(Self.shown(secret, with: record.json), version: record.version)
  }

  private func test(_ request: Request) async throws -> Response {
    let id = try request.webhookID()
    let now = node.clock()
    let event = WebhookEvent(
      name: "webhook.tested", uuid: UUIDText.random(), time: ISO8601.text(milliseconds: now), cid: CorrelationID.current,
      data: JSONObject([("webhook", ["id": .string(id)])]), site)
    let made = try await store.test(id, event)
    sender.wake()
    return .json(made.json, status: .accepted, location: "/api/v1/webhooks/\(id)/deliveries/\(made.id)")
  }

  private func deliveries(_ request: Request) async throws -> Response {
    let page = try request.page()
    let found = try await store.deliveries(of: request.webhookID(), start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func delivery(_ request: Request) async throws -> Response {
    .json(try await store.delivery(request.deliveryID(), of: request.webhookID()))
  }

  private func replay(_ request: Request) async throws -> Response {
    let (id, delivery) = (try request.webhookID(), try request.deliveryID())
    let json = try await store.replay(delivery, of: id)
    sender.wake()
    return .json(json, status: .accepted, location: "/api/v1/webhooks/\(id)/deliveries/\(delivery)")
  }

  /// The record with its secret, for the one answer that shows it.
  private static func shown(_ secret: String, with json: [UInt8]) -> [UInt8] { json.dropLast() + Array(#","secret":"\#(secret)"}"#.utf8) }
}

extension Request {
  fileprivate func webhookID() throws(Failure) -> String {
    let id = (parameters["id"] ?? "").lowercased()
    guard UUIDText.isValid(id) else { throw .notFound("There is no such webhook.") }
    return id
  }

  fileprivate func deliveryID() throws(Failure) -> String {
    let id = parameters["did"] ?? ""
    let digits = Set("0123456789abcdef".utf8)
    guard id.hasPrefix("msg_"), id.utf8.count == 36, id.utf8.dropFirst(4).allSatisfy(digits.contains) else {
      throw .notFound("There is no such delivery.")
    }
    return id
  }
}
