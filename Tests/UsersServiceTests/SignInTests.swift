import Foundation
import HTTPTypes
import Identity
import JSONBytes
import Messaging
import RedisClient
import ServiceRuntime
import Signing
import StatusModel
import Testing

@testable import UsersService

@Suite(.serialized) struct SignInTests {
  @Test func `every failed sign-in reads the same and takes the same work`() async throws {
    try await UsersWorld.run { world in
      _ = try await world.addUser("Ada")
      let answers = [
        try await world.login("nobody@example.org", "the admin of the tests"),
        try await world.login("root@example.org", "not the password"),
        try await world.call(.post, "/api/v1/auth/login", ["email": "root@example.org"]),
        try await world.login("ada@example.org", "has no password yet"),
        try await world.call(.post, "/api/v1/token", ["username": "root@example.org", "password": "not the password"]),
      ]
      for answer in answers {
        #expect(answer.status == 401)
        #expect(answer.body["detail"] == answers[0].body["detail"] && answer.body["errors"] == nil)
      }
      let work = try await world.node.onLoop {
        let users = try await Users(world.node)
        var work: [Int] = []
        for (mail, password) in [
          ("nobody@example.org", "x"), ("root@example.org", "x"), ("root@example.org", ""), ("ada@example.org", "x"),
        ] {
          let before = users.passwords.hashesComputed
          #expect(try await users.check(mail, password).holds == false)
          work.append(users.passwords.hashesComputed - before)
        }
        return work
      }
      #expect(work == [1, 1, 1, 1])
      #expect(try await world.call(.post, "/api/v1/auth/login", ["password": "x"]).named == ["email"])
      #expect(try await world.call(.post, "/api/v1/auth/login", ["email": "root@example.org", "password": 7]).named == ["password"])
    }
  }

  @Test func `a password that goes on behind the limit does not match`() async throws {
    try await UsersWorld.run { world in
      let password = String(repeating: "aB", count: 36)
      let made = try await world.call(.post, "/api/v1/users", ["name": "Ada", "email": "ada@example.org", "password": .string(password)])
      #expect(made.status == 201)
      #expect(try await world.login("ada@example.org", password + "more").status == 401)
      #expect(try await world.login("ada@example.org", password).status == 200)
    }
  }

