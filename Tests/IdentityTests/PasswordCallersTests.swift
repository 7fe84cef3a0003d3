@testable import Identity
import RedisClient
import StatusModel
import Synchronization
import Testing

@Suite struct PasswordCallersTests {
  /// Counts the checks; the pair ada/good holds for the password version given.
  private final class Checker: Sendable {
    let calls = Atomic<Int>(0)
    let version = Atomic<Int>(1)
    func check(_ username: String, _ password: String) -> PasswordCallers.Checked? {
      calls.add(1, ordering: .relaxed)
      guard username == "ada", password == "good" else { return nil }
      return .init(userID: "u1", passwordVersion: version.load(ordering: .relaxed))
    }
  }

  private func callers(_ world: IdentityWorld, _ checker: Checker) -> PasswordCallers {
    let clock = world.clock
    return PasswordCallers(identity: world.identity, clock: { clock.now }, loops: world.loops) { checker.check($0, $1) }
  }

  @Test func `a good pair is remembered for a minute, a bad one never`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let checker = Checker()
      let callers = callers(world, checker)
      for _ in 0..<3 { #expect(try await callers.person(username: "ada", password: "good")?.id == "u1") }
      #expect(checker.calls.load(ordering: .relaxed) == 1)
      for _ in 0..<2 { #expect(try await callers.person(username: "ada", password: "bad") == nil) }
      #expect(checker.calls.load(ordering: .relaxed) == 3)
      world.clock.advance(.seconds(60))
      #expect(try await callers.person(username: "ada", password: "good")?.id == "u1")
      #expect(checker.calls.load(ordering: .relaxed) == 4)
    }
  }

  @Test func `a new password or a suspension bites a remembered pair within five seconds`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let checker = Checker()
      let callers = callers(world, checker)
      #expect(try await callers.person(username: "ada", password: "good") != nil)
      checker.version.store(2, ordering: .relaxed)
      try await world.addUser("u1", passwordVersion: 2)
      world.clock.advance(.seconds(5))
      #expect(try await callers.person(username: "ada", password: "good") != nil)
      #expect(checker.calls.load(ordering: .relaxed) == 2, "the pair of the old password was checked anew")
      _ = try await world.redis.command("HSET", "{test}:users:user:u1", "state", "suspended")
      world.clock.advance(.seconds(5))
      #expect(try await callers.person(username: "ada", password: "good") == nil)
    }
  }
}

@Suite struct ExpiringCacheTests {
  @Test func `it never holds more than its limit`() {
    var cache = ExpiringCache<Int>(limit: 3, lifetime: 10)
    for number in 0..<100 {
      cache.keep(number, for: "\(number)", at: 0)
      #expect(cache.count <= 3)
    }
    #expect(cache.find("99", at: 9) == 99)
    #expect(cache.find("99", at: 10) == nil)
  }

  @Test func `full, it drops what has expired first`() {
    var cache = ExpiringCache<Int>(limit: 2, lifetime: 10)
    cache.keep(1, for: "old", at: 0)
    cache.keep(2, for: "young", at: 5)
    cache.keep(3, for: "new", at: 12)
    #expect(cache.find("young", at: 12) == 2)
    #expect(cache.find("new", at: 12) == 3)
  }

  @Test func `a flood of unknown keys drives no known one out`() {
    var answers = Answers<String>()
    answers.keep("ada", for: "token", at: 0)
    for number in 0..<20_000 { answers.keep(nil, for: "\(number)", at: 0) }
    #expect(answers.find("token", at: 1) == .some("ada"))
  }
}
