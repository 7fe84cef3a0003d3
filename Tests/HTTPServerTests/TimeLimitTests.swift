import HTTPServer
import HTTPTypes
import Reactor
import Testing

/// Each limit with a short value; all others keep their long ones, so that only the one can have closed the connection.
@Suite(.serialized) struct TimeLimitTests {
  private func elapsed(_ body: () async throws -> Void) async throws -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return clock.now - start
  }

  @Test func anUnfinishedHeadIs408() async throws {
    try await RunningServer.run(limits: { $0.headTime = .seconds(1) }) { server in
      let wire = try server.connect()
      let time = try await elapsed {
        try await wire.send("GET / HTTP/1.1\r\nHost:")
        let answer = try await wire.answer()
        #expect(answer.status == 408)
        #expect(answer["Connection"] == "close")
        #expect(try await wire.untilClosed() == "")
      }
      #expect(time >= .milliseconds(900) && time < .seconds(5))
    }
  }

  @Test func aDrippingHeadGetsNoMoreTimeThanAStalledOne() async throws {
    try await RunningServer.run(limits: { $0.headTime = .seconds(1) }) { server in
      let wire = try server.connect()
      var sent = 0
      while !wire.isEnded, wire.received.isEmpty, sent < 10_000 {
        try await wire.send(sent == 0 ? "GET / HTTP/1.1\r\nX: " : "x")
        sent += 1
        try await EventLoop.current.sleep(for: .milliseconds(5))
      }
      let answer = try await wire.answer()
      #expect(answer.status == 408)
      #expect(sent < 1000)
    }
  }

  @Test func aConnectionWithoutARequestClosesSilently() async throws {
    try await RunningServer.run(limits: { $0.headTime = .milliseconds(100) }) { server in
      let wire = try server.connect()
      #expect(try await wire.untilClosed() == "")
      let none = try await server.becomes { $0.open == 0 && $0.refused == 0 }
      #expect(none)
    }
  }

  @Test func anIdleConnectionClosesSilentlyAndLaterThanAHeadWould() async throws {
    let short: (inout Limits) -> Void = {
      $0.headTime = .seconds(1)
      $0.idleTime = .seconds(2)
    }
    try await RunningServer.run(limits: short) { server in
      let wire = try server.connect()
      try await wire.send(get("/"))
      _ = try await wire.answer()
      let time = try await elapsed { _ = try await wire.untilClosed() }
      #expect(wire.text == "")
      #expect(time >= .milliseconds(1500) && time < .seconds(8))
    }
  }

  @Test func aStalledBodyIs408() async throws {
    try await RunningServer.run(limits: { $0.bodyStallTime = .milliseconds(100) }) { server in
      let wire = try server.connect()
      try await wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
      let answer = try await wire.answer()
      #expect(answer.status == 408)
      #expect(try await wire.untilClosed() == "")
    }
  }

  @Test func aDrippingBodyIs408WhenItsWholeTimeIsOver() async throws {
    try await RunningServer.run(limits: { $0.bodyTime = .milliseconds(300) }) { server in
      let wire = try server.connect()
      try await wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
      while !wire.isEnded, wire.received.isEmpty {
        try await wire.send("x")
        try await EventLoop.current.sleep(for: .milliseconds(5))
      }
      let answer = try await wire.answer()
      #expect(answer.status == 408)
    }
  }

  @Test func aHandlerMayTakeLongerThanAnyOfThem() async throws {
    let short: (inout Limits) -> Void = {
      $0.headTime = .seconds(1)
      $0.bodyStallTime = .milliseconds(50)
      $0.bodyTime = .milliseconds(50)
      $0.idleTime = .milliseconds(50)
      $0.writeStallTime = .milliseconds(50)
      $0.lingerTime = .milliseconds(50)
    }
    try await RunningServer.run(limits: short) { server in
      let answer = try await server.answer(to: get("/slow/1500"))
      #expect(answer.body == "slow 1500")
    }
  }

  @Test func aClientThatNeverReadsIsLetGo() async throws {
    let big = Route(.get, "/big") { _ in Response(contentType: "text/plain", [UInt8](repeating: 0x61, count: 32 << 20)) }
    try await RunningServer.run([big], limits: { $0.writeStallTime = .milliseconds(300) }) { server in
      let wire = try server.connect()
      wire.isReading = false
      try await wire.send(get("/big"))
      let answered = try await server.becomes { $0.answered == 1 }
      #expect(answered)
      let gone = try await server.becomes { $0.open == 0 }
      #expect(gone)
    }
  }

  @Test func aClientThatReadsSlowlyIsServed() async throws {
    let size = 8 << 20
    let big = Route(.get, "/big") { _ in Response(contentType: "text/plain", [UInt8](repeating: 0x61, count: size)) }
    try await RunningServer.run([big], limits: { $0.writeStallTime = .seconds(5) }) { server in
      let wire = try server.connect()
      try await wire.send(get("/big", "Connection: close\r\n"))
      var steps = 0
      while !wire.isEnded, steps < 10_000 {
        let before = wire.count
        wire.isReading = true
        try await wire.wait("more") { $0.count > before || $0.isEnded }
        wire.isReading = false
        steps += 1
        try await EventLoop.current.sleep(for: .milliseconds(10))
      }
      #expect(wire.count > size)
    }
  }

  @Test func afterTheLastAnswerTheClientIsNotAwaitedForever() async throws {
    try await RunningServer.run(limits: { $0.lingerTime = .milliseconds(100) }) { server in
      let wire = try server.connect()
      try await wire.send("nonsense\r\n\r\n")
      _ = try await wire.untilClosed()
      let gone = try await server.becomes { $0.open == 0 }
      #expect(gone)
    }
  }

  @Test func aThousandSlowlorisesDoNotDelayOthers() async throws {
    try await RunningServer.run { server in
      var slow: [Wire] = []
      for _ in 0..<1000 {
        let wire = try server.connect()
        try await wire.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
        slow.append(wire)
      }
      let held = try await server.becomes { $0.open >= 1000 }
      #expect(held)
      let wire = try server.connect()
      let time = try await elapsed {
        for round in 0..<100 {
          for other in slow[(round * 10)..<(round * 10 + 10)] { try await other.send("x") }
          try await wire.send(get("/"))
          _ = try await wire.answer()
        }
      }
      #expect(time < .seconds(5))
      try await slow[500].send("\r\n\r\n")
      #expect(try await slow[500].answer().status == 200)
    }
  }
}
