import RedisClient
import Signing
import StatusModel
import Messaging
import Synchronization

/// The links by which a subscriber acts without an account: signed, so that nothing is stored for each. A link says which subscription
/// and what for; it works as long as there is that subscription. The key is made once for the namespace: `{ns}:comms:link-key`.
final class SubscriptionLinks: Sendable {
  enum Purpose: String, Sendable {
    case confirm
    /// See, change and end it.
    case manage
  }

  private let redis: Redis
  private let key: RedisArgument
  private let known = Mutex<String?>(nil)

  /// Hexadecimal digits of the subscription's UUID, and of the signature: 128 bits each.
  private static let digits = 32

  init(redis: Redis, namespace: String) {
    self.redis = redis
    key = .string("\(namespace):comms:link-key")
  }

  /// Throws `.unavailable`.
  func token(for id: String, _ purpose: Purpose) async throws(Failure) -> String {
    let digits = String(id.filter { $0 != "-" })
    return SecretToken.Kind.link.prefix + digits + Self.signature(of: digits, purpose, with: try await signingKey())
  }

  /// The subscription of a link; nil when it is none of ours, or for something else. Throws `.unavailable`.
  func subscription(of token: String, _ purpose: Purpose) async throws(Failure) -> String? {
    let rest = token.dropFirst(SecretToken.Kind.link.prefix.count)
    guard token.hasPrefix(SecretToken.Kind.link.prefix), rest.utf8.count == 2 * Self.digits else { return nil }
    let digits = String(rest.prefix(Self.digits))
    guard constantTimeEqual(String(rest.dropFirst(Self.digits)), Self.signature(of: digits, purpose, with: try await signingKey())) else {
      return nil
    }
    var id = ""
    for (index, digit) in digits.enumerated() { id += ([8, 12, 16, 20].contains(index) ? "-" : "") + String(digit) }
    return id
  }

  private static func signature(of digits: String, _ purpose: Purpose, with key: String) -> String {
    String(Hex.encoded(HMACSHA256.bytes(key: key, message: "\(purpose.rawValue)|\(digits)")).prefix(Self.digits))
  }

  private func signingKey() async throws(Failure) -> String {
    if let known = known.withLock({ $0 }) { return known }
    do throws(RedisFailure) {
      _ = try await redis.command("SET", key, .string(Hex.encoded(SecureRandom.bytes(32))), "NX")
      let found = try await redis.command("GET", key).string ?? ""
      known.withLock { $0 = found }
      return found
    } catch {
      throw Failure(error)
    }
  }
}
