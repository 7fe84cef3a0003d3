import HTTPTypes
import JSONBytes
import OutboundClient

/// What would be mailed to a person, for the webhook of their profile.
struct NoticeCall: Sendable {
  /// Theirs alone to know.
  let address: String
  /// `text` and `content` say it in a line with the address to open, as most chat programs take it; `data` is for programs.
  let body: JSONValue
}

/// Calls the webhooks of people's profiles, only where the cluster may call.
struct NoticeCaller: Sendable {
  let client: OutboundClient

  /// `id` is that of the mail: whatever is repeated, it is the same call.
  func call(_ call: NoticeCall, id: String, cid: String, at milliseconds: Int64) async -> MailOutcome {
    let fields: HTTPFields = [
      .contentType: "application/json", .userAgent: "PolyStatus", .webhookID: id, .webhookTimestamp: String(milliseconds / 1000),
      .correlationID: cid,
    ]
    var request = OutboundRequest(.post, call.address, headerFields: fields, body: call.body.bytes)
    request.timeout = WebhookRules.timeLimit
    request.connectTimeout = WebhookRules.timeLimit
    request.responseLimit = WebhookRules.excerptBytes
    request.cutsLongBody = true
    do throws(OutboundFailure) {
      return Self.outcome(status: try await client.send(request).status.code)
    } catch {
      switch error {
      case .badURL, .addressRefused: return .failed("The webhook's address is none that may be called.")
      default: return .postponed("The webhook did not answer.")
      }
    }
  }

  private static func outcome(status: Int) -> MailOutcome {
    switch status {
    case 200...299: .sent
    case 408, 429, 500...599: .postponed("The webhook answered \(status).")
    default: .failed("The webhook answered \(status).")
    }
  }
}
