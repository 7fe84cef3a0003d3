import HTTPTypes
public import Reactor

/// An HTTP/1.1 server on POSIX sockets: one listener and one event loop per core, handlers are async functions that stay on the loop
/// of their connection.
///
/// ```swift
/// let loops = LoopGroup()
/// loops.start()
/// let router = Router([Route(.post, "/echo") { request in Response(contentType: "application/octet-stream", request.body) }])
/// let server = Server(router, loops: loops)
/// let address = try await server.listen(at: .internet(bytes: [127, 0, 0, 1], port: 8080))
/// ```
public final class Server: Sendable {
  public struct Configuration: Sendable {
    public var limits = Limits()
    /// Answers what a handler threw, `RoutingFailure` included.
    public var onError: @Sendable (any Error, Request) -> Response = { error, _ in Server.defaultAnswer(to: error) }
    /// Answers what is no request.
    public var onRefusal: @Sendable (Refusal, SocketAddress) -> Response = { refusal, _ in
      .text(refusal.detail + "\n", status: refusal.status)
    }
    public init() {}
  }

  private let loops: LoopGroup
  private let parts: PerLoop<LoopServer>

  /// The loops must have been started before `listen`.
  public init(_ router: Router, loops: LoopGroup, configuration: Configuration = Configuration()) {
    self.loops = loops
    let count = loops.loops.count
    parts = PerLoop(loops: count) { LoopServer($0, configuration, router: router, loops: count) }
  }

  /// Listens for every loop and returns the address, with its port where 0 was asked for. Throws `SocketFailure`.
  @discardableResult
  public func listen(at address: SocketAddress) async throws -> SocketAddress {
    let isShared = loops.loops.count > 1
    guard case .internet(let bytes, let port) = address, isShared else { return try await listen(at: address, on: loops.loops[0]) }
    if port != 0 { try Socket.checkFree(address) }
    let bound = try await listen(at: address, isShared: true, on: loops.loops[0])
    let others = SocketAddress.internet(bytes: bytes, port: bound.port)
    for loop in loops.loops.dropFirst() { _ = try await listen(at: others, isShared: true, on: loop) }
    return bound
  }

  private func listen(at address: SocketAddress, isShared: Bool = false, on loop: EventLoop) async throws -> SocketAddress {
    try await loop.perform {
      let socket = try Socket.listen(at: address, isShared: isShared)
      guard case .internet = address else {
        parts.here.listen(on: socket, spread: spread())
        return address
      }
      socket.setNoDelay()
      parts.here.listen(on: socket)
      return socket.localAddress
    }
  }

  /// Gives sockets to the loops in turn.
  private func spread() -> (Socket, SocketAddress) -> Void {
    var next = 0
    return { [parts, loops] socket, peer in
      let loop = loops.loops[next]
      next = (next + 1) % loops.loops.count
      if loop.isCurrent { return parts.here.take(socket, from: peer) }
      let descriptor = socket.release()
      loop.submit { parts.here.take(Socket(owning: descriptor), from: peer) }
    }
  }

  /// What the server has done since it began, and what it holds now.
  public struct Statistics: Sendable, Equatable {
    /// Connections now open.
    public var open = 0
    /// Connections ever accepted.
    public var accepted = 0
    /// Answers of handlers.
    public var answered = 0
    /// Answers to what was no request.
    public var refused = 0
    /// Calls of the kernel to send: several answers may leave in one.
    public var writes = 0
    public init() {}
  }

  /// The sum over all loops.
  public func statistics() async -> Statistics {
    var sum = Statistics()
    for loop in loops.loops {
      let part = await loop.perform { parts.here.statistics }
      sum.open += part.open
      sum.accepted += part.accepted
      sum.answered += part.answered
      sum.refused += part.refused
      sum.writes += part.writes
    }
    return sum
  }

  /// Stops accepting, lets running requests finish for `grace`, then closes every connection. Streams are cancelled at once.
  public func stop(grace: Duration = .seconds(10)) async {
    try? await loops.onEach { [parts] _ in await parts.here.stop(grace: grace) }
  }

  private static func defaultAnswer(to error: any Error) -> Response {
    switch error as? RoutingFailure {
    case .notFound: return .text("Nothing is here.\n", status: .notFound)
    case .methodNotAllowed(let allowed):
      var answer = Response.text("This method is not allowed here.\n", status: .methodNotAllowed)
      answer.headerFields[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
      return answer
    case nil: return .text("Something went wrong.\n", status: .internalServerError)
    }
  }
}
