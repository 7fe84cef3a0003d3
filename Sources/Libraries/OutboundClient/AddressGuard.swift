internal import Reactor

/// Which internet addresses a client may connect to: asked at every connection, so neither a name that resolves
/// inward nor a redirect gets around it.
public struct AddressGuard: Sendable {
  private let isOpen: Bool
  private let allowed: [AddressRange]

  private init(isOpen: Bool, allowed: [AddressRange]) {
    self.isOpen = isOpen
    self.allowed = allowed
  }

  /// Everything, Unix sockets too.
  public static let open = AddressGuard(isOpen: true, allowed: [])

  /// Public addresses, and those in `allowed`; no Unix sockets.
  public static func publicAddresses(and allowed: [AddressRange] = []) -> AddressGuard {
    AddressGuard(isOpen: false, allowed: allowed)
  }

  var permitsUnixSockets: Bool { isOpen }

  /// `address` has 4 or 16 bytes, in network order. IPv4 inside IPv6 (mapped, NAT64) is judged as the IPv4 address it stands for.
  public func permits(_ address: [UInt8]) -> Bool {
    if isOpen || allowed.contains(where: { $0.contains(address) }) { return true }
    switch address.count {
    case 4: return !Self.closed4.contains { $0.contains(address) }
    case 16:
      if Self.carriers.contains(where: { $0.contains(address) }) { return permits(Array(address.suffix(4))) }
      return Self.global6.contains(address) && !Self.closed6.contains { $0.contains(address) }
    default: return false
    }
  }

  /// IANA's registry of special-purpose IPv4 addresses (RFC 6890), and multicast.
  private static let closed4 = ranges(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")
  /// IPv6 prefixes whose last 32 bits are an IPv4 address: mapped (RFC 4291), NAT64 (RFC 6052).
  private static let carriers = ranges("::ffff:0:0/96", "64:ff9b::/96")
  /// All that is assigned for global unicast: loopback, IPv4-compatible, unique local, link-local and multicast lie outside.
  private static let global6 = ranges("2000::/3")[0]
  /// Protocol assignments with Teredo, documentation, 6to4.
  private static let closed6 = ranges("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

  private static func ranges(_ texts: String...) -> [AddressRange] { texts.map { AddressRange($0)! } }
}

/// A block of IPv4 or IPv6 addresses (CIDR, RFC 4632).
public struct AddressRange: Sendable, Hashable {
  private let network: [UInt8]
  private let length: Int

  /// From text such as `10.1.0.0/16`, `fd00::/8` or a single address; nil when it is none, or has bits set behind the prefix.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, case .internet(let bytes, _) = SocketAddress(address: String(parts[0]), port: 0) else { return nil }
    network = bytes
    if parts.count == 2 {
      guard (1...3).contains(parts[1].utf8.count), parts[1].allSatisfy({ ("0"..."9").contains($0) }), let length = Int(parts[1]) else {
        return nil
      }
      self.length = length
    } else {
      length = bytes.count * 8
    }
    guard length <= bytes.count * 8, Self.masked(bytes, length) == bytes else { return nil }
  }

  /// `address` has 4 or 16 bytes, in network order.
  public func contains(_ address: [UInt8]) -> Bool { address.count == network.count && Self.masked(address, length) == network }

  private static func masked(_ address: [UInt8], _ length: Int) -> [UInt8] {
    address.enumerated().map { index, byte in
      let kept = min(8, max(0, length - index * 8))
      return byte & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
    }
  }
}
