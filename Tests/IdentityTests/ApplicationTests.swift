import Identity
import RedisClient
import Signing
import StatusModel
import Testing

@Suite struct ApplicationTests {
  private func register(_ name: String, in world: IdentityWorld, expiresAt: String = "") async throws -> (appid: String, key: String) {
    let appid = SecretToken.make(.applicationID)
    let key = SecretToken.make(.key)
    _ = try await world.redis.command(
      "HSET", "{test}:identity:application:\(name)", "name", .string(name), "appid", .string(appid), "scopes", "read,flags", "strict", "0",
      "admin", "1", "expires_at", .string(expiresAt))
    _ = try await world.redis.command("HSET", "{test}:identity:keys", .string(SecretToken.hash(key)), .string(name))
    _ = try await world.redis.command(
      "HSET", "{test}:identity:consumers", .string(world.identity.consumerKey(appid: appid)), .string(name))
    _ = try await world.redis.command("ZADD", "{test}:identity:applications", "1", .string(name))
    return (appid, key)
  }

  @Test func `an application is found by its key and by its consumer key`() async throws {
    try await IdentityWorld.run { world in
      let (appid, key) = try await register("shop", in: world)
      let expected = Application(name: "shop", scopes: [.read, .flags], strict: false, admin: true, expiresAt: nil)
      #expect(try await world.identity.application(key: key) == expected)
      let signer = try await world.identity.application(consumerKey: RequestSignature.consumerKey(appid: appid, env: "test"))
      #expect(signer?.application == expected)
      #expect(signer?.appid == appid)
      #expect(try await world.identity.application(consumerKey: RequestSignature.consumerKey(appid: appid, env: "other")) == nil)
      #expect(try await world.identity.application(key: appid) == nil, "the appid is no key")
      #expect("\(signer!)" == "application shop", "its description tells no secret")
    }
  }

  @Test func `a deleted application is refused within five seconds`() async throws {
    try await IdentityWorld.run { world in
      let (_, key) = try await register("shop", in: world)
      #expect(try await world.identity.application(key: key) != nil)
      _ = try await world.redis.command("HDEL", "{test}:identity:keys", .string(SecretToken.hash(key)))
      world.clock.advance(.seconds(5))
      #expect(try await world.identity.application(key: key) == nil)
    }
  }

  @Test func `an expired application is refused on the second, at hand or not`() async throws {
    try await IdentityWorld.run { world in
      let (_, key) = try await register("shop", in: world, expiresAt: "\(world.clock.now / 1000 + 2)")
      #expect(try await world.identity.application(key: key) != nil)
      world.clock.advance(.seconds(2))
      #expect(try await world.identity.application(key: key) == nil)
    }
  }

  @Test func `a signature counts once`() async throws {
    try await IdentityWorld.run { world in
      let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<20 { group.addTask { try await world.identity.acceptOnce(replayKey: "key:token", window: .seconds(600)) } }
        return try await group.reduce(into: 0) { count, accepted in count += accepted ? 1 : 0 }
      }
      #expect(accepted == 1)
      #expect(try await world.identity.acceptOnce(replayKey: "key:other", window: .seconds(600)))
      let left = try await world.redis.command("TTL", "{test}:identity:accepted:key:token").int ?? 0
      #expect((590...602).contains(left))
    }
  }

  @Test func `replicas starting at once share one appid`() async throws {
    try await IdentityWorld.run { world in
      let appids = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 { group.addTask { try await world.identity.ownApplication(.incidents).appid } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(appids.count == 1)
      let found = try await world.identity.application(consumerKey: world.identity.consumerKey(appid: appids.first!))
      #expect(found?.application.service == .incidents)
      #expect(found?.application.strict == true)
      #expect(found?.application.scopes == Set(Scope.allCases))
    }
  }

  @Test func `a configured appid overrides, and belongs to one service`() async throws {
    try await IdentityWorld.run { world in
      let own = try await world.identity.ownApplication(.users).appid
      #expect(try await world.identity.ownApplication(.users, configured: "configured-appid").appid == "configured-appid")
      #expect(own != "configured-appid")
      do throws(Failure) {
        _ = try await world.identity.ownApplication(.comms, configured: "configured-appid")
        Issue.record("two services share an appid")
      } catch { #expect(error.status == 409) }
    }
  }

  @Test func `another environment knows the applications after indexing`() async throws {
    try await IdentityWorld.run { world in
      let (appid, _) = try await register("shop", in: world)
      let clock = world.clock
      let staging = Identity(redis: world.redis, namespace: "{test}", environment: "staging", clock: { clock.now }, loops: world.loops)
      let key = staging.consumerKey(appid: appid)
      #expect(try await staging.application(consumerKey: key) == nil)
      try await staging.indexApplications()
      world.clock.advance(.seconds(1))
      #expect(try await staging.application(consumerKey: key)?.application.name == "shop")
    }
  }
}
