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
    public var onRefusal: @Sendable (Refusal, SocketAddress) -> Response = { refusal, _ in .text(refusal.detail + "\n", status: refusal.status) }
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

  /// Listens on every loop and returns the address, with its port where 0 was asked for; a Unix path is served by the first loop alone.
  /// Throws `SocketFailure`.
  @discardableResult
  public func listen(at address: SocketAddress) async throws -> SocketAddress {
    let first = try await listen(at: address, on: loops.loops[0])
    guard case .internet = first else { return address }
    for loop in loops.loops.dropFirst() { _ = try await listen(at: first, on: loop) }
    return first
  }

  private func listen(at address: SocketAddress, on loop: EventLoop) async throws -> SocketAddress {
    try await withTaskExecutorPreference(loop) { [parts] in
      let socket = try Socket.listen(at: address)
      if case .internet = address { socket.setNoDelay() }
      let bound = socket.localAddress
      parts.here.listen(on: socket)
      return bound
    }
  }

  /// Stops accepting, lets running requests finish for `grace`, then closes every connection.
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
