import OutboundClient
import Reactor

/// The address of somebody else's server that a person typed in for us to call (a webhook, a feed).
public struct TypedAddress: Sendable, Equatable {
  /// Bytes.
  public static let lengthLimit = 2048

  public let text: String
  /// A name or a numeric address; an IPv6 one without its brackets.
  public let host: String
  public let port: UInt16
  /// Scheme, host and port: what may be shown where the path and the query, which can hold a secret, may not.
  public let origin: String

  /// What is wrong with it, to follow the field's name.
  public struct Refusal: Error, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  public init(_ text: String) throws(Refusal) {
    guard (1...Self.lengthLimit).contains(text.utf8.count) else { throw Refusal("must have at most \(Self.lengthLimit) characters") }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains(where: { #""\<>^`{|}#"#.contains($0) }) else {
      throw Refusal("must be a plain address in ASCII: no blanks, no fragment, other characters percent-encoded")
    }
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard scheme == "http" || scheme == "https", text.dropFirst(scheme.count).hasPrefix("://") else {
      throw Refusal("must begin with http:// or https://")
    }
    let authority = text.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else { throw Refusal("must not hold a user name or password") }
    guard let (host, port) = Self.parts(of: authority) else { throw Refusal("must name a host, and a port from 1 to 65535 if any") }
    self.text = text
    self.host = host
    self.port = port ?? (scheme == "https" ? 443 : 80)
    origin = "\(scheme)://\(authority)"
  }

  /// Nil when it is no `host[:port]`.
  private static func parts(of authority: Substring) -> (host: String, port: UInt16?)? {
    let isBracketed = authority.first == "["
    let host = isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    var rest = authority[host.endIndex...]
    if isBracketed {
      guard rest.first == "]", host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
      rest = rest.dropFirst()
    } else {
      guard host.utf8.count <= 253, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else { return nil }
    }
    guard !host.isEmpty else { return nil }
    if rest.isEmpty { return (String(host), nil) }
    guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = UInt16(rest.dropFirst()), port > 0 else {
      return nil
    }
    return (String(host), port)
  }
}

extension Node {
  /// Throws `TypedAddress.Refusal` when `text` is no address, or is or resolves to one inside that ALLOW_ADDRESSES does not open. A name that
  /// nobody knows now passes: `guarded` judges again at every connection.
  public func typedAddress(_ text: String) async throws(TypedAddress.Refusal) -> TypedAddress {
    let address = try TypedAddress(text)
    let found = (try? await workers.run { try SocketAddress.resolve(address.host, port: address.port) }) ?? []
    let reachable = configuration.reachable
    for case .internet(let bytes, _) in found where !reachable.permits(bytes) {
      throw TypedAddress.Refusal(
        "must not lead to a private, local or reserved address; an administrator can open some with ALLOW_ADDRESSES")
    }
    return address
  }
}
