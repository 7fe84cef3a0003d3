import HTTPServer
import HTTPTypes
import Reactor

/// A server on its own loops, for the length of one test; the test's body runs on another loop, as its clients do.
struct RunningServer {
  let server: Server
  let address: SocketAddress
  let loops: LoopGroup

  static func run(
    _ routes: [Route] = RunningServer.routes, middleware: [Middleware] = [], loops count: Int = 1,
    at address: SocketAddress = .internet(bytes: [127, 0, 0, 1], port: 0), limits change: (inout Limits) -> Void = { _ in },
    _ body: (RunningServer) async throws -> Void
  ) async throws {
    let loops = LoopGroup(count: count)
    let clients = LoopGroup(count: 1)
    loops.start()
    clients.start()
    defer {
      clients.stop()
      loops.stop()
    }
    var configuration = Server.Configuration()
    change(&configuration.limits)
    let server = Server(Router(routes, middleware: middleware), loops: loops, configuration: configuration)
    let bound = try await server.listen(at: address)
    let running = RunningServer(server: server, address: bound, loops: loops)
    do {
      try await clients.loops[0].perform { try await body(running) }
    } catch {
      await server.stop(grace: .zero)
      throw error
    }
    await server.stop(grace: .zero)
  }

  func connect() throws -> Wire { try Wire(to: address) }

  /// One request on a connection of its own.
  func answer(to request: String, isHead: Bool = false) async throws -> Answer {
    let wire = try connect()
    try await wire.send(request)
    return try await wire.answer(toHead: isHead)
  }

  /// Until `condition` holds; false after ten seconds.
  func becomes(_ condition: (Server.Statistics) -> Bool) async throws -> Bool {
    for _ in 0..<1000 {
      if condition(await server.statistics()) { return true }
      try await EventLoop.current.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// `GET /` answers `hello`, `POST /echo` answers the body, `GET /slow/{milliseconds}` waits first.
  static let routes = [
    Route(.get, "/") { _ in .text("hello") },
    Route(.post, "/echo") { request in Response(contentType: "application/octet-stream", request.body) },
    Route(.get, "/slow/{milliseconds}") { request in
      let time = request.parameters["milliseconds"].flatMap { Int($0) } ?? 0
      try await EventLoop.current.sleep(for: .milliseconds(time))
      return .text("slow \(time)")
    },
  ]
}

/// A request with nothing but what must be there.
func get(_ target: String, _ fields: String = "", method: String = "GET") -> String {
  "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
}
