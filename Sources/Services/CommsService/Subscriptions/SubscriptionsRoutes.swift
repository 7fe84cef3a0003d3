import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceRuntime
import StatusModel

/// Subscriptions to mails: who asks, confirms, changes and ends them.
struct Subscriptions: Sendable {
  let node: Node
  let store: SubscriptionsStore
  let links: SubscriptionLinks
  /// Whether mails go out, or are kept for want of a server.
  let hasMailServer: Bool

  init(_ node: Node, hasMailServer: Bool) {
    self.node = node
    self.hasMailServer = hasMailServer
    store = SubscriptionsStore(
      redis: node.redis, mutations: node.mutations, namespace: node.namespace, isLimited: node.configuration.number("LIMIT_FACTOR") != 0)
    links = SubscriptionLinks(redis: node.redis, namespace: node.namespace)
  }

  var routes: [ServiceRoute] {
    [
      ServiceRoute(.post, "/api/v1/subscriptions/email", .everyone, subscribe),
      ServiceRoute(.post, "/api/v1/subscriptions/confirm", .everyone, answersSecret: true, confirm),
      ServiceRoute(.post, "/api/v1/subscriptions/unsubscribe", .everyone, unsubscribe),
      ServiceRoute(.get, "/api/v1/subscriptions/mine", .everyone, mine),
      ServiceRoute(.patch, "/api/v1/subscriptions/mine", .everyone, updateMine),
      ServiceRoute(.delete, "/api/v1/subscriptions/mine", .everyone, endMine),
      ServiceRoute(.get, "/api/v1/subscriptions", .sre, list),
      ServiceRoute(.delete, "/api/v1/subscriptions/{id}", .sre, end),
    ]
  }

  private func subscribe(_ request: Request) async throws -> Response {
    let wanted = try NewSubscription(request.fields())
    try await node.limits.take(.subscriptionsOfAddress, key: Caller.current.address)
    try await node.limits.take(.subscriptions, key: "all")
    try await store.ask(wanted)
    return .json((["email": .string(wanted.email), "mail": hasMailServer ? "sent" : "kept"] as JSONValue).bytes, status: .created)
  }

  private func confirm(_ request: Request) async throws -> Response {
    let id = try await subscription(ofTokenIn: request, .confirm)
    let json = try await store.confirm(id)
    let link = try await links.token(for: id, .manage)
    return .json(json.dropLast() + Array(#","link":"\#(link)"}"#.utf8))
  }

  /// Following a link twice does no harm: what has ended stays so.
  private func unsubscribe(_ request: Request) async throws -> Response {
    _ = try await store.end(subscription(ofTokenIn: request, .manage))
    return Response(status: .noContent)
  }

  private func mine(_ request: Request) async throws -> Response {
    let found = try await store.subscription(subscription(of: request))
    return .json(found.json, version: found.version).conditional(on: request)
  }

  private func updateMine(_ request: Request) async throws -> Response {
    let id = try await subscription(of: request)
    let found = try await store.update(id, at: request.expectedVersion, SubscriptionChange(request.fields()))
    return .json(found.json, version: found.version)
  }

  private func endMine(_ request: Request) async throws -> Response {
    _ = try await store.end(subscription(of: request))
    return Response(status: .noContent)
  }

  private func list(_ request: Request) async throws -> Response {
    let page = try request.page()
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    let state = query.optionalChoice("state", ["pending", "confirmed"])
    let text = query.optionalString("q", SubscriptionBounds.search)
    let words = SubscriptionBounds.words(text ?? "")
    if words.count > SubscriptionBounds.searchWords { query.refuse("q", "must have at most \(SubscriptionBounds.searchWords) words") }
    try query.check()
    guard text == nil || !words.isEmpty else { return .list([], page: page, total: 0, of: request) }
    let found = try await store.list(state, words: words, start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func end(_ request: Request) async throws -> Response {
    guard try await store.end(request.parameters["id"] ?? "") else { throw SubscriptionsStore.gone }
    return Response(status: .noContent)
  }

  /// Throws `.invalid` when the body has no link for this purpose.
  private func subscription(ofTokenIn request: Request, _ purpose: SubscriptionLinks.Purpose) async throws(Failure) -> String {
    var body = try request.fields()
    let token = body.string("token", 1...200)
    try body.check()
    guard let id = try await links.subscription(of: token, purpose) else {
      throw .invalid("token", "is no link of ours; use the one of the mail, whole")
    }
    return id
  }

  /// Throws `.unknownCaller` when the header has no link.
  private func subscription(of request: Request) async throws(Failure) -> String {
    guard let token = request.header(.subscriptionLink), let id = try await links.subscription(of: token, .manage) else {
      throw .unknownCaller("Send the link of a mail, whole, as the header X-Polystatus-Link.")
    }
    return id
  }
}

extension RateLimit {
  static let subscriptionsOfAddress = RateLimit("subscribe-address", 10, perSeconds: 3600)
  static let subscriptions = RateLimit("subscribe", 300, perSeconds: 3600)
}

extension HTTPTypes.HTTPField.Name {
  fileprivate static let subscriptionLink = Self("X-Polystatus-Link")!
}

extension NewSubscription {
  /// Throws `Failure.invalid` with everything that cannot be accepted.
  fileprivate init(_ body: consuming FieldReader) throws(Failure) {
    email = body.string("email", 1...254)
    if !email.isEmpty, !Mailbox.isAddress(email) { body.refuse("email", "is not a mail address such as ada@example.org") }
    filter = SubscriptionFilter(components: body.components() ?? [], severities: body.severities() ?? [])
    language = body.mailLanguage() ?? .en
    try body.check()
  }
}

extension SubscriptionChange {
  /// Throws `Failure.invalid` with everything that cannot be accepted.
  fileprivate init(_ body: consuming FieldReader) throws(Failure) {
    components = body.components()
    severities = body.severities()
    language = body.mailLanguage()
    try body.check()
  }
}

extension FieldReader {
  fileprivate mutating func components() -> [String]? {
    optionalStrings("components", count: SubscriptionBounds.components, length: SubscriptionBounds.component)
  }

  fileprivate mutating func severities() -> [Int]? {
    guard let values = optionalArray("severities", count: SubscriptionBounds.severities) else { return nil }
    let numbers = values.compactMap(\.integer)
    guard numbers.count == values.count, numbers.allSatisfy(SubscriptionBounds.severity.contains) else {
      refuse("severities", "must hold integers from \(SubscriptionBounds.severity.lowerBound) to \(SubscriptionBounds.severity.upperBound)")
      return nil
    }
    return Array(Set(numbers)).sorted()
  }

  fileprivate mutating func mailLanguage() -> MailLanguage? {
    optionalChoice("language", MailLanguage.allCases.map(\.rawValue)).flatMap(MailLanguage.init)
  }
}
