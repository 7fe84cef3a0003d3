import Signing

/// Standard Webhooks 1.0, symmetric (`v1`).
enum WebhookSignature {
  /// The value of `webhook-signature`: one signature for each secret, separated by blanks. `timestamp` in epoch seconds; secrets are
  /// `whsec_` and base64.
  static func header(id: String, timestamp: Int, body: [UInt8], secrets: [String]) -> String {
    let signed = Array("\(id).\(timestamp).".utf8) + body
    return secrets.map { "v1,\(HMACSHA256.base64(key: key(of: $0), message: signed))" }.joined(separator: " ")
  }

  private static func key(of secret: String) -> [UInt8] { Base64.decoded(String(secret.dropFirst("whsec_".count))) ?? Array(secret.utf8) }
}
