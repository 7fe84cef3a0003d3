import HTTPTypes
import JSONBytes
import Messaging
import RedisClient
import StatusModel
import Testing

@testable import UsersService

@Suite struct AccountTests {
  @Test func `who registers gets an account and can sign in`() async throws {
    try await UsersWorld.run { world in
      let made = try await world.call(
        .post, "/api/v1/users", ["name": "Ada", "email": "Ada@Example.org", "password": "difference engine", "language": "fr"])
      #expect(made.status == 201)
      let id = try #require(made.body["id"]?.string)
      #expect(made.fields[.location] == "/api/v1/users/\(id)")
      #expect(made.fields[.eTag] == "\"v1\"")
      #expect(made.body["role"] == "viewer" && made.body["team"] == .null && made.body["language"] == "fr" && made.body["active"] == true)
      #expect(made.body["notify"] == "mine" && made.body["created_at"] == 1_800_000_000)
      let login = try await world.login("ada@example.ORG", "difference engine")
      #expect(login.status == 200)
      #expect(login.body["user_id"]?.string == id)
      #expect(login.body["expires_at"]?.integer == 1_800_000_000 + 30 * 86_400)
      let token = try #require(login.body["token"]?.string)
      let verified = try await world.call(.get, "/api/v1/auth/verify", token: token)
      #expect(verified.bytes == made.bytes, "a record is served as it was stored")
    }
  }

