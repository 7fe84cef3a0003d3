import HTTPServer
import HTTPTypes
import Reactor
import Testing

/// quality.md's list: what is no request is answered once, with the status that fits, and the connection closes.
@Suite struct RefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    let bytes: [UInt8]
    var testDescription: String { name }
    init(_ name: String, _ status: Int, _ text: String) { self.init(name, status, Array(text.utf8)) }
    init(_ name: String, _ status: Int, _ bytes: [UInt8]) {
      self.name = name
      self.status = status
      self.bytes = bytes
    }
  }

  private static func field(_ line: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n" }
  private static func post(_ fields: String, _ body: String = "") -> String { "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)" }
  private static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body) }
  private static let end = "\r\nHost: a\r\n\r\n"

  static let requestLines = [
    Case("nothing of HTTP", 400, "hello\r\n\r\n"),
    Case("no target", 400, "GET HTTP/1.1" + end),
    Case("no version", 400, "GET /" + end),
    Case("HTTP/0.9", 400, "GET /\r\n\r\n"),
    Case("two spaces after the method", 400, "GET  / HTTP/1.1" + end),
    Case("two spaces before the version", 400, "GET /  HTTP/1.1" + end),
    Case("a tab for a space", 400, "GET\t/ HTTP/1.1" + end),
    Case("a space at the start", 400, " GET / HTTP/1.1" + end),
    Case("a space at the end", 400, "GET / HTTP/1.1 " + end),
    Case("a space in the target", 400, "GET /a b HTTP/1.1" + end),
    Case("two empty lines before", 400, "\r\n\r\nGET / HTTP/1.1" + end),
    Case("a method that is no token", 400, "G(T / HTTP/1.1" + end),
    Case("an empty method", 400, " / HTTP/1.1" + end),
    Case("a lower-case protocol", 400, "GET / http/1.1" + end),
    Case("a version of one digit", 400, "GET / HTTP/1" + end),
    Case("a version of three digits", 400, "GET / HTTP/1.10" + end),
    Case("a version with a comma", 400, "GET / HTTP/1,1" + end),
    Case("another protocol", 400, "GET / SIP/2.0" + end),
    Case("a greeting of TLS", 400, [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]),
    Case("a fragment", 400, "GET /#here HTTP/1.1" + end),
    Case("a target that is no path", 400, "GET index.html HTTP/1.1" + end),
    Case("a star for GET", 400, "GET * HTTP/1.1" + end),
    Case("another scheme", 400, "GET ftp://a/ HTTP/1.1" + end),
    Case("an empty authority", 400, "GET http:/// HTTP/1.1" + end),
    Case("a user in the authority", 400, "GET http://user@a/ HTTP/1.1" + end),
    Case("half a percent sign", 400, "GET /%4 HTTP/1.1" + end),
    Case("a percent sign before no digits", 400, "GET /%zz HTTP/1.1" + end),
    Case("an encoded NUL", 400, "GET /%00 HTTP/1.1" + end),
    Case("a quote", 400, "GET /\"a\" HTTP/1.1" + end),
    Case("bytes above ASCII", 400, "GET /\u{E9} HTTP/1.1" + end),
    Case("a NUL in the target", 400, "GET /\u{0} HTTP/1.1" + end),
    Case("a DEL in the target", 400, "GET /\u{7F} HTTP/1.1" + end),
    Case("a bare line feed after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    Case("a bare carriage return in the request line", 400, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    Case("HTTP/2 with prior knowledge", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Case("HTTP/2.0", 505, "GET / HTTP/2.0" + end),
    Case("HTTP/1.2", 505, "GET / HTTP/1.2" + end),
    Case("HTTP/0.9 by name", 505, "GET / HTTP/0.9" + end),
    Case("an unknown method", 501, "BREW / HTTP/1.1" + end),
    Case("a method in lower case", 501, "get / HTTP/1.1" + end),
    Case("CONNECT", 501, "CONNECT a:80 HTTP/1.1" + end),
    Case("a long target", 414, "GET /" + String(repeating: "a", count: 8192) + " HTTP/1.1" + end),
    Case("an endless target", 414, "GET /" + String(repeating: "a", count: 20_000)),
  ]

  static let fields = [
    Case("a blank before the colon", 400, field("Name : value")),
    Case("a tab before the colon", 400, field("Name\t: value")),
    Case("a folded line", 400, field("Name: one\r\n two")),
    Case("a folded line by tab", 400, field("Name: one\r\n\ttwo")),
    Case("a blank before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    Case("no colon", 400, field("Name")),
    Case("no name", 400, field(": value")),
    Case("a name that is no token", 400, field("Na(me: value")),
    Case("a name above ASCII", 400, field("N\u{E4}me: value")),
    Case("a NUL in a name", 400, field("Na\u{0}me: value")),
    Case("a NUL in a value", 400, field("Name: a\u{0}b")),
    Case("a bell in a value", 400, field("Name: a\u{7}b")),
    Case("a DEL in a value", 400, field("Name: a\u{7F}b")),
    Case("a bare carriage return in a value", 400, field("Name: a\rb")),
    Case("a carriage return before the line end", 400, field("Name: a\r")),
    Case("a bare line feed after a field", 400, "GET / HTTP/1.1\r\nHost: a\nName: b\r\n\r\n"),
    Case("a bare line feed as the empty line", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    Case("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    Case("two Hosts", 400, field("Host: a")),
    Case("two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    Case("an empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    Case("a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Case("a Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    Case("a list of Hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    Case("a Host with a blank", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    Case("a Host with a bad port", 400, "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n"),
    Case("a Host with a port too large", 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    Case("a Host that is no IPv6 address", 400, "GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"),
    Case("another expectation", 417, field("Expect: miracles")),
    Case("a large head", 431, field("Name: " + String(repeating: "a", count: 16_400))),
    Case("many fields", 431, field((0..<101).map { "N\($0): x" }.joined(separator: "\r\n"))),
    Case("an endless head", 431, "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "N: x\r\n", count: 5000)),
  ]

  static let bodies = [
    Case("a length that is no number", 400, post("Content-Length: x")),
    Case("an empty length", 400, post("Content-Length:")),
    Case("a signed length", 400, post("Content-Length: +3", "abc")),
    Case("a negative length", 400, post("Content-Length: -1")),
    Case("a hexadecimal length", 400, post("Content-Length: 0x3", "abc")),
    Case("a length with a blank", 400, post("Content-Length: 1 1", "abc")),
    Case("a length with a fraction", 400, post("Content-Length: 3.0", "abc")),
    Case("a list of lengths", 400, post("Content-Length: 3, 3", "abc")),
    Case("two lengths", 400, post("Content-Length: 3\r\nContent-Length: 4", "abcd")),
    Case("the same length twice", 400, post("Content-Length: 3\r\nContent-Length: 3", "abc")),
    Case("length and coding", 400, post("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    Case("coding and length", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 3", "0\r\n\r\n")),
    Case("a coding in HTTP/1.0", 400, "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Case("a coding that is not chunked", 400, post("Transfer-Encoding: identity", "abc")),
    Case("chunked is not the last", 400, post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n")),
    Case("chunked twice", 400, post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
    Case("two codings in two fields", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    Case("an empty coding", 400, post("Transfer-Encoding:", "0\r\n\r\n")),
    Case("almost chunked", 400, post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
    Case("chunked with a control byte", 400, post("Transfer-Encoding: \u{B}chunked", "0\r\n\r\n")),
    Case("chunked with a parameter", 400, post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n")),
    Case("an unknown coding before chunked", 501, post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
    Case("a chunk size that is no number", 400, chunked("x\r\nabc\r\n0\r\n\r\n")),
    Case("an empty chunk size", 400, chunked("\r\nabc\r\n0\r\n\r\n")),
    Case("a signed chunk size", 400, chunked("+3\r\nabc\r\n0\r\n\r\n")),
    Case("a prefixed chunk size", 400, chunked("0x3\r\nabc\r\n0\r\n\r\n")),
    Case("a blank before the chunk size", 400, chunked(" 3\r\nabc\r\n0\r\n\r\n")),
    Case("a blank after the chunk size", 400, chunked("3 \r\nabc\r\n0\r\n\r\n")),
    Case("a chunk size that overflows", 400, chunked("fffffffffffffffff\r\nabc")),
    Case("a chunk size with a bare line feed", 400, chunked("3\nabc\r\n0\r\n\r\n")),
    Case("a chunk size with a bare carriage return", 400, chunked("3\rabc\r\n0\r\n\r\n")),
    Case("a chunk longer than its size", 400, chunked("3\r\nabcd\r\n0\r\n\r\n")),
    Case("a chunk without a line end", 400, chunked("3\r\nabc0\r\n\r\n")),
    Case("a chunk with a bare line feed", 400, chunked("3\r\nabc\n0\r\n\r\n")),
    Case("a long chunk extension", 400, chunked("3;" + String(repeating: "a", count: 300) + "\r\nabc\r\n0\r\n\r\n")),
    Case("a chunk extension with a bare line feed", 400, chunked("3;a\nabc\r\n0\r\n\r\n")),
    Case("a chunk extension with a NUL", 400, chunked("3;a\u{0}\r\nabc\r\n0\r\n\r\n")),
    Case("a trailer without a name", 400, chunked("0\r\n: x\r\n\r\n")),
    Case("a trailer without a colon", 400, chunked("0\r\nx\r\n\r\n")),
    Case("a trailer with a blank before its colon", 400, chunked("0\r\nx : y\r\n\r\n")),
    Case("a trailer with a bare line feed", 400, chunked("0\r\nx: y\n\r\n")),
    Case("large trailers", 431, chunked("0\r\n" + String(repeating: "Name: value\r\n", count: 1000) + "\r\n")),
    Case("a large length", 413, post("Content-Length: 1048577")),
    Case("a length no number holds", 413, post("Content-Length: 18446744073709551616")),
    Case("a large chunk", 413, chunked("100001\r\n")),
  ]

  @Test(arguments: requestLines + fields + bodies)
  func isRefusedAndTheConnectionCloses(_ refused: Case) async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(refused.bytes + Array(get("/").utf8))
      let answer = try await wire.answer()
      #expect(answer.status == refused.status, "\(answer.body)")
      #expect(answer["Connection"] == "close")
      #expect(answer["Content-Length"].flatMap { Int($0) } == answer.body.utf8.count)
      #expect(try await wire.untilClosed() == "", "a second answer")
      #expect(!wire.isReset)
      let statistics = await server.server.statistics()
      #expect(statistics.refused == 1)
      #expect(statistics.answered == 0)
    }
  }

  @Test(arguments: requestLines + fields + bodies)
  func isRefusedTheSameAfterAGoodRequestAndInSmallPieces(_ refused: Case) async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      let bytes = Array(get("/").utf8) + refused.bytes
      let size = max(3, bytes.count / 20)
      for start in stride(from: 0, to: bytes.count, by: size) {
        try await wire.send(Array(bytes[start..<min(start + size, bytes.count)]))
        try await EventLoop.current.sleep(for: .milliseconds(1))
      }
      wire.finishSending()
      let first = try await wire.answer()
      #expect(first.body == "hello")
      let second = try await wire.answer()
      #expect(second.status == refused.status, "\(second.body)")
      #expect(try await wire.untilClosed() == "")
    }
  }

  @Test(arguments: [
    "Host: a", "Host: a.b-c.example:8080", "Host: a:", "Host: 127.0.0.1:80", "Host: [::1]", "Host: [2001:db8::1]:65535",
    "Host: \ta ", "Host: a\r\nX-Empty:", "Host: a\r\nX: a\tb \u{E9}", "host:a\r\n!#$%&'*+-.^_`|~: x",
    "Host: a\r\nConnection:\r\nContent-Length: 0",
  ])
  func isNotRefused(fields: String) async throws {
    try await RunningServer.run { server in
      let answer = try await server.answer(to: "GET / HTTP/1.1\r\n\(fields)\r\n\r\n")
      #expect(answer.status == 200, "\(answer.body)")
    }
  }

  @Test func targetAndHeadMayBeAsLongAsTheLimits() async throws {
    let route = Route(.get, "/{rest}") { request in .text("\(request.path.utf8.count)") }
    try await RunningServer.run([route]) { server in
      let target = "/" + String(repeating: "a", count: 8191)
      let atTarget = try await server.answer(to: get(target))
      #expect(atTarget.body == "8192")
      let room = 16 * 1024 - get("/a", "N: \r\n").utf8.count
      let atHead = try await server.answer(to: get("/a", "N: \(String(repeating: "x", count: room))\r\n"))
      #expect(atHead.status == 200)
      let over = try await server.answer(to: get("/a", "N: \(String(repeating: "x", count: room + 1))\r\n"))
      #expect(over.status == 431)
    }
  }

  @Test func theAnswerToARefusalIsTheUsersOwn() async throws {
    let loops = LoopGroup(count: 1)
    loops.start()
    defer { loops.stop() }
    var configuration = Server.Configuration()
    configuration.onRefusal = { refusal, peer in
      Response(status: refusal.status, headerFields: [.retryAfter: "7"], body: .bytes(Array("\(peer.host) \(refusal)".utf8)))
    }
    let server = Server(Router([]), loops: loops, configuration: configuration)
    let address = try await server.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0))
    try await loops.loops[0].perform {
      let wire = try Wire(to: address)
      try await wire.send("GET / HTTP/3.0\r\n\r\n")
      let answer = try await wire.answer()
      #expect(answer["Retry-After"] == "7")
      #expect(answer.body == "127.0.0.1 unsupportedVersion")
    }
    await server.stop(grace: .zero)
  }
}
