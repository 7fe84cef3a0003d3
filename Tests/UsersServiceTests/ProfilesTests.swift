import Foundation
import HTTPTypes
import JSONBytes
import Messaging
import OutboundClient
import RedisClient
import ServiceRuntime
import StatusModel
import Testing

@testable import UsersService

@Suite struct ProfilesTests {
  private static let path = "/api/v2/profile/personal"

  @Test func `a profile is filled by its person, and falls back to their language`() async throws {
    try await UsersWorld.run { world in
      let ada = try await world.addUser("Ada", role: .sre)
      let other = try await world.addUser("Bob")
      let empty = try await world.call(.get, "\(Self.path)/\(ada.id)", token: other.token)
      #expect(empty.status == 200 && empty.body["about"] == .null && empty.body["skills"] == [] && empty.body["links"] == [:])
      #expect(empty.body["name"] == "Ada" && empty.body["picture"] == .null && empty.body["updated_at"] == .null)

      let body: JSONValue = [
        "about": "I mind the database.", "specialities": ["Vacuum"], "skills": [["name": "PostgreSQL", "level": 5]],
        "languages": [["name": "French", "level": "C1"]], "links": ["code": "https://example.org/ada"], "timezone": "Europe/Paris",
        "contact": ["mail": "pager@example.org", "webhook": "https://chat.example.org/hook/secret"],
      ]
      #expect(try await world.call(.put, "\(Self.path)/\(ada.id)", body, token: other.token).status == 403)
      let saved = try await world.call(.put, "\(Self.path)/\(ada.id)", body, token: ada.token)
      #expect(saved.status == 200 && saved.body["about"] == "I mind the database." && saved.body["language"] == "en")
      #expect(saved.body["contact"]?["webhook"] == "https://chat.example.org/hook/secret", "one's own")
      #expect(saved.body["updated_at"]?.integer != nil && saved.body["timezone"] == "Europe/Paris")

      let french = try await world.call(.put, "\(Self.path)/fr/\(ada.id)", ["about": "Je veille sur la base."], token: ada.token)
      #expect(french.body["about"] == "Je veille sur la base." && french.body["specialities"] == ["Vacuum"])
      #expect(french.body["available_languages"] == ["en", "fr"] && french.body["language"] == "fr")
      for (language, about) in [("fr-CA", "Je veille sur la base."), ("de", "I mind the database."), ("en", "I mind the database.")] {
        let read = try await world.call(.get, "\(Self.path)/\(language)/\(ada.id)", token: other.token)
        #expect(read.body["about"]?.string == about, "\(language)")
        #expect(read.body["contact"] == ["mail": "pager@example.org", "webhook": .null], "the webhook is not for others")
        #expect(read.body["skills"]?[0]?["level"] == 5)
      }
      let cleared = try await world.call(.put, "\(Self.path)/fr/\(ada.id)", ["about": .null], token: ada.token)
      #expect(cleared.body["about"] == "I mind the database." && cleared.body["available_languages"] == ["en"])
      let admin = try await world.call(.get, "\(Self.path)/\(ada.id)", token: try await world.adminToken())
      #expect(admin.body["contact"]?["webhook"] == "https://chat.example.org/hook/secret")
      let comms = try await world.call(as: .comms, .get, "\(Self.path)/\(ada.id)", .null)
      #expect(comms.body["contact"]?["webhook"] == "https://chat.example.org/hook/secret")
      let messages = try await world.messages().filter { $0.name == "user.profile.updated" }
      #expect(messages.count == 3 && messages[0].data["changed"]?.array?.contains("contact") == true)
      #expect(!messages.contains { JSONValue.object($0.data).text.contains("secret") })
    }
  }

