import Foundation
import HTTPTypes
import Identity
import JSONBytes
import PrivateServers
import Reactor
import RedisClient
import ServiceRuntime
import Signing
import StatusModel
import Testing

@testable import UsersService

@Suite(.serialized) struct ApplicationRoutesTests {
  @Test func `an application calls with its key and with its signature until it is rotated or deleted`() async throws {
    try await UsersWorld.run { world in
      let admin = try await world.adminToken()
      let made = try await world.call(.post, "/api/v1/apps", ["name": "shop", "scopes": ["read"]], token: admin)
      #expect(made.status == 201 && made.fields[.location] == "/api/v1/apps/shop")
      #expect(made.body["strict"] == true && made.body["admin"] == false && made.body["scopes"] == ["read"])
      func statuses(_ secrets: JSONValue) async throws -> [Int] {
        let key = try #require(secrets["key"]?.string)
        let appid = try #require(secrets["appid"]?.string)
        return [
          try await world.call(.get, "/api/v1/users", fields: [.authorization: "Bearer \(key)"]).status,
          try await world.call(.get, "/api/v1/users", fields: [HTTPField.Name("X-API-Key")!: key]).status,
          try await world.call(.get, "/api/v1/users", fields: [.authorization: world.signature(appid, .get, "/api/v1/users", nil)]).status,
          try await world.call(.get, "/api/v1/users", fields: [.authorization: "Bearer \(appid)"]).status,
        ]
      }
      #expect(try await statuses(made.body) == [200, 200, 200, 401], "the appid is no bearer")
      let rotated = try await world.call(.post, "/api/v1/apps/shop/rotate", token: admin)
      #expect(rotated.status == 200)
      world.clock.advance(.seconds(5))
      #expect(try await statuses(made.body) == [401, 401, 401, 401])
      #expect(try await statuses(rotated.body) == [200, 200, 200, 401])
      #expect(try await world.call(.delete, "/api/v1/apps/shop", token: admin).status == 204)
      world.clock.advance(.seconds(5))
      #expect(try await statuses(rotated.body) == [401, 401, 401, 401])
      #expect(try await world.call(.get, "/api/v1/apps/shop", token: admin).status == 404)
    }
  }

  @Test func `the list shows no secret, and the six services are left alone`() async throws {
    try await UsersWorld.run { world in
      let admin = try await world.adminToken()
      let (_, sre) = try await world.addUser("Sam", role: .sre)
      _ = try await world.call(as: .comms, .post, "/api/v1/auth/links", ["user_id": "none", "purpose": "password"])
      #expect(try await world.call(.post, "/api/v1/apps", ["name": "shop"], token: admin).status == 201)
      #expect(try await world.call(.post, "/api/v1/apps", ["name": "shop"], token: admin).status == 409)
      #expect(try await world.call(.post, "/api/v1/apps", ["name": "flags"], token: admin).status == 409)
      #expect(try await world.call(.delete, "/api/v1/apps/comms", token: admin).status == 409)
      #expect(try await world.call(.post, "/api/v1/apps/comms/rotate", token: admin).status == 409)
      #expect(try await world.call(.get, "/api/v1/apps", token: sre).status == 403)
      let list = try await world.call(.get, "/api/v1/apps", token: admin)
      let names = list.body.array?.compactMap { $0["name"]?.string } ?? []
      #expect(names.contains("comms") && names.contains("shop"))
      #expect(!String(decoding: list.bytes, as: UTF8.self).contains("psa_"))
      let bad: JSONValue = ["name": "No Spaces", "scopes": ["everything"], "strict": "yes", "admin": 1, "expires_at": 5]
      #expect(try await world.call(.post, "/api/v1/apps", bad, token: admin).named == ["name", "scopes", "strict", "admin", "expires_at"])
    }
  }

