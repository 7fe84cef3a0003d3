import HTTPServer
import HTTPTypes
import Reactor
import Synchronization
import Testing

@Suite struct StreamingTests {
  private final class Progress: Sendable {
    private let state = Mutex((written: 0, ended: ""))
    func add(_ count: Int) { state.withLock { $0.written += count } }
    func end(_ how: String) { state.withLock { $0.ended = how } }
    var written: Int { state.withLock { $0.written } }
    var ended: String { state.withLock { $0.ended } }
  }

  /// Writes `total` bytes in pieces of 16 KiB and says how far it came and what stopped it.
  private func pour(_ total: Int, _ progress: Progress) -> Route {
    Route(.get, "/pour") { _ in
      Response(
        headerFields: [.contentType: "application/octet-stream"],
        body: .stream { stream in
          do {
            while progress.written < total {
              try await stream.write([UInt8](repeating: 0x61, count: 16_384))
              progress.add(16_384)
            }
            progress.end("whole")
          } catch {
            progress.end("\(error)")
            throw error
          }
        })
    }
  }

  private func becomes(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<1000 where !condition() { try await EventLoop.current.sleep(for: .milliseconds(10)) }
    return condition()
  }

  /// Three events; between them it waits until `mayGoOn`.
  private func three(_ mayGoOn: @escaping @Sendable () -> Bool = { true }) -> Route {
    Route(.get, "/three") { _ in
      Response(
        headerFields: [.contentType: "text/event-stream"],
        body: .stream { stream in
          for number in 1...3 {
            try await stream.write(Array("data: \(number)\n\n".utf8))
            repeat { try await EventLoop.current.sleep(for: .milliseconds(5)) } while !mayGoOn()
          }
        })
    }
  }

  @Test func aStreamIsSentInChunksAsItIsMade() async throws {
    let isFirstSeen = Progress()
    try await RunningServer.run([three { isFirstSeen.written > 0 }]) { server in
      let wire = try server.connect()
      try await wire.send(get("/three"))
      let first = try await wire.until("9\r\ndata: 1\n\n\r\n")
      #expect(first.hasSuffix("9\r\ndata: 1\n\n\r\n"))
      isFirstSeen.add(1)
      let answer = try await wire.answer()
      #expect(answer["Transfer-Encoding"] == "chunked")
      #expect(answer["Content-Length"] == nil)
      #expect(answer.body == "data: 1\n\ndata: 2\n\ndata: 3\n\n")
      try await wire.send(get("/three") + get("/three"))
      let second = try await wire.answer()
      let third = try await wire.answer()
      #expect(second.body == answer.body && third.body == answer.body)
    }
  }

