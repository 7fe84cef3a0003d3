import PrivateServers
import RedisClient
import Testing

@Suite struct LoginTests {
  @Test func `the password is sent, percent-decoded`() async throws {
    let server = try await PrivateRedis(password: "p@ss/w%rd:é")
    let url = server.url.replacing("p@ss/w%rd:é", with: "p%40ss%2Fw%25rd:%C3%A9")
    try await withClient(of: server, url: url) { redis async throws in
      #expect(try await redis.command("PING") == .status("PONG"))
    }
  }

  @Test(arguments: ["", ":wrong@", "nobody:secret@"]) func `a wrong password is unavailable, with Redis' words`(login: String) async throws
  {
    let server = try await PrivateRedis(password: "secret")
    let url = server.url.replacing(":secret@", with: login)
    try await withClient(of: server, url: url) { redis async throws in
      let outcome = await redis.outcome("PING")
      guard case .unavailable(let reason)? = outcome.failure else {
        Issue.record("\(outcome)")
        return
      }
      #expect(reason.contains(login.isEmpty ? "NOAUTH" : "WRONGPASS"))
      #expect(!reason.contains("secret") && !reason.contains("wrong@"))
      #expect(!redis.isUp)
    }
  }

  @Test func `an ACL user may lack PING`() async throws {
    let server = try await PrivateRedis(arguments: ["--user", "reader", "on", ">word", "~*", "+get", "+select"])
    let url = server.url.replacing("redis+unix://", with: "redis+unix://reader:word@")
    try await withClient(of: server, url: url) { redis async throws in
      #expect(try await redis.command("GET", "k") == .null)
      guard case .failure(.server("NOPERM", _)) = await redis.outcome("SET", "k", "v") else {
        Issue.record("SET was allowed")
        return
      }
    }
  }

  @Test func `the database is selected, also after a reconnect`() async throws {
    let server = try await PrivateRedis()
    try await withClient(of: server, url: server.url + "?db=3") { redis async throws in
      for name in ["one", "two"] {
        _ = try await redis.command("SET", .string(name), "v")
        #expect(try await redis.command("CLIENT", "INFO").string?.contains(" db=3 ") == true)
        let old = try await redis.command("CLIENT", "ID")
        _ = await redis.outcome("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        #expect(await eventually { if case .success(let new) = await redis.outcome("CLIENT", "ID") { new != old } else { false } })
      }
    }
    try await withClient(of: server) { redis async throws in #expect(try await redis.command("DBSIZE") == .integer(0)) }
    try await withClient(of: server, url: server.url + "?db=99") { redis async throws in #expect(await redis.outcome("PING").isUnavailable)
    }
  }

  @Test(arguments: ["127.0.0.1", "localhost"]) func `TCP, by address and by name`(host: String) async throws {
    let server = try await PrivateRedis(tcp: true)
    let url = try #require(server.tcpURL).replacing("127.0.0.1", with: host) + "/2"
    try await withClient(of: server, url: url) { redis async throws in
      #expect(try await redis.command("CLIENT", "INFO").string?.contains(" db=2 ") == true)
      await server.kill()
      #expect(await eventually { await redis.outcome("PING").isUnavailable })
      try await server.restart()
      #expect(await eventually { redis.isUp })
    }
  }

  @Test func `a name without an address is unavailable`() async throws {
    let server = try await PrivateRedis()
    try await withClient(of: server, url: "redis://nobody.invalid") { redis async throws in
      #expect(await redis.outcome("PING").isUnavailable)
    }
  }
}
