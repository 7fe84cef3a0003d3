internal import CLinux
import Glibc

/// A non-blocking stream socket; closed when the last reference goes.
/// Not Sendable: it belongs to the loop that watches it.
public final class Socket {
  public let descriptor: Int32
  private var isOpen = true
  /// Of a listening Unix socket: goes with it.
  private var path: String?

  /// Takes over a connected descriptor that does not block.
  public init(owning descriptor: Int32) { self.descriptor = descriptor }
  deinit { close() }

  public func close() {
    guard isOpen else { return }
    isOpen = false
    if let path { unsafe unlink(path) }
    _ = Glibc.close(descriptor)
  }

  /// Gives the descriptor away: whoever takes it closes it.
  public func release() -> Int32 {
    isOpen = false
    return descriptor
  }

  public enum Transfer: Equatable {
    /// How many, 1 or more.
    case bytes(Int)
    /// Nothing now: wait until the descriptor is ready.
    case wouldBlock
    /// Reading: the peer has finished sending.
    case end
    /// The connection is gone (`errno`).
    case failed(Int32)
  }

  /// Reads at most `buffer.count` bytes to the front of `buffer`.
  public func read(into buffer: inout [UInt8]) -> Transfer {
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      let code = clinux_errno()
      if code == EINTR { continue }
      return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
    }
  }

  /// Writes `bytes` from `start` on; may take fewer.
  public func write(_ bytes: [UInt8], from start: Int = 0) -> Transfer {
    while true {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[start...])
        return unsafe Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 { return .bytes(count) }
      let code = clinux_errno()
      if code == EINTR { continue }
      return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
    }
  }

  /// Writes `bytes` and then `more`, from the `start`-th byte of both on; may take fewer.
  public func write(_ bytes: [UInt8], _ more: [UInt8], from start: Int) -> Transfer {
    if more.isEmpty { return write(bytes, from: start) }
    if start >= bytes.count { return write(more, from: start - bytes.count) }
    while true {
      let count = unsafe bytes.withUnsafeBytes { first in
        unsafe more.withUnsafeBytes { second in
          var parts = unsafe [
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress! + start), iov_len: first.count - start),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress!), iov_len: second.count),
          ]
          return unsafe parts.withUnsafeMutableBufferPointer { parts in
            var message = unsafe msghdr()
            unsafe message.msg_iov = parts.baseAddress
            unsafe message.msg_iovlen = parts.count
            return unsafe Glibc.sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
          }
        }
      }
      if count >= 0 { return .bytes(count) }
      let code = clinux_errno()
      if code == EINTR { continue }
      return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
    }
  }

  /// Tells the peer that nothing more will be sent; what it still sends can be read.
  public func finishWriting() { _ = Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

  /// Small writes leave at once (TCP_NODELAY); sockets accepted from this one inherit it.
  public func setNoDelay() { set(Int32(IPPROTO_TCP), TCP_NODELAY, 1) }

  private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Listens at `address`. Where `isShared`, several sockets of this user may listen at one internet address, and the kernel
  /// spreads connections over them. A Unix path left by a dead process is taken over. Throws `SocketFailure`.
  public static func listen(at address: SocketAddress, isShared: Bool = false, backlog: Int32 = 1024) throws(SocketFailure) -> Socket {
    let socket = try make(for: address, "listen at \(address)")
    if case .unix(let path) = address {
      try removeIfDead(path)
    } else {
      socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
      if isShared { socket.set(SOL_SOCKET, SO_REUSEPORT, 1) }
      if address.family == AF_INET6 { socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
    }
    let bound = unsafe address.withSockaddr { unsafe Glibc.bind(socket.descriptor, $0, $1) }
    guard bound == 0 else { throw SocketFailure(operation: "listen at \(address)") }
    if case .unix(let path) = address { socket.path = path }
    guard Glibc.listen(socket.descriptor, backlog) == 0 else { throw SocketFailure(operation: "listen at \(address)") }
    return socket
  }

  /// Throws `SocketFailure` when somebody listens at `address` already: sockets that share one address cannot tell.
  public static func checkFree(_ address: SocketAddress) throws(SocketFailure) {
    let socket = try make(for: address, "listen at \(address)")
    socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
    let bound = unsafe address.withSockaddr { unsafe Glibc.bind(socket.descriptor, $0, $1) }
    guard bound == 0 else { throw SocketFailure(operation: "listen at \(address)") }
  }

  /// Takes away a socket file nobody listens at; any other file stays, and binding there fails.
  private static func removeIfDead(_ path: String) throws(SocketFailure) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    do throws(SocketFailure) {
      try connect(to: .unix(path: path)).close()
    } catch {
      if error.code == ECONNREFUSED { unsafe unlink(path) }
    }
  }

  private static func make(for address: SocketAddress, _ operation: String) throws(SocketFailure) -> Socket {
    if case .unix(let path) = address, path.utf8.count > 107 || path.isEmpty {
      throw SocketFailure(operation: operation, code: ENAMETOOLONG)
    }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(address.family, type, 0)
    guard descriptor >= 0 else { throw SocketFailure(operation: operation) }
    return Socket(owning: descriptor)
  }

  /// Begins to connect; the socket becomes writable when it has succeeded or failed. Throws `SocketFailure` when it failed at once.
  public static func connect(to address: SocketAddress) throws(SocketFailure) -> Socket {
    let socket = try make(for: address, "connect to \(address)")
    let result = unsafe address.withSockaddr { unsafe Glibc.connect(socket.descriptor, $0, $1) }
    guard result == 0 || clinux_errno() == EINPROGRESS else { throw SocketFailure(operation: "connect to \(address)") }
    return socket
  }

  public enum Acceptance {
    case accepted(Socket, SocketAddress)
    case wouldBlock
    /// Out of descriptors or memory (`errno`): stop accepting for a while.
    case exhausted(Int32)
  }

  /// Takes one waiting connection.
  public func accept() -> Acceptance {
    while true {
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let descriptor = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe clinux_accept(self.descriptor, $0, &length)
        }
      }
      if descriptor >= 0 { return .accepted(Socket(owning: descriptor), SocketAddress(storage)) }
      switch clinux_errno() {
      case EINTR, ECONNABORTED: continue
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(clinux_errno())
      default: return .wouldBlock
      }
    }
  }

  /// Where this socket is bound: tells the port when 0 was asked for.
  public var localAddress: SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    return SocketAddress(storage)
  }
}
