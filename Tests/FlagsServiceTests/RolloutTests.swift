import JSONBytes
import Testing

@testable import FlagsService

private let users = (0..<100_000).map { "user-\($0)" }

/// The variation each user gets.
private func drawn(_ weights: [(String, Int)], flag: String = "split") -> [Int] {
  let rollout = Rollout(flag: flag, shares: weights.enumerated().map { ($0, $1.0, $1.1) })
  return users.map { rollout.variation(for: Rollout.digest(of: $0)) }
}

@Suite struct RolloutTests {
  @Test(arguments: ["split", "new-checkout", "x"])
  func `a hundred thousand users fall into 10, 20 and 70 percent within half a point`(flag: String) {
    let shares = [10_000, 20_000, 70_000]
    let got = drawn([("a", shares[0]), ("b", shares[1]), ("c", shares[2])], flag: flag)
    for (place, share) in shares.enumerated() {
      let percent = Double(got.filter { $0 == place }.count) / 1000
      #expect(abs(percent - Double(share) / 1000) < 0.5, "\(percent)")
    }
  }

  @Test func `raising one weight moves users only into its variation`() {
    let before = drawn([("a", 10_000), ("b", 20_000), ("c", 70_000)])
    let after = drawn([("a", 55_000), ("b", 10_000), ("c", 35_000)])
    let moved = zip(before, after).filter { $0 != $1 }
    #expect(moved.allSatisfy { $0.1 == 0 })
    #expect(abs(Double(moved.count) / 1000 - 45) < 0.5)
    let two = drawn([("on", 1_000), ("off", 99_000)])
    let more = drawn([("on", 1_001), ("off", 98_999)])
    #expect(zip(two, more).allSatisfy { $0 == $1 || $1 == 0 })
  }

  @Test func `a weight of nothing gets nobody, one of all gets all, and flags draw apart`() {
    #expect(drawn([("a", 0), ("b", 100_000)]).allSatisfy { $0 == 1 })
    #expect(Rollout(flag: "f", shares: [(0, "a", 0), (1, "b", 5)]).first == 1)
    let (one, other) = (drawn([("a", 50_000), ("b", 50_000)], flag: "one"), drawn([("a", 50_000), ("b", 50_000)], flag: "other"))
    let same = zip(one, other).filter { $0 == $1 }.count
    #expect(abs(Double(same) / 1000 - 50) < 1)
  }

  /// Written down once: another release, another machine and another restart must draw the same.
  @Test func `the draw is what it always was`() {
    let rollout = Rollout(flag: "split", shares: [(0, "a", 10_000), (1, "b", 20_000), (2, "c", 70_000)])
    let first = (0..<40).map { rollout.variation(for: Rollout.digest(of: "user-\($0)")) }
    #expect(first.map(String.init).joined() == "2222222022212221222122221222211122222022")
    #expect(Rollout.digest(of: "alice") == 0x2BD8_06C9_7F0E_00AF)
  }
}