  @Test func `a non-strict application may leave its content unsigned, an admin application may administer`() async throws {
    try await UsersWorld.run { world in
      let admin = try await world.adminToken()
      let old = try await world.call(.post, "/api/v1/apps", ["name": "old", "strict": false], token: admin)
      let boss = try await world.call(.post, "/api/v1/apps", ["name": "boss", "admin": true], token: admin)
      func get(_ path: String, _ appid: JSONValue?, content: Bool) async throws -> Int {
        let signed = RequestSignature(
          signing: path, content: content ? .init(method: "GET") : nil, appid: appid?.string ?? "", env: "test", now: world.clock.now)
        return try await world.call(.get, path, fields: [.authorization: signed.header]).status
      }
      #expect(try await get("/api/v1/users", old.body["appid"], content: false) == 200)
      #expect(try await get("/api/v1/users", boss.body["appid"], content: false) == 401)
      #expect(try await get("/api/v1/apps", old.body["appid"], content: true) == 403)
      #expect(try await get("/api/v1/apps", boss.body["appid"], content: true) == 200)
      #expect(try await get("/api/v1/auth/sessions", boss.body["appid"], content: true) == 403, "sessions are for people")
    }
  }

  @Test(arguments: ["/api/v1/authheader", "/v1/authheader"]) func `authheader signs as published`(path: String) async throws {
    try await UsersWorld.run { world in
      let wish: JSONValue = [
        "appid": "XXXXXXX", "env": "YYYY", "uri": "https://api.example.org/v1/search/all?startIndex=0&maxResults=10&usecase=perso",
        "method": "POST", "body": "{}",
      ]
      let answer = try await world.call(.post, path, wish)
      #expect(answer.status == 200)
      let header = try #require(answer.body["authorization"]?.string)
      let signature = try RequestSignature(parsing: header)
      #expect(signature.consumerKey == "lQS5cRkibAZB7Sofg7vuLIbrpwA=")
      #expect(signature.callback == "/v1/search/all?startIndex=0&maxResults=10&usecase=perso")
      _ = try signature.verify(
        target: signature.callback, content: .init(method: "POST", body: Array("{}".utf8)),
        application: .init(appid: "XXXXXXX", strict: true),
        env: "YYYY", now: world.clock.now)
      #expect(try await world.call(.post, path, ["body": 7]).named == ["appid", "env", "uri", "body"])
      #expect(!world.log.contains("XXXXXXX"))
    }
  }
}

@Suite struct SecretsTests {
  @Test func `no secret is in Redis, but appids, nor in the log`() async throws {
    try await UsersWorld.run { world in
      let registered = try await world.call(
        .post, "/api/v1/users", ["name": "Ada", "email": "ada@example.org", "password": "difference engine"])
      let token = try #require(try await world.login("ada@example.org", "difference engine").body["token"]?.string)
      let app = try await world.call(.post, "/api/v1/apps", ["name": "shop"], token: try await world.adminToken())
      let link = try await world.call(as: .comms, .post, "/api/v1/auth/links", ["user_id": registered.body["id"]!, "purpose": "password"])
      let key = try #require(app.body["key"]?.string)
      let appid = try #require(app.body["appid"]?.string)
      let secret = try #require(link.body["token"]?.string)
      let kept = try await everything(in: world)
      for (name, text) in [
        ("token", token), ("key", key), ("link", secret), ("password", "difference engine"), ("password", UsersWorld.adminPassword),
      ] {
        #expect(!kept.contains { $0.value.contains(text) }, "the plain \(name) is stored")
        #expect(!world.log.contains(text), "the plain \(name) is logged")
      }
      #expect(kept.filter { $0.value.contains(appid) }.map(\.key) == ["{polystatus}:identity:application:shop"])
      #expect(!world.log.contains(appid))
      #expect(kept.contains { $0.value.contains(SecretToken.hash(token)) }, "this test reads what is stored")
    }
  }

  /// Every key of the private Redis with all it holds, as text.
  private func everything(in world: UsersWorld) async throws -> [(key: String, value: String)] {
    var found: [(key: String, value: String)] = []
    for key in try await world.redis("KEYS", "*").array?.compactMap(\.string) ?? [] {
      let name = RedisArgument.string(key)
      let value =
        switch try await world.redis("TYPE", name).string {
        case "hash": try await world.redis("HGETALL", name)
        case "zset": try await world.redis("ZRANGE", name, "0", "-1")
        case "set": try await world.redis("SMEMBERS", name)
        case "list": try await world.redis("LRANGE", name, "0", "-1")
        case "stream": try await world.redis("XRANGE", name, "-", "+")
        default: try await world.redis("GET", name)
        }
      found.append((key, "\(key) \(text(value))"))
    }
    return found
  }

