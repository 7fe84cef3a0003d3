import Reactor
import Synchronization
import Testing

@Suite struct LoopTests {
  /// Runs `body` on the first of `count` loops that end with it.
  private func onLoop(_ count: Int = 1, _ body: (LoopGroup) async throws -> Void) async throws {
    let group = LoopGroup(count: count)
    group.start()
    defer { group.stop() }
    try await group.loops[0].perform { try await body(group) }
  }

  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  // MARK: - Where jobs run

  @Test func jobsAndTheirChildrenStayOnTheLoop() async throws {
    try await onLoop(2) { group in
      let loop = group.loops[0]
      func check() async -> Bool {
        await Task.yield()
        return loop.isCurrent
      }
      async let child = check()
      let inGroup = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<100 { group.addTask { await check() } }
        return await group.reduce(true) { $0 && $1 }
      }
      #expect(await child)
      #expect(inGroup)
      for _ in 0..<100 { #expect(await check()) }
      #expect(EventLoop.current === loop)
    }
  }

  @Test func aStartedTaskBeginsAtOnceAndStays() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let log = Log()
      let task = loop.start {
        log.add("begun \(loop.isCurrent)")
        await Task.yield()
        log.add("resumed \(loop.isCurrent)")
      }
      log.add("after start")
      await task.value
      #expect(log.all == ["begun true", "after start", "resumed true"])
    }
  }

  @Test func performComesBackWithValuesAndErrors() async throws {
    struct Wrong: Error {}
    try await onLoop(2) { group in
      let there = await group.loops[1].perform { EventLoop.current.index }
      #expect(there == 1)
      #expect(group.loops[0].isCurrent)
      await #expect(throws: Wrong.self) { try await group.loops[1].perform { throw Wrong() } }
      #expect(group.loops[0].isCurrent)
    }
  }

  @Test func otherThreadsWakeASleepingLoop() async throws {
    let group = LoopGroup(count: 2)
    group.start()
    defer { group.stop() }
    // Nothing but the wake-up can end `epoll_wait` here.
    let rounds = Atomic(0)
    for _ in 0..<1000 {
      await withCheckedContinuation { continuation in
        group.loops[0].submit {
          group.loops[1].submit {
            rounds.add(1, ordering: .relaxed)
            continuation.resume()
          }
        }
      }
    }
    #expect(rounds.load(ordering: .relaxed) == 1000)
  }

  @Test func whatIsSubmittedKeepsItsOrder() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let log = Log()
      await withCheckedContinuation { continuation in
        for number in 0..<100 { loop.submit { log.add("\(number)") } }
        loop.submit { continuation.resume() }
      }
      #expect(log.all == (0..<100).map { "\($0)" })
    }
  }

  @Test func busyTasksDoNotKeepTimersWaiting() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let done = Mutex(false)
      loop.after(.milliseconds(20)) { done.withLock { $0 = true } }
      var yields = 0
      while !done.withLock({ $0 }), yields < 100_000_000 {
        await Task.yield()
        yields += 1
      }
      #expect(done.withLock { $0 })
    }
  }

  @Test func eachLoopHasItsOwnValue() async throws {
    final class Counter { var count = 0 }
    try await onLoop(3) { group in
      let counters = PerLoop(loops: 3) { _ in Counter() }
      for _ in 0..<5 { try await group.onEach { _ in counters.here.count += 1 } }
      let seen = Mutex<[Int]>([])
      try await group.onEach { loop in
        let count = counters.here.count
        seen.withLock { $0.append(loop.index * 10 + count) }
      }
      #expect(seen.withLock { $0.sorted() } == [5, 15, 25])
    }
  }

  // MARK: - Turns

  @Test func theEndOfTheTurnComesOnceAfterAllThatIsReady() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let log = Log()
      await withCheckedContinuation { continuation in
        loop.after(.zero) {
          log.add("timer")
          loop.atEndOfTurn {
            log.add("end")
            loop.atEndOfTurn {
              log.add("next end")
              continuation.resume()
            }
          }
          loop.start {
            await Task.yield()
            log.add("job")
            await Task.yield()
            log.add("job again")
          }
        }
      }
      #expect(log.all == ["timer", "job", "job again", "end", "next end"])
    }
  }

  @Test func everythingWrittenInOneTurnLeavesInOneWrite() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      // The receiver is watched on the same loop: were there two writes in two turns, it would be told twice.
      let path = "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock"
      let listener = try Socket.listen(at: .unix(path: path))
      let sender = try Socket.connect(to: .unix(path: path))
      guard case .accepted(let receiver, _) = listener.accept() else { throw SleepTests.Unexpected() }
      var pending: [UInt8] = []
      var flushes = 0
      func write(_ text: String) {
        if pending.isEmpty {
          loop.atEndOfTurn {
            flushes += 1
            #expect(sender.write(pending) == .bytes(pending.count))
            pending = []
          }
        }
        pending += Array(text.utf8)
      }
      var reads: [String] = []
      loop.watch(receiver.descriptor, .read) { _ in
        var buffer = [UInt8](repeating: 0, count: 1024)
        if case .bytes(let count) = receiver.read(into: &buffer) { reads.append(String(decoding: buffer[..<count], as: UTF8.self)) }
      }
      loop.start {
        write("a")
        await Task.yield()
        write("b")
      }
      loop.start {
        write("c")
        await Task.yield()
        await Task.yield()
        write("d")
      }
      while reads.isEmpty { try await loop.sleep(for: .milliseconds(1)) }
      try await loop.sleep(for: .milliseconds(5))
      #expect(reads == ["acbd"])
      #expect(flushes == 1)
      loop.unwatch(receiver.descriptor)
    }
  }

  // MARK: - Timers

  @Test func timersFireInTheOrderOfTheirTimes() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let log = Log()
      await withCheckedContinuation { continuation in
        loop.after(.milliseconds(30)) { log.add("30") }
        loop.after(.milliseconds(10)) { log.add("10") }
        loop.after(.milliseconds(20)) { log.add("20") }
        loop.after(.milliseconds(-5)) { log.add("past") }
        loop.after(.milliseconds(40)) { continuation.resume() }
      }
      #expect(log.all == ["past", "10", "20", "30"])
    }
  }

  @Test func timersOfOneTimeFireInTheOrderTheyWereMade() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let log = Log()
      await withCheckedContinuation { continuation in
        for number in 0..<50 { loop.after(.milliseconds(5)) { log.add("\(number)") } }
        loop.after(.milliseconds(20)) { continuation.resume() }
      }
      #expect(log.all == (0..<50).map { "\($0)" })
    }
  }

  @Test func aTimerCanCancelOthersAndItself() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      let log = Log()
      await withCheckedContinuation { continuation in
        let victim = loop.after(.milliseconds(5)) { log.add("victim") }
        var own: EventLoop.TimerID?
        own = loop.after(.zero) {
          log.add("canceller")
          loop.cancel(victim)
          if let own { loop.cancel(own) }
          loop.cancel(victim)
        }
        loop.after(.milliseconds(15)) { continuation.resume() }
      }
      #expect(log.all == ["canceller"])
    }
  }

  @Test func aTimerIsNeverEarlyAndHardlyLate() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      for milliseconds in [0, 1, 7, 20] {
        let start = EventLoop.now
        try await loop.sleep(for: .milliseconds(milliseconds))
        let late = Int(EventLoop.now - start) - milliseconds * 1_000_000
        #expect(late >= 0)
        #expect(late < 1_000_000_000)
      }
    }
  }

  @Test func aHundredThousandCancelledTimersLeaveNothing() async throws {
    try await onLoop { group in
      let loop = group.loops[0]
      final class Witness {}
      weak var witness: Witness?
      do {
        let strong = Witness()
        witness = strong
        for _ in 0..<100_000 { loop.cancel(loop.after(.seconds(3600)) { withExtendedLifetime(strong) {} }) }
      }
      #expect(witness == nil)
    }
  }
}
