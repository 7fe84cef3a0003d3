import Reactor
import Synchronization
import Testing

/// What tasks and threads of one test share.
final class Shared<Value: Sendable>: Sendable {
  private let held: Mutex<Value>
  init(_ value: Value) { held = Mutex(value) }
  var value: Value {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }
  func change(_ body: (inout Value) -> Void) { held.withLock { body(&$0) } }
}

@Suite struct SleepTests {
  struct Unexpected: Error {}

  @Test func aSleeperCancelledFromAnotherThreadWakesAtOnce() async throws {
    let group = LoopGroup(count: 1)
    group.start()
    defer { group.stop() }
    for _ in 0..<200 {
      let asleep = Shared(false)
      let task = Task(executorPreference: group.loops[0]) {
        asleep.value = true
        try await EventLoop.current.sleep(for: .seconds(600))
      }
      while !asleep.value { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test func aCancelledTaskDoesNotFallAsleep() async throws {
    let group = LoopGroup(count: 1)
    group.start()
    defer { group.stop() }
    let task = Task(executorPreference: group.loops[0]) {
      while !Task.isCancelled { await Task.yield() }
      try await EventLoop.current.sleep(for: .seconds(600))
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aStoppingLoopWakesItsSleepers() async throws {
    let group = LoopGroup(count: 2)
    group.start()
    let asleep = Shared(0)
    let tasks = (0..<20).map { number in
      Task(executorPreference: group.loops[number % 2]) {
        asleep.change { $0 += 1 }
        try await EventLoop.current.sleep(for: .seconds(600))
      }
    }
    while asleep.value < 20 { await Task.yield() }
    group.stop()
    for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
  }
}

@Suite struct WorkerPoolTests {
  @Test func workRunsElsewhereAndComesBack() async throws {
    let group = LoopGroup(count: 1)
    let pool = WorkerPool(threads: 2)
    group.start()
    defer {
      pool.stop()
      group.stop()
    }
    try await group.loops[0].perform {
      let wasOnLoop = try await pool.run { EventLoop.currentIfAny != nil }
      #expect(!wasOnLoop)
      #expect(group.loops[0].isCurrent)
      await #expect(throws: SleepTests.Unexpected.self) { try await pool.run { throw SleepTests.Unexpected() } }
      #expect(group.loops[0].isCurrent)
    }
  }

  @Test func theLoopGoesOnWhileAWorkerBlocks() async throws {
    let group = LoopGroup(count: 1)
    let pool = WorkerPool(threads: 1)
    group.start()
    defer {
      pool.stop()
      group.stop()
    }
    let released = Shared(false)
    try await group.loops[0].perform {
      async let blocked: Void = pool.run { while !released.value {} }
      for _ in 0..<10 { try await EventLoop.current.sleep(for: .milliseconds(1)) }
      released.value = true
      try await blocked
    }
  }

  @Test func aFullQueueIsSaidSo() async throws {
    let pool = WorkerPool(threads: 1, queueLimit: 2)
    defer { pool.stop() }
    let running = Shared(false)
    let released = Shared(false)
    let first = Task {
      try await pool.run {
        running.value = true
        while !released.value {}
      }
    }
    while !running.value { await Task.yield() }
    let outcomes = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<5 { group.addTask { (try? await pool.run {}) != nil } }
      var refused = 0
      var accepted = 0
      while let outcome = await group.next() {
        if outcome { accepted += 1 } else { refused += 1 }
        if refused == 3 { released.value = true }
      }
      return [accepted, refused]
    }
    try await first.value
    #expect(outcomes == [2, 3])
  }

  @Test func stoppingFinishesWhatIsQueuedAndTakesNoMore() async throws {
    let pool = WorkerPool(threads: 2)
    let done = Shared(0)
    let tasks = (0..<50).map { _ in Task { try await pool.run { done.change { $0 += 1 } } } }
    for task in tasks { try await task.value }
    pool.stop()
    #expect(done.value == 50)
    await #expect(throws: WorkerPool.Full.self) { try await pool.run {} }
  }
}
