import JSONBytes
import ServiceRuntime
import StatusModel

/// What a new webhook is made of.
struct NewWebhook: Sendable {
  let address: TypedAddress
  let events: [String]
  let description: String
  let format: WebhookFormat
}

extension NewWebhook {
  /// Throws `.invalid`.
  init(_ fields: FieldReader, on node: Node) async throws(Failure) {
    var fields = fields
    let url = fields.string("url", 1...TypedAddress.lengthLimit)
    let events = fields.optionalEvents() ?? WebhookRules.standardEvents
    let description = fields.optionalString("description", 0...500) ?? ""
    let format = fields.optionalFormat() ?? .standard
    let address = url.isEmpty ? nil : await fields.address(url, on: node)
    try fields.check()
    guard let address else { throw .defect }
    self.init(address: address, events: events, description: description, format: format)
  }
}

/// What to change of a webhook; nil leaves it as it is.
struct WebhookChange: Sendable {
  let address: TypedAddress?
  let events: [String]?
  let description: String?
  let format: WebhookFormat?
  /// `active` or `disabled`.
  let state: WebhookState?

  /// Throws `.invalid`.
  init(_ fields: FieldReader, on node: Node) async throws(Failure) {
    var fields = fields
    let url = fields.optionalString("url", 1...TypedAddress.lengthLimit)
    events = fields.optionalEvents()
    description = fields.optionalString("description", 0...500)
    format = fields.optionalFormat()
    state = fields.optionalChoice("state", ["active", "disabled"]).flatMap(WebhookState.init)
    if let url { address = await fields.address(url, on: node) } else { address = nil }
    try fields.check()
  }
}

extension FieldReader {
  fileprivate mutating func optionalEvents() -> [String]? {
    guard let patterns = optionalStrings("events", count: 1...20, length: 1...100) else { return nil }
    if let refusal = patterns.compactMap(WebhookRules.refusal(ofPattern:)).first { refuse("events", refusal) }
    return patterns
  }

  fileprivate mutating func optionalFormat() -> WebhookFormat? {
    optionalChoice("format", WebhookFormat.allCases.map(\.rawValue)).flatMap(WebhookFormat.init)
  }

  fileprivate mutating func address(_ text: String, on node: Node) async -> TypedAddress? {
    do { return try await node.typedAddress(text) } catch {
      refuse("url", error.description)
      return nil
    }
  }
}
