import HTTPServer
import HTTPTypes
import OutboundClient
import Reactor

/// Where a request really comes from: the socket's peer, or behind trusted proxies the last address they did not add themselves.
struct VisitorAddress: Sendable {
  private let trusted: [AddressRange]

  init(trusted: [AddressRange]) { self.trusted = trusted }

  /// A numeric address; `unix` for a Unix socket.
  func of(_ request: Request) -> String {
    guard !trusted.isEmpty, isTrusted(request.peer), let forwarded = request.header(.forwardedFor) else { return request.peer.host }
    var visitor = request.peer.host
    for hop in forwarded.split(separator: ",").reversed() {
      guard let address = SocketAddress(address: hop.trimmed(), port: 0) else { return visitor }
      visitor = address.host
      if !isTrusted(address) { return visitor }
    }
    return visitor
  }

  private func isTrusted(_ address: SocketAddress) -> Bool {
    guard case .internet(let bytes, _) = address else { return false }
    return trusted.contains { $0.contains(bytes) }
  }

  /// What rate limits count by: the address, of IPv6 the /64.
  static func limitKey(_ address: String) -> String {
    guard case .internet(let bytes, _) = SocketAddress(address: address, port: 0), bytes.count == 16 else { return address }
    return SocketAddress.internet(bytes: Array(bytes.prefix(8)) + [UInt8](repeating: 0, count: 8), port: 0).host + "/64"
  }
}

extension HTTPTypes.HTTPField.Name {
  static let forwardedFor = Self("X-Forwarded-For")!
}