  @Test func `a profile that changed, or its account, is not overwritten`() async throws {
    try await UsersWorld.run { world in
      let ada = try await world.addUser("Ada")
      let path = "\(Self.path)/\(ada.id)"
      let tag = try #require(try await world.call(.get, path, token: ada.token).fields[.eTag])
      #expect(try await world.call(.get, path, token: ada.token, fields: [.ifNoneMatch: tag]).status == 304)
      #expect(try await world.call(.put, path, ["about": "One"], token: ada.token, fields: [.ifMatch: tag]).status == 200)
      #expect(try await world.call(.put, path, ["about": "Two"], token: ada.token, fields: [.ifMatch: tag]).status == 412)
      let second = try #require(try await world.call(.get, path, token: ada.token).fields[.eTag])
      #expect(try await world.call(.put, "/api/v1/users/\(ada.id)", ["name": "Ada Lovelace"], token: ada.token).status == 200)
      let third = try await world.call(.get, path, token: ada.token, fields: [.ifNoneMatch: second])
      #expect(third.status == 200 && third.body["name"] == "Ada Lovelace" && third.body["about"] == "One")
    }
  }

  @Test func `every member that cannot be accepted is named`() async throws {
    try await UsersWorld.run { world in
      let ada = try await world.addUser("Ada")
      let answer = try await world.call(
        .put, "\(Self.path)/\(ada.id)",
        [
          "about": 7, "specialities": [""],
          "skills": [["name": "a", "level": 9], ["name": "A", "level": 1], "b", ["name": "c\nd", "level": 1]],
          "languages": [["name": "French", "level": "good"]], "links": ["x": "javascript:alert(1)", "y": "https://a:b@example.org"],
          "timezone": "Mars/Olympus", "contact": ["mail": "nobody", "webhook": "ftp://example.org"],
        ], token: ada.token)
      #expect(answer.status == 400)
      let named: Set = [
        "about", "specialities", "skills[0].level", "skills[1].name", "skills[2]", "skills[3].name", "languages[0].level", "links.x",
        "links.y",
        "timezone", "contact.mail", "contact.webhook",
      ]
      #expect(answer.named == named, "\(answer.named.symmetricDifference(named))")
      #expect(try await world.call(.get, "\(Self.path)/english/\(ada.id)", token: ada.token).status == 400)
      #expect(try await world.call(.get, "\(Self.path)/nobody", token: ada.token).status == 404)
      #expect(try await world.call(.get, "\(Self.path)/\(ada.id)").status == 401)
      for language in ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj"] {
        #expect(
          try await world.call(.put, "\(Self.path)/\(language)/\(ada.id)", ["about": "x", "specialities": ["y"]], token: ada.token).status
            == 200)
      }
      #expect(try await world.call(.put, "\(Self.path)/kk/\(ada.id)", ["about": "x"], token: ada.token).status == 409)
    }
  }

  @Test func `people are found by what they know, the best first`() async throws {
    try await UsersWorld.run { world in
      var people: [String: (id: String, token: String)] = [:]
      for (name, level) in [("Ada", 2), ("Bob", 5), ("Cléo", 5), ("Dan", 0)] {
        world.clock.advance(.seconds(1))
        let person = try await world.addUser(name, role: .sre)
        people[name] = person
        guard level > 0 else { continue }
        _ = try await world.call(
          .put, "\(Self.path)/\(person.id)",
          ["skills": [["name": "Incident Command", "level": .integer(level)]], "about": .string("Speaks with \(name.count) providers")],
          token: person.token)
      }
      let token = try #require(people["Dan"]).token
      func names(_ query: String) async throws -> [String] {
        let answer = try await world.call(.get, "/api/v1/search/all?\(query)", token: token)
        #expect(answer.status == 200 && answer.body["totalResults"]?.integer == answer.body["results"]?.array?.count)
        return answer.body["results"]?.array?.compactMap { $0["name"]?.string } ?? []
      }
      #expect(try await names("usecase=people&skill=incident%20COMMAND") == ["Bob", "Cléo", "Ada"])
      #expect(try await names("usecase=perso&q=speaks%20providers&team=core") == ["Ada", "Bob", "Cléo"])
      #expect(try await names("q=cl%C3%A9o") == ["Cléo"])
      #expect(try await names("q=speaks&skill=incident%20command&role=sre") == ["Bob", "Cléo", "Ada"])
      #expect(try await names("skill=cooking") == [])
      let page = try await world.call(.get, "/api/v1/search/all?skill=incident%20command&startIndex=1&maxResults=1", token: token)
      #expect(page.body["totalResults"] == 3 && page.body["results"]?[0]?["name"] == "Cléo" && page.body["startIndex"] == 1)
      #expect(try await world.call(.get, "/api/v1/search/all?usecase=cars", token: token).named == ["usecase"])

      let bob = try #require(people["Bob"])
      _ = try await world.call(.put, "\(Self.path)/\(bob.id)", ["skills": [["name": "Incident command", "level": 1]]], token: bob.token)
      #expect(try await names("skill=incident%20command") == ["Cléo", "Ada", "Bob"])
      _ = try await world.call(.put, "\(Self.path)/\(bob.id)", ["skills": .null, "about": "Rests"], token: bob.token)
      #expect(try await names("skill=incident%20command") == ["Cléo", "Ada"])
      #expect(try await names("q=speaks") == ["Ada", "Cléo"])
      _ = try await world.call(.put, "/api/v1/users/\(bob.id)", ["name": "Robert"], token: bob.token)
      #expect(try await names("q=rests") == ["Robert"], "the words of a profile outlive a change of the account")
      _ = try await world.call(.delete, "/api/v1/users/\(bob.id)", token: try await world.adminToken())
      #expect(try await names("q=rests") == [])
      #expect(try await world.redis("EXISTS", "{polystatus}:users:profile:\(bob.id)").int == 0)
    }
  }

  @Test func `a picture is kept as what it is, without what it tells`() async throws {
    try await UsersWorld.run { world in
      let ada = try await world.addUser("Ada")
      let other = try await world.addUser("Bob")
      let path = "/api/v2/profile/picture/\(ada.id)"
      let pixels = try #require(Data(base64Encoded: Self.onePixel))
      let hidden = Array("tEXtComment\0at home".utf8)
      let sent = Array(pixels.prefix(33)) + [0, 0, 0, UInt8(hidden.count - 4)] + hidden + [0, 0, 0, 0] + Array(pixels.dropFirst(33))
      func put(_ bytes: [UInt8], token: String) async throws -> Int {
        var request = OutboundRequest(
          .put, "http://\(world.service.address)\(path)",
          headerFields: [.contentType: "image/jpeg", HTTPField.Name("X-Polystatus-Token")!: token], body: bytes)
        request.timeout = .seconds(60)
        return try await world.node.onLoop { [world, request] in try await world.node.outbound.send(request) }.status.code
      }
      #expect(try await world.call(.get, path, token: other.token).status == 404)
      #expect(try await put(sent, token: other.token) == 403)
      #expect(try await put(Array("no picture".utf8), token: ada.token) == 400)
      #expect(try await put([UInt8](repeating: 0x89, count: 600 << 10), token: ada.token) == 400)
      #expect(try await put(sent, token: ada.token) == 204)
      let shown = try await world.call(.get, path, token: other.token, fields: [.accept: "application/json"])
      #expect(shown.body == ["b64Content": .string(Self.onePixel), "mimeType": "image/png"])
      #expect(try await world.call(.get, "\(Self.path)/\(ada.id)", token: other.token).body["picture"]?.string == path)
      let image = try await world.node.onLoop { [world] in
        try await world.node.outbound.send(
          OutboundRequest(
            .get, "http://\(world.service.address)\(path)", headerFields: [HTTPField.Name("X-Polystatus-Token")!: other.token]))
      }
      #expect(image.body == Array(pixels) && image.headerFields[.contentType] == "image/png")
      let tag = try #require(image.headerFields[.eTag])
      #expect(try await world.call(.get, path, token: other.token, fields: [.ifNoneMatch: tag]).status == 304)
      #expect(try await world.call(.delete, path, token: ada.token).status == 204)
      #expect(try await world.call(.get, path, token: other.token).status == 404)
    }
  }

  /// A PNG of one pixel.
  private static let onePixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
}
