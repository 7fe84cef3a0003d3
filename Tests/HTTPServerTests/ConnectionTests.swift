import HTTPServer
import HTTPTypes
import Reactor
import Synchronization
import Testing

@Suite struct ConnectionTests {
  @Test func aConnectionServesManyRequests() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      for number in 0..<50 {
        try await wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\(number + 10)")
        let answer = try await wire.answer()
        #expect(answer.statusLine == "HTTP/1.1 200 OK")
        #expect(answer.body == "\(number + 10)")
        #expect(answer["Connection"] == nil)
      }
      let statistics = await server.server.statistics()
      #expect(statistics.accepted == 1)
      #expect(statistics.answered == 50)
    }
  }

  @Test func theWholeAnswerIsAsExpected() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(get("/", "Connection: close\r\n"))
      var lines = try await wire.untilClosed().split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
      let date = lines.remove(at: 2)
      #expect(
        lines == ["HTTP/1.1 200 OK", "Content-Type: text/plain; charset=utf-8", "Content-Length: 5", "Connection: close", "", "hello"])
      #expect(date.wholeMatch(of: /Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT/) != nil)
    }
  }

  @Test(arguments: ["close", "Close", "keep-alive, close", "foo,close , bar", "close\r\nConnection: keep-alive"])
  func closeIsKept(option: String) async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(get("/", "Connection: \(option)\r\n") + get("/"))
      let text = try await wire.untilClosed()
      #expect(text.components(of: "HTTP/1.1 200") == 1)
      #expect(text.contains("Connection: close\r\n"))
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrderSlowAndFastMixed() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(["/slow/60", "/", "/slow/1", "/slow/0", "/nothing", "/", "/slow/20", "/"].map { get($0) }.joined())
      var bodies: [String] = []
      for _ in 0..<8 { bodies.append(try await wire.answer().body) }
      #expect(bodies == ["slow 60", "hello", "slow 1", "slow 0", "Nothing is here.\n", "hello", "slow 20", "hello"])
    }
  }

  @Test func pipelinedBodiesDoNotRunIntoTheNextRequest() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      let one = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /"
      let two = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      try await wire.send(one + two + one + get("/"))
      var bodies: [String] = []
      for _ in 0..<4 { bodies.append(try await wire.answer().body) }
      #expect(bodies == ["GET /", "abc", "GET /", "hello"])
    }
  }

  @Test func whatOneTurnAnswersLeavesInOneWrite() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(get("/") + get("/slow/20") + String(repeating: get("/"), count: 20))
      for _ in 0..<22 { _ = try await wire.answer() }
      let statistics = await server.server.statistics()
      #expect(statistics.answered == 22)
      // The first answer in the turn of the read, the others in that of the timer.
      #expect(statistics.writes == 2)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 7, 11, 64])
  func aRequestMayComeInPieces(size: Int) async throws {
    let request = get("/") + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd" + get("/slow/0")
    try await RunningServer.run { server in
      let wire = try server.connect()
      let bytes = Array(request.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        try await wire.send(Array(bytes[start..<min(start + size, bytes.count)]))
        try await EventLoop.current.sleep(for: .milliseconds(1))
      }
      var bodies: [String] = []
      for _ in 0..<3 { bodies.append(try await wire.answer().body) }
      #expect(bodies == ["hello", "abcd", "slow 0"])
    }
  }

  @Test func oneEmptyLineBeforeARequestIsSkipped() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.sendByteByByte("\r\n" + get("/"))
      let first = try await wire.answer()
      #expect(first.body == "hello")
      try await wire.send("\r\n" + get("/"))
      let second = try await wire.answer()
      #expect(second.body == "hello")
    }
  }

  @Test func aHalfClosedClientGetsAllItsAnswers() async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(get("/") + get("/slow/30") + get("/"))
      wire.finishSending()
      let text = try await wire.untilClosed()
      #expect(text.components(of: "HTTP/1.1 200") == 3)
      #expect(text.contains("slow 30"))
      #expect(!wire.isReset)
    }
  }

  @Test(arguments: ["", "GET / HTT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"])
  func anUnfinishedRequestEndsWithItsSender(rest: String) async throws {
    try await RunningServer.run { server in
      let wire = try server.connect()
      try await wire.send(get("/") + rest)
      wire.finishSending()
      let text = try await wire.untilClosed()
      #expect(text.components(of: "HTTP/1.1") == 1)
      let none = try await server.becomes { $0.open == 0 }
      #expect(none)
    }
  }

  @Test func http10ClosesUnlessAskedToStay() async throws {
    try await RunningServer.run { server in
      let closing = try server.connect()
      try await closing.send("GET / HTTP/1.0\r\n\r\n")
      let text = try await closing.untilClosed()
      #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(text.contains("Connection: close\r\n"))

      let staying = try server.connect()
      try await staying.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let answer = try await staying.answer()
      #expect(answer["Connection"] == "keep-alive")
      try await staying.send("GET / HTTP/1.0\r\n\r\n")
      #expect(try await staying.untilClosed().hasSuffix("hello"))
    }
  }

  @Test(arguments: ["http://a/slow/1", "HTTP://a:80/slow/1", "https://a.example/slow/1"])
  func theAbsoluteFormIsUnderstood(target: String) async throws {
    try await RunningServer.run { server in
      let answer = try await server.answer(to: get(target))
      #expect(answer.body == "slow 1")
    }
  }

  @Test func anAddressWithoutPathIsTheRoot() async throws {
    try await RunningServer.run { server in
      let plain = try await server.answer(to: get("http://a"))
      #expect(plain.body == "hello")
      let withQuery = try await server.answer(to: get("http://a?x=1"))
      #expect(withQuery.body == "hello")
    }
  }

  @Test func aClientThatTakesNothingHoldsBackItsOwnRequestsOnly() async throws {
    let size = 256 * 1024
    let big = Route(.get, "/big") { _ in Response(contentType: "text/plain", [UInt8](repeating: 0x61, count: size)) }
    try await RunningServer.run(RunningServer.routes + [big]) { server in
      let greedy = try server.connect()
      greedy.isReading = false
      let requests = 200
      try await greedy.send(String(repeating: get("/big"), count: requests))
      // All the kernel's buffers hold far less than fifty megabytes.
      let other = try server.connect()
      var answered = -1
      while await server.server.statistics().answered != answered {
        answered = await server.server.statistics().answered
        for _ in 0..<5 {
          try await other.send(get("/slow/5"))
          let answer = try await other.answer()
          #expect(answer.status == 200)
          answered += 1
        }
      }
      #expect(answered < requests)
      greedy.isReading = true
      try await greedy.wait("all bodies") { $0.count > requests * size }
      try await greedy.send(get("/", "Connection: close\r\n"))
      try await greedy.wait("end") { $0.isEnded }
      // There is one of this letter in an answer, in its version.
      #expect(greedy.received.count { $0 == UInt8(ascii: "H") } == requests + 1)
    }
  }

  @Test func aHandlerIsCancelledWhenItsClientIsGone() async throws {
    let cancelled = Mutex(false)
    let route = Route(.get, "/") { _ in
      do { try await EventLoop.current.sleep(for: .seconds(60)) } catch { cancelled.withLock { $0 = true } }
      return .text("too late")
    }
    try await RunningServer.run([route], at: .unix(path: "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock")) { server in
      let wire = try server.connect()
      try await wire.send(get("/"))
      let begun = try await server.becomes { $0.open == 1 }
      #expect(begun)
      wire.close()
      let ended = try await server.becomes { $0.open == 0 }
      #expect(ended)
      #expect(cancelled.withLock { $0 })
    }
  }
}

extension String {
  func components(of text: String) -> Int { ranges(of: text).count }
}