  @Test func `sessions are listed and ended one by one`() async throws {
    try await UsersWorld.run { world in
      let (id, first) = try await world.addUser("Ada")
      func another() async throws -> String {
        world.clock.advance(.seconds(1))
        return try await world.node.onLoop {
          try #require(try await world.store.createSession(id, passwordVersion: nil, seconds: 60, address: "192.0.2.9", agent: "curl"))
        }
      }
      let second = try await another()
      let third = try await another()
      let list = try await world.call(.get, "/api/v1/auth/sessions", token: second).body.array ?? []
      try #require(list.map { $0["current"] } == [false, true, false])
      #expect(list[0]["address"] == "192.0.2.9" && list[0]["agent"] == "curl" && list[0]["last_used_at"] == 1_800_000_002)
      let newest = try #require(list[0]["id"]?.string)
      let (_, stranger) = try await world.addUser("Eve")
      #expect(try await world.call(.delete, "/api/v1/auth/sessions/\(newest)", token: stranger).status == 404)
      #expect(try await world.call(.delete, "/api/v1/auth/sessions/\(newest)", token: second).status == 204)
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: third).status == 401)
      #expect(try await world.call(.delete, "/api/v1/auth/sessions", token: second).status == 204)
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: first).status == 401)
      #expect(try await world.call(.post, "/api/v1/auth/logout", token: second).status == 204)
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: second).status == 401)
    }
  }

  @Test func `no more than fifty sessions are kept`() async throws {
    try await UsersWorld.run { world in
      let (id, first) = try await world.addUser("Ada")
      try await world.node.onLoop {
        for _ in 0..<50 {
          world.clock.advance(.seconds(1))
          _ = try await world.store.createSession(id, passwordVersion: nil, seconds: 600, address: "", agent: "")
        }
      }
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: first).status == 401)
      #expect(try await world.redis("ZCARD", "{polystatus}:identity:sessions:\(id)").int == 50)
    }
  }

  @Test func `a deletion bites within five seconds in services that know nothing of it`() async throws {
    try await UsersWorld.run { world in
      let (id, token) = try await world.addUser("Ada")
      let clock = world.clock
      let elsewhere = Identity(
        redis: world.node.redis, namespace: "{polystatus}", environment: "test", clock: { clock.now }, loops: world.node.loops)
      func role() async throws -> Role? { try await world.node.onLoop { try await elsewhere.person(token: token)?.role } }
      #expect(try await role() == .viewer)
      let admin = try await world.adminToken()
      #expect(try await world.call(.patch, "/api/v1/users/\(id)", ["role": "sre"], token: admin).status == 200)
      clock.advance(.seconds(5))
      #expect(try await role() == .sre)
      #expect(try await world.call(.patch, "/api/v1/users/\(id)", ["active": false], token: admin).status == 200)
      clock.advance(.seconds(5))
      #expect(try await role() == nil)
      #expect(try await world.call(.patch, "/api/v1/users/\(id)", ["active": true], token: admin).status == 200)
      clock.advance(.seconds(5))
      #expect(try await role() == nil, "the tokens of a suspended account do not come back")
    }
  }

  @Test func `a forgotten password is set anew with a link that works once`() async throws {
    try await UsersWorld.run { world in
      let (id, session) = try await world.addUser("Ada")
      #expect(try await world.call(.post, "/api/v1/auth/password/forgot", ["email": "nobody@example.org"]).status == 202)
      #expect(try await world.messages().contains { $0.name == "request.comms.mail.send" } == false)
      #expect(try await world.call(.post, "/api/v1/auth/password/forgot", ["email": "ADA@example.org"]).status == 202)
      let mail = try #require(try await world.messages().last)
      #expect(mail.data.members.map(\.name) == ["cid", "actor", "template", "user_id"], "template and ids, nothing else")
      let links = try await withThrowingTaskGroup(of: JSONValue.self) { group in
        for _ in 0..<2 {
          group.addTask {
            try await world.call(as: .comms, .post, "/api/v1/auth/links", ["user_id": .string(id), "purpose": "password"]).body
          }
        }
        return try await group.reduce(into: []) { $0.append($1["token"] ?? .null) }
      }
      let bad = try await world.call(.post, "/api/v1/auth/password/reset", ["token": links[0], "password": "short"])
      #expect(bad.named == ["password"])
      let set = try await world.call(.post, "/api/v1/auth/password/reset", ["token": links[0], "password": "analytical engine"])
      #expect(set.status == 204, "a refused password has not used the link up")
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: session).status == 401, "all sessions end")
      for link in links {
        let again = try await world.call(.post, "/api/v1/auth/password/reset", ["token": link, "password": "yet another one"])
        #expect(again.named == ["token"], "used, or made for the password before")
      }
      #expect(try await world.login("ada@example.org", "analytical engine").status == 200)
    }
  }

  @Test func `a link ends after thirty minutes`() async throws {
    try await UsersWorld.run { world in
      let (id, _) = try await world.addUser("Ada")
      let link = try await world.call(as: .comms, .post, "/api/v1/auth/links", ["user_id": .string(id), "purpose": "password"])
      #expect(link.body["expires_at"] == 1_800_001_800)
      world.clock.advance(.seconds(1800))
      let late = try await world.call(
        .post, "/api/v1/auth/password/reset", ["token": link.body["token"]!, "password": "analytical engine"])
      #expect(late.named == ["token"])
    }
  }

  @Test func `links are for comms, checks for services`() async throws {
    try await UsersWorld.run { world in
      let admin = try await world.adminToken()
      let wish: JSONValue = ["user_id": "someone", "purpose": "password"]
      let pair: JSONValue = ["username": "root@example.org", "password": .string(UsersWorld.adminPassword)]
      #expect(try await world.call(.post, "/api/v1/auth/links", wish).status == 401)
      #expect(try await world.call(.post, "/api/v1/auth/links", wish, token: admin).status == 403)
      #expect(try await world.call(as: .incidents, .post, "/api/v1/auth/links", wish).status == 403)
      #expect(try await world.call(as: .comms, .post, "/api/v1/auth/links", wish).status == 404)
      #expect(try await world.call(.post, "/api/v1/auth/check", pair, token: admin).status == 403)
      let held = try await world.call(as: .incidents, .post, "/api/v1/auth/check", pair)
      #expect(held.status == 200 && held.body["password_version"] == 1)
      #expect(try await world.call(as: .incidents, .post, "/api/v1/auth/check", ["username": "root@example.org"]).status == 401)
    }
  }

  @Test func `a username and password with each request work`() async throws {
    try await UsersWorld.run { world in
      func verify(_ password: String) async throws -> Int {
        let fields: HTTPFields = [
          HTTPField.Name("X-Polystatus-Username")!: "Root@example.org", HTTPField.Name("X-Polystatus-Password")!: password,
        ]
        return try await world.call(.get, "/api/v1/auth/verify", fields: fields).status
      }
      let statuses = [try await verify(UsersWorld.adminPassword), try await verify("not the password")]
      #expect(statuses == [200, 401])
    }
  }

  @Test func `changing the password ends the other sessions and removes the file of the first start`() async throws {
    try await UsersWorld.run(["POLYSTATUS_ADMIN_PASSWORD": ""]) { world in
      let file = world.home.appending(path: "admin-password")
      let password = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o600)
      let first = try #require(try await world.login("root@example.org", password).body["token"]?.string)
      #expect(world.log.contains("admin-password"))
      #expect(!world.log.contains(password))
      let other = try await world.adminToken()
      let change = "/api/v1/auth/password/change"
      let wrong = try await world.call(.post, change, ["current_password": "not this one", "password": "a better password"], token: first)
      #expect(wrong.status == 403)
      #expect(FileManager.default.fileExists(atPath: file.path))
      let done = try await world.call(
        .post, change, ["current_password": .string(password), "password": "a better password"], token: first)
      #expect(done.status == 204)
      #expect(!FileManager.default.fileExists(atPath: file.path))
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: first).status == 200)
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: other).status == 401)
      #expect(try await world.login("root@example.org", password).status == 401)
    }
  }

  @Test func `sign-ins are limited by account and by address, before any work`() async throws {
    try await UsersWorld.run(["LIMIT_FACTOR": "1"]) { world in
      for _ in 0..<5 { #expect(try await world.login("root@example.org", "").status == 401) }
      let sixth = try await world.login("ROOT@example.org", UsersWorld.adminPassword)
      #expect(sixth.status == 429)
      #expect(sixth.fields[.retryAfter].flatMap { Int($0) } ?? 0 > 0)
      for number in 0..<4 { #expect(try await world.login("other\(number)@example.org", "").status == 401) }
      #expect(try await world.login("last@example.org", "").status == 429, "the eleventh of this address")
      for number in 0..<10 {
        #expect(try await world.call(.post, "/api/v1/users", ["name": "N", "email": .string("n\(number)@example.org")]).status == 201)
      }
      #expect(try await world.call(.post, "/api/v1/users", ["name": "N", "email": "n@example.org"]).status == 429)
      for _ in 0..<5 { #expect(try await world.call(.post, "/api/v1/auth/password/forgot", ["email": "n1@example.org"]).status == 202) }
      #expect(try await world.call(.post, "/api/v1/auth/password/forgot", ["email": "n1@example.org"]).status == 429)
    }
  }
}
