import HTTPServer
import HTTPTypes
import Reactor
import Testing

@Suite struct BodyTests {
  private static func chunked(_ body: String) -> String { "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)" }
  private static func sized(_ body: String) -> String {
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test(arguments: [
    (sized(""), ""),
    (sized("x"), "x"),
    (sized("a\r\n\r\nb"), "a\r\n\r\nb"),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0003\r\n\r\nabc", "abc"),
    ("POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", ""),
    (chunked("0\r\n\r\n"), ""),
    (chunked("3\r\nabc\r\n0\r\n\r\n"), "abc"),
    (chunked("3\r\nabc\r\nA\r\n0123456789\r\n1\r\n!\r\n0\r\n\r\n"), "abc0123456789!"),
    (chunked("00003\r\nabc\r\n000\r\n\r\n"), "abc"),
    (chunked("a\r\n0123456789\r\n0\r\n\r\n"), "0123456789"),
    (chunked("3;name\r\nabc\r\n0;last=1\r\n\r\n"), "abc"),
    (chunked("3;a=b;c=\"d e\"\r\nabc\r\n0\r\n\r\n"), "abc"),
    (chunked("3 ; a=b\r\nabc\r\n0\r\n\r\n"), "abc"),
    (chunked("3\r\nabc\r\n0\r\nChecksum: 1\r\nOther: 2\r\n\r\n"), "abc"),
    ("POST /echo HTTP/1.1\r\nHost: a\r\ntransfer-encoding:  Chunked \r\n\r\n1\r\nz\r\n0\r\n\r\n", "z"),
  ])
  func aBodyIsRead(request: String, expected: String) async throws {
    try await RunningServer.run { server in
      let whole = try server.connect()
      try await whole.send(request + get("/"))
      let answer = try await whole.answer()
      #expect(answer.status == 200)
      #expect(answer.body == expected)
      #expect(try await whole.answer().body == "hello")

      let inPieces = try server.connect()
      try await inPieces.sendByteByByte(request + get("/"))
      #expect(try await inPieces.answer().body == expected)
      #expect(try await inPieces.answer().body == "hello")
    }
  }

  @Test func aMegabyteComesBack() async throws {
    let body = String(repeating: "0123456789abcdef", count: 65_536)
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(Self.sized(body))
      #expect(try await wire.answer().body == body)
      try await wire.send(Self.chunked("80000\r\n\(body.prefix(0x80000))\r\n80000\r\n\(body.suffix(0x80000))\r\n0\r\n\r\n"))
      #expect(try await wire.answer().body == body)
    }
  }

  @Test func continueIsSaidOnceWhenTheBodyIsAwaited() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
      let interim = try await wire.answer()
      #expect(interim.statusLine == "HTTP/1.1 100 Continue")
      try await wire.send("abc")
      #expect(try await wire.answer().body == "abc")

      try await wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await wire.answer().status == 200)
      try await wire.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await wire.answer().status == 200)
      try await wire.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
      try await EventLoop.current.sleep(for: .milliseconds(20))
      try await wire.send("x")
      #expect(try await wire.answer().body == "x")
    }
  }

  @Test func aBodyThatIsTooLargeIsRefusedBeforeItComes() async throws {
    let small = Route(.post, "/small", bodyLimit: 10) { request in .text("\(request.body.count)") }
    let large = Route(.post, "/large", bodyLimit: 2_000_000) { request in .text("\(request.body.count)") }
    try await RunningServer.run([small, large]) { server in
      func status(_ path: String, _ fields: String, _ body: String = "") async throws -> Int {
        let wire = try server.connect()
        try await wire.send("POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)")
        return try await wire.answer().status
      }
      let fits = try await status("/small", "Content-Length: 10", "0123456789")
      let over = try await status("/small", "Content-Length: 11")
      let overExpecting = try await status("/small", "Content-Length: 11\r\nExpect: 100-continue")
      let chunksOver = try await status("/small", "Transfer-Encoding: chunked", "6\r\nabcdef\r\n5\r\n")
      let huge = try await status("/small", "Content-Length: 99999999999999999999999999")
      let hugeChunk = try await status("/small", "Transfer-Encoding: chunked", "fffffffffffffff\r\n")
      #expect([fits, over, overExpecting, chunksOver, huge, hugeChunk] == [200, 413, 413, 413, 413, 413])
      let million = try await status("/large", "Content-Length: 1500000", String(repeating: "x", count: 1_500_000))
      let nowhere = try await status("/nowhere", "Content-Length: 1500000")
      #expect([million, nowhere] == [200, 413])
    }
  }

  @Test func theRefusalArrivesWholeWhileTheBodyStillComes() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
      try await wire.send([UInt8](repeating: 0x61, count: 3_000_000))
      let answer = try await wire.answer()
      #expect(answer.status == 413)
      #expect(try await wire.untilClosed() == "")
      #expect(!wire.isReset)
    }
  }
}