  private func text(_ value: RedisValue) -> String { value.array.map { $0.map(text).joined(separator: "\n") } ?? value.string ?? "" }
}

@Suite(.serialized) struct FirstStartTests {
  @Test func `of replicas starting at once one makes the admin`() async throws {
    let server = try await PrivateRedis()
    let clock = TestClock()
    let home = server.directory.appending(path: "home")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
    let nodes = try (0..<3).map { _ in try UsersWorld.node(server, home, ["POLYSTATUS_ADMIN_PASSWORD": ""], clock) }
    let replicas = try await withThrowingTaskGroup(of: RunningService.self) { group in
      for node in nodes { group.addTask { try await RunningService.start(Users.self, on: node) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let password = try String(contentsOfFile: "\(home.path)/admin-password", encoding: .utf8).trimmingCharacters(in: .newlines)
    let node = replicas[0].node
    let (admins, holds) = try await node.onLoop {
      let users = try await Users(node)
      return (
        try await node.redis.command("ZCARD", "{polystatus}:users:role:admin").int,
        try await users.check("root@example.org", password).holds
      )
    }
    #expect(admins == 1)
    #expect(holds, "the password in the file is the one of the replica that won")
    for replica in replicas { await replica.stop() }
    await server.stop()
  }

  @Test func `a service that starts before Redis makes the admin when it is there`() async throws {
    try await UsersWorld.run { world in
      await world.server.kill()
      let node = try UsersWorld.node(world.server, world.home, [:], world.clock)
      let late = try await RunningService.start(Users.self, on: node)
      #expect(try await world.login("root@example.org", UsersWorld.adminPassword).status == 503)
      try await world.server.restart()
      try await poll("the admin is there again") {
        (try? await node.onLoop { try await node.redis.command("SCARD", "{polystatus}:users:admins") }) == .integer(1)
      }
      await late.stop()
    }
  }

  @Test(arguments: [
    (["REGISTRATION": "sometimes"], "REGISTRATION=sometimes"), (["POLYSTATUS_ADMIN_EMAIL": "root"], "POLYSTATUS_ADMIN_EMAIL=root"),
    (["POLYSTATUS_ADMIN_PASSWORD": "short-one"], "POLYSTATUS_ADMIN_PASSWORD=(hidden)"),
  ])
  func `a setting that cannot be used stops the start in one line`(settings: [String: String], line: String) async throws {
    let server = try await PrivateRedis()
    let node = try UsersWorld.node(server, server.directory, settings, TestClock())
    await #expect { _ = try await RunningService.start(Users.self, on: node) } throws: {
      "\($0)".hasPrefix(line) && !"\($0)".contains("short-one") && !"\($0)".contains("\n")
    }
    await node.close()
    await server.stop()
  }

  @Test func `the command line makes a link for the admin and a token for curl`() async throws {
    try await UsersWorld.run { world in
      let link = try await UsersCommands.adminLink(world.node)
      #expect(link.hasPrefix("https://status.example.org/password/reset?token=psl_"))
      let token = String(link.split(separator: "=").last ?? "")
      let set = try await world.call(.post, "/api/v1/auth/password/reset", ["token": .string(token), "password": "a new password"])
      #expect(set.status == 204)
      #expect(try await world.login("root@example.org", "a new password").status == 200)
      let tokens = [try await UsersCommands.operatorToken(world.node), try await UsersCommands.operatorToken(world.node)]
      for token in tokens {
        let person = try await world.call(.get, "/api/v1/auth/verify", token: token)
        #expect(person.body["email"] == "operator@polystatus.local" && person.body["role"] == "sre")
      }
      world.clock.advance(.seconds(86_400))
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: tokens[0]).status == 401)
    }
  }
}

/// Asks again until it holds; an issue after ten seconds.
private func poll(_ what: String, _ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while try await !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record("never: \(what)")
      return
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}
