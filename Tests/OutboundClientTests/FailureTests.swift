import HTTPTypes
import OutboundClient
import Reactor
import Testing

/// How a request of `url`, changed by `change`, fails, and how long it took on the loop.
private func outcome(
  of url: String, _ change: @escaping @Sendable (inout OutboundRequest) -> Void
) async throws -> (kind: String?, time: Duration) {
  try await withClient { client, _ in
    var request = OutboundRequest(url)
    change(&request)
    let start = ContinuousClock.now
    let kind = await client.failure(of: request)?.kind
    return (kind, start.duration(to: .now))
  }
}

private func kind(of url: String, _ change: @escaping @Sendable (inout OutboundRequest) -> Void = { _ in }) async throws -> String? {
  try await outcome(of: url, change).kind
}

@Suite struct FailureTests {
  @Test func `nobody listens`() async throws {
    let closed = try Socket.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0))
    let port = closed.localAddress.port
    closed.close()
    #expect(try await kind(of: "http://127.0.0.1:\(port)/") == "No connection")
  }

  @Test func `a listener that never answers runs into the time-out`() async throws {
    let silent = try Socket.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0))
    defer { silent.close() }
    let (kind, time) = try await outcome(of: "http://\(silent.localAddress)/") { $0.timeout = .milliseconds(200) }
    #expect(kind == "No answer in time")
    #expect(time >= .milliseconds(200) && time < .seconds(2))
  }

  @Test func `a listener that takes no connection runs into the shorter time-out`() async throws {
    let full = try Socket.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0), backlog: 0)
    let waiting = try (0..<4).map { _ in try Socket.connect(to: full.localAddress) }
    defer { for socket in waiting + [full] { socket.close() } }
    let (kind, time) = try await outcome(of: "http://\(full.localAddress)/") { $0.connectTimeout = .milliseconds(200) }
    #expect(kind == "No answer in time")
    #expect(time >= .milliseconds(200) && time < .seconds(2))
  }

  @Test func `waiting for a connection counts`() async throws {
    let server = try TestServer.tcp()
    var configuration = OutboundConfiguration()
    configuration.connectionsPerHost = 1
    try await withClient(configuration) { (client, loop) async throws in
      let slow = Task(executorPreference: loop) { try await client.send(OutboundRequest(server.url + "/delay?n=800")).text }
      try await loop.sleep(for: .milliseconds(10))
      var request = OutboundRequest(server.url)
      request.timeout = .milliseconds(100)
      let sent = request
      #expect(await client.failure(of: sent)?.kind == "No answer in time")
      #expect(try await slow.value == "late")
      #expect(try await client.send(sent).status == .ok)
    }
  }

  @Test func `a server that breaks off or talks nonsense`() async throws {
    let server = try TestServer.tcp()
    for (path, expected) in [
      ("/drop", "Connection lost"), ("/half", "Connection lost"), ("/nohttp", "Not an HTTP answer"),
      ("/head?n=100", "The answer is too large."),
    ] {
      #expect(try await kind(of: server.url + path) == expected, "\(path)")
    }
  }

  @Test func `a body over the limit is not taken`() async throws {
    let server = try TestServer.tcp()
    for path in ["/bytes?n=100001", "/chunks?n=98"] {
      #expect(try await kind(of: server.url + path) { $0.responseLimit = 100_000 } == "The answer is too large.")
    }
    #expect(try await kind(of: server.url + "/bytes?n=100000") { $0.responseLimit = 100_000 } == nil)
  }

  @Test(arguments: [
    "", "/path", "example.org", "ftp://127.0.0.1/", "file:///etc/hostname", "http:/127.0.0.1", "http://", "http://127.0.0.1:99999/",
    "http://user@127.0.0.1/", "http://user:word@127.0.0.1/", "http://127.0.0.1/ b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/é",
    "http://" + String(repeating: "a", count: 20_000),
  ])
  func `what is no URL for us`(url: String) async throws { #expect(try await kind(of: url) == "Bad URL") }

  @Test func `a name that cannot be`() async throws {
    #expect(try await kind(of: "http://\(String(repeating: "a", count: 64)).example/") == "No such host")
  }

  @Test func `a line break in a field stays in the field`() async throws {
    let server = try TestServer.tcp()
    let seen = try await withClient { (client, _) async throws in
      var fields = HTTPFields()
      fields[.init("X-One")!] = "a\r\nX-Two: b"
      return try Seen(await client.send(OutboundRequest(server.url, headerFields: fields)))
    }
    #expect(seen["X-Two"] == nil && seen["X-One"] != nil)
  }
}