  @Test func http10GetsAStreamThatEndsWithTheConnection() async throws {
    try await RunningServer.run([three()]) { server in
      let wire = try server.connect()
      try await wire.send("GET /three HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let text = try await wire.untilClosed()
      #expect(text.hasSuffix("\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n"))
      #expect(!text.contains("chunked"))
      #expect(text.contains("Connection: close\r\n"))
    }
  }

  @Test func headOfAStreamHasItsHeadOnly() async throws {
    try await RunningServer.run([three()]) { server in
      let wire = try server.connect()
      try await wire.send(get("/three", method: "HEAD") + get("/three"))
      let head = try await wire.answer(toHead: true)
      #expect(head["Transfer-Encoding"] == "chunked")
      let answer = try await wire.answer()
      #expect(answer.body.hasSuffix("data: 3\n\n"))
    }
  }

  @Test func aProducerWaitsForItsClient() async throws {
    let progress = Progress()
    let total = 64 << 20
    try await RunningServer.run([pour(total, progress)]) { server in
      let wire = try server.connect()
      wire.isReading = false
      try await wire.send(get("/pour", "Connection: close\r\n"))
      var seen = -1
      while progress.written == 0 || progress.written != seen {
        seen = progress.written
        try await EventLoop.current.sleep(for: .milliseconds(200))
      }
      // What the kernel buffers on both sides, and no more.
      #expect(seen < 16 << 20)
      #expect(progress.ended == "")
      wire.isReading = true
      _ = try await wire.wait("end", for: .seconds(60)) { $0.isEnded }
      #expect(wire.count > total)
      #expect(wire.received.suffix(7) == Array("\r\n0\r\n\r\n".utf8)[...])
      #expect(progress.ended == "whole")
    }
  }

  @Test func aProducerEndsWhenItsClientGoes() async throws {
    let progress = Progress()
    try await RunningServer.run([pour(.max, progress)]) { server in
      let wire = try server.connect()
      try await wire.send(get("/pour"))
      try await wire.wait("some") { $0.count > 100_000 }
      wire.close()
      let ended = try await becomes { progress.ended != "" }
      #expect(ended)
      #expect(progress.ended != "whole")
      let gone = try await server.becomes { $0.open == 0 }
      #expect(gone)
    }
  }

  @Test func aSilentStreamEndsWhenItsReaderHasFinished() async throws {
    let ended = Mutex(false)
    let silent = Route(.get, "/") { _ in
      Response(
        body: .stream { _ in
          defer { ended.withLock { $0 = true } }
          try await EventLoop.current.sleep(for: .seconds(60))
        })
    }
    try await RunningServer.run([silent]) { server in
      let wire = try server.connect()
      try await wire.send(get("/"))
      _ = try await wire.until("\r\n\r\n")
      wire.finishSending()
      let isEnded = try await becomes { ended.withLock { $0 } }
      #expect(isEnded)
    }
  }

  @Test func whoThrowsLeavesTheBodyUnfinished() async throws {
    struct Broken: Error {}
    let route = Route(.get, "/") { _ in
      Response(
        body: .stream { stream in
          try await stream.write(Array("part".utf8))
          throw Broken()
        })
    }
    try await RunningServer.run([route]) { server in
      let wire = try server.connect()
      try await wire.send(get("/") + get("/"))
      let text = try await wire.untilClosed()
      #expect(text.hasSuffix("4\r\npart\r\n"))
      #expect(text.components(of: "HTTP/1.1") == 1)
    }
  }

  @Test func severalProducersMayWaitAtOnce() async throws {
    let route = Route(.get, "/") { _ in
      Response(
        body: .stream { stream in
          try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
              group.addTask { for _ in 0..<64 { try await stream.write([UInt8](repeating: 0x62, count: 32_768)) } }
            }
            try await group.waitForAll()
          }
        })
    }
    try await RunningServer.run([route]) { server in
      let wire = try server.connect()
      try await wire.send(get("/"))
      try await wire.wait("last chunk") { $0.received.suffix(5) == Array("0\r\n\r\n".utf8)[...] }
      #expect(wire.received.count { $0 == 0x62 } == 8 * 64 * 32_768)
    }
  }

  @Test(arguments: [HTTPResponse.Status.noContent, .notModified])
  func whatHasNoBodyStreamsNone(status: HTTPResponse.Status) async throws {
    let route = Route(.get, "/") { _ in Response(status: status, body: .stream { try await $0.write([0x61]) }) }
    try await RunningServer.run([route]) { server in
      let wire = try server.connect()
      try await wire.send(get("/", "Connection: close\r\n"))
      let text = try await wire.untilClosed()
      #expect(text.hasSuffix("Connection: close\r\n\r\n"))
      #expect(!text.contains("Transfer-Encoding"))
    }
  }

  @Test func aWriteAfterTheEndThrows() async throws {
    let kept = Mutex<ResponseStream?>(nil)
    let route = Route(.get, "/") { _ in Response(body: .stream { stream in kept.withLock { $0 = stream } }) }
    try await RunningServer.run([route]) { server in
      let answer = try await server.answer(to: get("/"))
      #expect(answer.body == "")
      // Taken out: the route would hold the stream, the stream its server, and the server the route.
      let stream = try #require(kept.withLock { $0.take() })
      await #expect(throws: ResponseStream.Closed.self) {
        try await server.loops.loops[0].perform { try await stream.write([0x61]) }
      }
    }
  }
}