  @Test func `of twenty registrations with one address, one succeeds`() async throws {
    try await UsersWorld.run { world in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<20 {
          let email: JSONValue = number % 2 == 0 ? "same@example.org" : "SAME@Example.org"
          group.addTask { try await world.call(.post, "/api/v1/users", ["name": "Same", "email": email]).status }
        }
        return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      }
      #expect(statuses == [201: 1, 409: 19])
      #expect(try await world.redis("ZCARD", "{polystatus}:users:all").int == 2, "the admin and this one")
      #expect(try await world.messages().filter { $0.name == "user.created" }.count == 2)
    }
  }

  @Test func `bad fields are named all at once and nothing is stored`() async throws {
    try await UsersWorld.run { world in
      let bad: JSONValue = [
        "name": "", "email": "no address", "role": "boss", "team": 7, "password": "short", "language": "english", "notify": "never",
      ]
      let refused = try await world.call(.post, "/api/v1/users", bad)
      #expect(refused.status == 400)
      #expect(refused.named == ["name", "email", "role", "team", "password", "language", "notify"])
      #expect(try await world.call(.post, "/api/v1/users", [:]).named == ["name", "email"])
      #expect(try await world.redis("HLEN", "{polystatus}:users:mails") == .integer(1), "the admin's")
      #expect(try await world.redis("ZCARD", "{polystatus}:users:all") == .integer(1))
    }
  }

  @Test func `a role or a team from others than an admin creates nothing`() async throws {
    try await UsersWorld.run { world in
      let (_, sre) = try await world.addUser("Sam", role: .sre)
      let wish: JSONValue = ["name": "New", "email": "new@example.org", "role": "sre"]
      #expect(try await world.call(.post, "/api/v1/users", wish).status == 401)
      #expect(try await world.call(.post, "/api/v1/users", wish, token: sre).status == 403)
      #expect(try await world.call(.post, "/api/v1/users", ["name": "New", "email": "new@example.org", "team": "Core"]).status == 401)
      let made = try await world.call(.post, "/api/v1/users", wish, token: try await world.adminToken())
      #expect(made.status == 201, "the address was still free")
      #expect(made.body["role"] == "sre" && made.body["active"] == false && made.body["notify"] == "sev2")
      let mail = try #require(try await world.messages().last { $0.name == "request.comms.mail.send" })
      #expect(mail.data["template"] == "set_password" && mail.data["user_id"] == made.body["id"])
    }
  }

  @Test func `a closed cluster registers nobody but an admin's people`() async throws {
    try await UsersWorld.run(["REGISTRATION": "closed"]) { world in
      let wish: JSONValue = ["name": "New", "email": "new@example.org"]
      let admin = try await world.adminToken()
      #expect(try await world.call(.post, "/api/v1/users", wish).status == 403)
      #expect(try await world.call(.post, "/api/v1/users", wish, token: admin).status == 201)
    }
  }

  @Test func `with domains, the account works once its mail is confirmed`() async throws {
    try await UsersWorld.run(["REGISTRATION": "domains:example.org"]) { world in
      #expect(try await world.call(.post, "/api/v1/users", ["name": "Eve", "email": "eve@example.com"]).status == 403)
      let made = try await world.call(.post, "/api/v1/users", ["name": "Ada", "email": "ada@example.org", "password": "difference engine"])
      #expect(made.body["active"] == false)
      #expect(try await world.login("ada@example.org", "difference engine").status == 403)
      #expect(try await world.login("ada@example.org", "something else").status == 401)
      let link = try await world.call(as: .comms, .post, "/api/v1/auth/links", ["user_id": made.body["id"]!, "purpose": "confirm"])
      #expect(link.status == 201)
      let token = try #require(link.body["token"])
      #expect(link.body["url"]?.string == "https://status.example.org/confirm?token=\(token.string!)")
      #expect(try await world.call(.post, "/api/v1/auth/password/reset", ["token": token, "password": "another password"]).status == 400)
      #expect(try await world.call(.post, "/api/v1/auth/confirm", ["token": token]).status == 204)
      #expect(try await world.call(.post, "/api/v1/auth/confirm", ["token": token]).status == 400, "a link works once")
      #expect(try await world.login("ada@example.org", "difference engine").status == 200)
    }
  }

  @Test func `people change themselves, admins everybody`() async throws {
    try await UsersWorld.run { world in
      let (id, own) = try await world.addUser("Ada")
      let (_, other) = try await world.addUser("Eve")
      let path = "/api/v1/users/\(id)"
      let changed = try await world.call(
        .put, path, ["name": "Ada L", "language": "fr", "notify": "all", "role": "viewer", "team": "Core"], token: own)
      #expect(changed.status == 200, "members that stay as they are ask for no right")
      #expect(changed.body["name"] == "Ada L" && changed.body["version"] == 2 && changed.fields[.eTag] == "\"v2\"")
      #expect(try await world.call(.patch, path, ["role": "admin"], token: own).status == 403)
      #expect(try await world.call(.patch, path, ["team": .null], token: own).status == 403)
      #expect(try await world.call(.patch, path, ["active": false], token: own).status == 403)
      #expect(try await world.call(.patch, path, ["name": "Eve was here"], token: other).status == 403)
      #expect(try await world.call(.patch, path, ["name": "Nobody"]).status == 401)
      let admin = try await world.adminToken()
      #expect(try await world.call(.patch, path, ["role": "sre", "team": .null], token: admin).body["team"] == .null)
      #expect(try await world.call(.patch, "/api/v1/users/none", ["name": "X"], token: admin).status == 404)
      let event = try #require(try await world.messages().last)
      #expect(event.name == "user.updated" && event.data["changed"] == ["role", "team"])
      #expect(event.data["actor"]?["kind"] == "user")
    }
  }

  @Test func `If-Match and If-None-Match are honoured`() async throws {
    try await UsersWorld.run { world in
      let (id, own) = try await world.addUser("Ada")
      let path = "/api/v1/users/\(id)"
      #expect(try await world.call(.put, path, ["name": "B"], token: own, fields: [.ifMatch: "\"v1\""]).status == 200)
      #expect(try await world.call(.put, path, ["name": "C"], token: own, fields: [.ifMatch: "\"v1\""]).status == 412)
      #expect(try await world.call(.get, path, token: own, fields: [.ifNoneMatch: "\"v2\""]).status == 304)
      let unchanged = try await world.call(.put, path, ["name": "B"], token: own)
      #expect(unchanged.body["version"] == 2, "nothing changed: no new version, no event")
      #expect(try await world.messages().filter { $0.name == "user.updated" }.count == 1)
      let admin = try await world.adminToken()
      #expect(try await world.call(.delete, path, token: admin, fields: [.ifMatch: "\"v1\""]).status == 412)
    }
  }

  @Test func `the last admin stays`() async throws {
    try await UsersWorld.run { world in
      let admin = try await world.adminToken()
      let root = try #require(try await world.call(.get, "/api/v1/auth/verify", token: admin).body["id"]?.string)
      let path = "/api/v1/users/\(root)"
      #expect(try await world.call(.patch, path, ["role": "sre"], token: admin).status == 409)
      #expect(try await world.call(.patch, path, ["active": false], token: admin).status == 409)
      #expect(try await world.call(.delete, path, token: admin).status == 409)
      let waiting: JSONValue = ["name": "Waits", "email": "waits@example.org", "role": "admin"]
      #expect(try await world.call(.post, "/api/v1/users", waiting, token: admin).status == 201)
      #expect(try await world.call(.delete, path, token: admin).status == 409, "an admin who cannot sign in yet does not count")
      let (_, second) = try await world.addUser("Second", role: .admin)
      #expect(try await world.call(.patch, path, ["role": "sre"], token: second).status == 200)
      #expect(try await world.call(.get, "/api/v1/apps", token: admin).status == 403, "the demotion holds at once")
    }
  }

  @Test func `who is deleted is out at once, and leaves a name and a free address`() async throws {
    try await UsersWorld.run { world in
      let (id, own) = try await world.addUser("Ada")
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: own).status == 200)
      #expect(try await world.call(.delete, "/api/v1/users/\(id)", token: own).status == 403)
      let admin = try await world.adminToken()
      #expect(try await world.call(.delete, "/api/v1/users/\(id)", token: admin).status == 204)
      #expect(try await world.call(.get, "/api/v1/auth/verify", token: own).status == 401)
      #expect(try await world.call(.get, "/api/v1/users/\(id)", token: admin).status == 404)
      #expect(try await world.call(.delete, "/api/v1/users/\(id)", token: admin).status == 404)
      #expect(try await world.call(.get, "/api/v1/users?q=ada", token: admin).body == [])
      #expect(try await world.redis("HGET", "{polystatus}:users:user:\(id)", "name").string == "\"Ada\"")
      #expect(try await world.call(.post, "/api/v1/users", ["name": "Ada", "email": "ada@example.org"]).status == 201)
      #expect(try await world.messages().contains { $0.name == "user.deleted" && $0.data["user"]?["name"] == "Ada" })
    }
  }

  @Test func `lists are filtered and paged`() async throws {
    try await UsersWorld.run { world in
      for number in 0..<5 {
        _ = try await world.addUser("Ada \(number)".replacing(" ", with: ""), role: number % 2 == 0 ? .sre : .viewer)
        world.clock.advance(.seconds(1))
      }
      let admin = try await world.adminToken()
      func names(_ query: String) async throws -> [String] {
        try await world.call(.get, "/api/v1/users?\(query)", token: admin).body.array?.compactMap { $0["name"]?.string } ?? ["?"]
      }
      #expect(try await names("role=sre") == ["Ada0", "Ada2", "Ada4"])
      #expect(try await names("role=sre&q=ada2") == ["Ada2"])
      #expect(try await names("team=core&q=example%20org&role=viewer") == ["Ada1", "Ada3"])
      #expect(try await names("team=Other") == [])
      #expect(try await names("q=---") == [])
      let page = try await world.call(.get, "/api/v1/users?team=CORE&startIndex=1&maxResults=2", token: admin)
      #expect(page.body.array?.compactMap { $0["name"]?.string } == ["Ada1", "Ada2"])
      #expect(page.fields[HTTPField.Name("X-Total-Count")!] == "5")
      #expect(page.fields[HTTPField.Name("Link")!]?.contains("startIndex=3") == true)
      #expect(try await world.call(.get, "/api/v1/users?role=boss&q=&maxResults=501", token: admin).status == 400)
      #expect(try await world.call(.get, "/api/v1/users").status == 401)
    }
  }
}
