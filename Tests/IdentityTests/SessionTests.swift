import Identity
import PrivateServers
import RedisClient
import Signing
import StatusModel
import Testing

@Suite struct SessionTests {
  @Test func `a token is its person, as the account is now`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1", role: "sre")
      let token = try await world.addSession("u1")
      let person = try await world.identity.person(token: token)
      #expect(person == Person(id: "u1", name: "Ada", email: "ada@example.org", role: .sre, sessionID: "session-1"))
      try await world.addUser("u1", role: "viewer")
      world.clock.advance(.seconds(5))
      #expect(try await world.identity.person(token: token)?.role == .viewer)
    }
  }

  @Test(arguments: ["", "psu_", "psk_0123", "psu_" + String(repeating: "0", count: 64), "psu_" + String(repeating: "0", count: 400)])
  func `what was never given is nobody`(token: String) async throws {
    try await IdentityWorld.run { world in
      let person = try await world.identity.person(token: token)
      #expect(person == nil)
    }
  }

  @Test func `a revocation bites within five seconds, and until then no read is made`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let token = try await world.addSession("u1")
      #expect(try await world.identity.person(token: token) != nil)
      _ = try await world.redis.command("DEL", world.sessionKey(token))
      world.clock.advance(.milliseconds(4_999))
      #expect(try await world.identity.person(token: token) != nil)
      world.clock.advance(.milliseconds(1))
      #expect(try await world.identity.person(token: token) == nil)
    }
  }

  @Test func `whoever revokes in this process sees it at once`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let token = try await world.addSession("u1")
      #expect(try await world.identity.person(token: token) != nil)
      _ = try await world.redis.command("DEL", world.sessionKey(token))
      world.identity.forget()
      #expect(try await world.identity.person(token: token) == nil)
    }
  }

  @Test func `an unknown token is asked for again after a second`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let token = try await world.addSession("u1")
      let fields = try await world.redis.command("HGETALL", world.sessionKey(token)).array ?? []
      _ = try await world.redis.command("DEL", world.sessionKey(token))
      #expect(try await world.identity.person(token: token) == nil)
      _ = try await world.redis.command(["HSET", world.sessionKey(token)] + fields.compactMap(\.string).map { .string($0) })
      world.clock.advance(.milliseconds(999))
      #expect(try await world.identity.person(token: token) == nil)
      world.clock.advance(.milliseconds(1))
      #expect(try await world.identity.person(token: token) != nil)
    }
  }

  @Test(arguments: ["waiting", "suspended"]) func `an account that cannot sign in has no sessions`(state: String) async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let token = try await world.addSession("u1")
      _ = try await world.redis.command("HSET", "{test}:users:user:u1", "state", .string(state))
      #expect(try await world.identity.person(token: token) == nil)
      #expect(try await world.identity.account(id: "u1") == nil)
    }
  }

  @Test func `a session ends after seven days without use, and after thirty in any case`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let idle = try await world.addSession("u1")
      let used = try await world.addSession("u1", id: "session-2")
      for _ in 0..<5 {
        world.clock.advance(.seconds(6 * 86_400 - 1))
        #expect(try await world.identity.person(token: used) != nil)
      }
      #expect(try await world.identity.person(token: idle) == nil)
      world.clock.advance(.seconds(5))
      #expect(try await world.identity.person(token: used) == nil)
    }
  }

  @Test func `the last use is recorded once a minute`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let token = try await world.addSession("u1")
      let begun = world.clock.now / 1000
      world.clock.advance(.seconds(59))
      _ = try await world.identity.person(token: token, address: "198.51.100.7", agent: "Firefox")
      #expect(try await lastUse(world, token) == ["\(begun)", "192.0.2.1", "curl"])
      world.clock.advance(.seconds(6))
      _ = try await world.identity.person(token: token, address: "198.51.100.7", agent: "Firefox")
      #expect(try await lastUse(world, token) == ["\(begun + 65)", "198.51.100.7", "Firefox"])
    }
  }

  private func lastUse(_ world: IdentityWorld, _ token: String) async throws -> [String] {
    try await world.redis.command("HMGET", world.sessionKey(token), "used_at", "address", "agent").array?.compactMap(\.string) ?? []
  }

  @Test func `without Redis nobody is let in or turned away`() async throws {
    try await IdentityWorld.run { world in
      try await world.addUser("u1")
      let token = try await world.addSession("u1")
      #expect(try await world.identity.person(token: token) != nil)
      await world.server.kill()
      #expect(try await world.identity.person(token: token) != nil, "what is at hand still counts for its five seconds")
      await #expect(throws: Failure.self) { try await world.identity.person(token: SecretToken.make(.userToken)) }
      do throws(Failure) {
        _ = try await world.identity.acceptOnce(replayKey: "a:b", window: .seconds(600))
        Issue.record("a replay check was made without Redis")
      } catch { #expect(error.status == 503) }
    }
  }
}
