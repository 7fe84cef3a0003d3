internal import CLinux
import Glibc

/// Where a socket listens or connects: IPv4, IPv6 or a Unix path.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
  /// `bytes` are 4 (IPv4) or 16 (IPv6), in network order.
  case internet(bytes: [UInt8], port: UInt16)
  /// At most 107 bytes.
  case unix(path: String)

  /// From a numeric address such as `127.0.0.1` or `::1`; nil when it is none.
  public init?(address: String, port: UInt16) {
    var four = in_addr()
    var six = in6_addr()
    if unsafe inet_pton(AF_INET, address, &four) == 1 {
      self = .internet(bytes: unsafe withUnsafeBytes(of: four) { unsafe Array($0) }, port: port)
    } else if unsafe inet_pton(AF_INET6, address, &six) == 1 {
      self = .internet(bytes: unsafe withUnsafeBytes(of: six) { unsafe Array($0) }, port: port)
    } else {
      return nil
    }
  }

  /// The numeric address, `unix` for a path.
  public var host: String {
    guard case .internet(let bytes, _) = self else { return "unix" }
    if bytes.count == 4 { return Self.dotted(bytes) }
    var text = [CChar](repeating: 0, count: 64)
    guard unsafe inet_ntop(AF_INET6, bytes, &text, 64) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// By hand, since every request may ask: inet_ntop(3) prints with a format.
  private static func dotted(_ bytes: [UInt8]) -> String {
    unsafe String(unsafeUninitializedCapacity: 15) { text in
      var count = 0
      func put(_ byte: UInt8) {
        unsafe text[count] = byte
        count += 1
      }
      for (index, byte) in bytes.enumerated() {
        if index > 0 { put(0x2E) }
        if byte >= 100 { put(0x30 + byte / 100) }
        if byte >= 10 { put(0x30 + byte / 10 % 10) }
        put(0x30 + byte % 10)
      }
      return count
    }
  }

  /// 0 for a path.
  public var port: UInt16 {
    if case .internet(_, let port) = self { port } else { 0 }
  }

  public var description: String {
    switch self {
    case .internet(let bytes, let port): bytes.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    case .unix(let path): path
    }
  }

  var family: Int32 {
    switch self {
    case .internet(let bytes, _): bytes.count == 4 ? AF_INET : AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Calls `body` with the C form.
  func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var storage = sockaddr_storage()
    let length: Int
    switch self {
    case .internet(let bytes, let port) where bytes.count == 4:
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: bytes) }
      length = MemoryLayout<sockaddr_in>.size
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in.self) }
    case .internet(let bytes, let port):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
      length = MemoryLayout<sockaddr_in6>.size
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in6.self) }
    case .unix(let path):
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix(107)) }
      length = MemoryLayout<sockaddr_un>.size
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_un.self) }
    }
    return unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
    }
  }

  init(_ storage: sockaddr_storage) {
    self = unsafe withUnsafeBytes(of: storage) { raw in
      switch Int32(storage.ss_family) {
      case AF_INET:
        let address = unsafe raw.load(as: sockaddr_in.self)
        let bytes = unsafe withUnsafeBytes(of: address.sin_addr) { unsafe Array($0) }
        return .internet(bytes: bytes, port: UInt16(bigEndian: address.sin_port))
      case AF_INET6:
        let address = unsafe raw.load(as: sockaddr_in6.self)
        let bytes = unsafe withUnsafeBytes(of: address.sin6_addr) { unsafe Array($0) }
        return .internet(bytes: bytes, port: UInt16(bigEndian: address.sin6_port))
      default: return .unix(path: "")
      }
    }
  }

  /// Every address of `host`, asked of the system's resolver: blocks, so call it on a `WorkerPool`.
  /// Throws `SocketFailure` when the name has none.
  public static func resolve(_ host: String, port: UInt16) throws(SocketFailure) -> [SocketAddress] {
    if let numeric = SocketAddress(address: host, port: port) { return [numeric] }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let failure = unsafe getaddrinfo(host, String(port), &hints, &list)
    defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
    guard failure == 0 else { throw SocketFailure(operation: "resolve \(host)", message: unsafe String(cString: gai_strerror(failure))) }
    var found: [SocketAddress] = []
    var next = unsafe list
    while let info = unsafe next?.pointee {
      var storage = sockaddr_storage()
      unsafe withUnsafeMutableBytes(of: &storage) { target in
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
      }
      found.append(SocketAddress(storage))
      unsafe next = info.ai_next
    }
    return found
  }
}

/// What the kernel or the resolver refused, in its words.
public struct SocketFailure: Error, CustomStringConvertible {
  public let operation: String
  public let message: String
  /// The kernel's `errno`, 0 when it was not the kernel.
  public let code: Int32

  init(operation: String, message: String) {
    self.operation = operation
    self.message = message
    code = 0
  }
  init(operation: String, code: Int32 = clinux_errno()) {
    self.operation = operation
    self.code = code
    message = unsafe String(cString: strerror(code))
  }
  public var description: String { "\(operation): \(message)" }
}
