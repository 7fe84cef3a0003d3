import HTTPServer
import HTTPTypes
import Reactor
import Synchronization
import Testing

/// A handler that says it has begun and answers when it is let go.
private final class Held: Sendable {
  private let state = Mutex((isBegun: false, isReleased: false))
  var isBegun: Bool { state.withLock { $0.isBegun } }
  func release() { state.withLock { $0.isReleased = true } }

  var route: Route {
    Route(.get, "/held") { _ in
      self.state.withLock { $0.isBegun = true }
      while !self.state.withLock({ $0.isReleased }) { try await EventLoop.current.sleep(for: .milliseconds(2)) }
      return .text("held")
    }
  }
}

@Suite struct StoppingTests {
  @Test func whatRunsFinishesWhatIsIdleClosesAndNobodyIsLetIn() async throws {
    let held = Held()
    try await RunningServer.run(RunningServer.routes + [held.route]) { server in
      let idle = try server.connect()
      try await idle.send(get("/"))
      _ = try await idle.answer()
      let busy = try server.connect()
      try await busy.send(get("/held") + get("/"))
      let begun = try await server.becomes { _ in held.isBegun }
      #expect(begun)

      let stopping = Task { await server.server.stop(grace: .seconds(10)) }
      #expect(try await idle.untilClosed() == "")
      let late = try? server.connect()
      held.release()
      let answer = try await busy.answer()
      #expect(answer.body == "held")
      #expect(answer["Connection"] == "close")
      #expect(try await busy.untilClosed() == "")
      busy.close()
      await stopping.value
      if let late {
        try await late.wait("refusal") { $0.isEnded }
        #expect(late.text == "")
      }
      #expect(await server.server.statistics().open == 0)
    }
  }

  @Test func whatRunsLongerThanTheGraceIsCut() async throws {
    let held = Held()
    try await RunningServer.run([held.route]) { server in
      let wire = try server.connect()
      try await wire.send(get("/held"))
      let begun = try await server.becomes { _ in held.isBegun }
      #expect(begun)
      let start = ContinuousClock.now
      await server.server.stop(grace: .milliseconds(100))
      let time = ContinuousClock.now - start
      #expect(time >= .milliseconds(100) && time < .seconds(5))
      #expect(try await wire.untilClosed() == "")
    }
  }

  @Test func streamsEndAtOnce() async throws {
    let route = Route(.get, "/") { _ in
      Response(
        body: .stream { stream in
          try await stream.write(Array("first".utf8))
          try? await EventLoop.current.sleep(for: .seconds(60))
        })
    }
    try await RunningServer.run([route]) { server in
      let wire = try server.connect()
      try await wire.send(get("/"))
      _ = try await wire.until("first")
      let start = ContinuousClock.now
      async let stopped: Void = server.server.stop(grace: .seconds(30))
      let text = try await wire.untilClosed()
      #expect(text.hasSuffix("first\r\n0\r\n\r\n"))
      wire.close()
      await stopped
      #expect(ContinuousClock.now - start < .seconds(10))
    }
  }

  @Test func stoppingTwiceIsStoppingOnce() async throws {
    let held = Held()
    try await RunningServer.run([held.route]) { server in
      let wire = try server.connect()
      try await wire.send(get("/held"))
      let begun = try await server.becomes { _ in held.isBegun }
      #expect(begun)
      async let first: Void = server.server.stop(grace: .seconds(5))
      async let second: Void = server.server.stop(grace: .seconds(5))
      held.release()
      #expect(try await wire.answer().body == "held")
      wire.close()
      await first
      await second
    }
  }

  @Test func anAddressInUseIsSaidSo() async throws {
    for count in 1...2 {
      try await RunningServer.run(loops: count) { server in
        let loops = LoopGroup(count: count)
        loops.start()
        defer { loops.stop() }
        let other = Server(Router([]), loops: loops)
        let failure = await #expect(throws: SocketFailure.self) { try await other.listen(at: server.address) }
        #expect(failure?.description == "listen at \(server.address): Address already in use")
      }
    }
  }
}

@Suite struct ListenerTests {
  @Test func connectionsAreSpreadOverTheLoops() async throws {
    let path = "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock"
    let where_ = Route(.get, "/") { _ in .text("\(EventLoop.current.index)") }
    try await RunningServer.run([where_], loops: 3, at: .unix(path: path)) { server in
      var loops: [String] = []
      for _ in 0..<6 { loops.append(try await server.answer(to: get("/")).body) }
      #expect(loops == ["0", "1", "2", "0", "1", "2"])
    }
    // The socket's file goes with it.
    await #expect(throws: SocketFailure.self) { try await RunningServer.run { _ in _ = try Wire(to: .unix(path: path)) } }
  }

  @Test func everyLoopListens() async throws {
    let where_ = Route(.get, "/") { _ in .text("\(EventLoop.current.index)") }
    try await RunningServer.run([where_], loops: 2) { server in
      var seen: Set<String> = []
      for _ in 0..<200 where seen.count < 2 { seen.insert(try await server.answer(to: get("/")).body) }
      #expect(seen == ["0", "1"])
    }
  }

  @Test func ipv6IsServed() async throws {
    let address = try #require(SocketAddress(address: "::1", port: 0))
    try await RunningServer.run([Route(.get, "/") { .text($0.peer.host) }], at: address) { server in
      let answer = try await server.answer(to: get("/"))
      #expect(answer.body == "::1")
    }
  }

  @Test func acceptingPausesAtTheLimitAndGoesOnBelowIt() async throws {
    try await RunningServer.run(limits: { $0.connections = 3 }) { server in
      var wires: [Wire] = []
      for _ in 0..<5 {
        let wire = try server.connect()
        try await wire.send(get("/"))
        wires.append(wire)
      }
      for wire in wires[..<3] { #expect(try await wire.answer().status == 200) }
      try await EventLoop.current.sleep(for: .milliseconds(100))
      #expect(wires[3].received.isEmpty && wires[4].received.isEmpty)
      #expect(await server.server.statistics().open == 3)
      wires[0].close()
      #expect(try await wires[3].answer().status == 200)
      wires[1].close()
      #expect(try await wires[4].answer().status == 200)
    }
  }
}
