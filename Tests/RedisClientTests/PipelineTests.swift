import Testing

@testable import RedisClient

@Suite struct PipelineTests {
  @Test func `first in, first out, through growth and wrapping`() {
    var pipeline = Pipeline<Int>()
    var next: UInt64 = 0
    var answered: UInt64 = 0
    for round in 1...50 {
      for _ in 0..<(round * 2) {
        next += 1
        pipeline.append(id: next, deadline: next, Int(next))
      }
      for _ in 0..<round {
        answered += 1
        let first = pipeline.removeFirst()
        #expect(first.id == answered && first.waiter == Int(answered))
      }
    }
    #expect(pipeline.count == Int(next - answered))
  }

  @Test func `given up once, and the place is kept`() {
    var pipeline = Pipeline<String>()
    for id in [3, 5, 9] as [UInt64] { pipeline.append(id: id, deadline: id, "waiter \(id)") }
    #expect(pipeline.giveUp(id: 4) == nil)
    #expect(pipeline.giveUp(id: 10) == nil)
    #expect(pipeline.giveUp(id: 5) == "waiter 5")
    #expect(pipeline.giveUp(id: 5) == nil)
    #expect(pipeline.count == 3)
    #expect(pipeline.removeFirst().waiter == "waiter 3")
    #expect(pipeline.oldestDeadline == 5 && pipeline.nextDeadline == 9)
    #expect(pipeline.removeFirst() == (5, nil))
    #expect(pipeline.giveUp(id: 3) == nil)
  }

  @Test func `what is overdue is given up, oldest first`() {
    var pipeline = Pipeline<Int>()
    for id in 1...5 as ClosedRange<UInt64> { pipeline.append(id: id, deadline: id * 10, Int(id)) }
    #expect(pipeline.giveUpOverdue(at: 30) == [1, 2, 3])
    #expect(pipeline.giveUpOverdue(at: 30) == [])
    #expect(pipeline.nextDeadline == 40 && pipeline.oldestDeadline == 10)
  }

  @Test func `pauses double up to the longest, cut by up to half`() {
    var backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
    let longest = (0..<8).map { _ in backoff.next(random: 1) }
    #expect(longest == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
    #expect(backoff.next(random: 0) == .seconds(1))
    backoff.reset()
    #expect(backoff.next(random: 0) == .milliseconds(25))
  }

  @Test func `error replies of a server that cannot serve are unavailable`() {
    let loading = "LOADING Redis is loading the dataset in memory"
    #expect(RedisFailure(reply: loading) == .unavailable(loading))
    #expect(RedisFailure(reply: "ERR no such key") == .server(code: "ERR", message: "no such key"))
    #expect(RedisFailure(reply: "CONFLICT") == .server(code: "CONFLICT", message: ""))
  }
}
