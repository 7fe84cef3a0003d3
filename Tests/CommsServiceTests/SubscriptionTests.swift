import Foundation
import HTTPTypes
import JSONBytes
import ServiceCalls
import ServiceRuntime
import Testing

@testable import CommsService

extension CommsBench {
  func send(_ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, link: String? = nil) async throws -> Answer {
    var fields = HTTPFields()
    if let link { fields[HTTPField.Name("X-Polystatus-Link")!] = link }
    return try await users.node.ask(running, method, target, body?.text, as: nil, fields)
  }

  func subscribe(_ email: String, _ more: [(String, JSONValue)] = []) async throws -> Answer {
    try await send(.post, "/api/v1/subscriptions/email", .object(JSONObject([("email", .string(email))] + more)))
  }

  /// Mails in the order they were made, once none is on its way.
  func mails(_ template: String? = nil) async throws -> [JSONValue] {
    try await eventually { try await self.ask(.get, "/api/v1/mails?state=queued").json == [] }
    let all = try await ask(.get, "/api/v1/mails?maxResults=500").json.array ?? []
    return all.reversed().filter { template == nil || $0["template"]?.string == template }
  }

  /// The text of a mail.
  func text(of mail: JSONValue) async throws -> String {
    let answer = try await ask(.get, "/api/v1/mails/\(mail["id"]?.string ?? "")")
    return try #require(answer.json["message"]?["text"]?.string, "\(answer.text)")
  }

  /// The token behind `path` in a text.
  func token(after path: String, in text: String) throws -> String {
    let start = try #require(text.range(of: path)).upperBound
    return String(text[start...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }

  /// Subscribes and follows the link; the link to manage it.
  @discardableResult
  func confirmed(_ email: String, _ more: [(String, JSONValue)] = []) async throws -> String {
    _ = try await subscribe(email, more)
    let mail = try #require(try await mails("subscription_confirm").last)
    let token = try token(after: "/subscriptions/confirm/", in: try await text(of: mail))
    let answer = try await send(.post, "/api/v1/subscriptions/confirm", ["token": .string(token)])
    #expect(answer.status == 200 && answer.json["state"] == "confirmed")
    return try #require(answer.json["link"]?.string)
  }
}

struct SubscriptionTests {
  @Test func `nobody is told anything before the link is followed, and then everything`() async throws {
    try await CommsBench.run { bench in
      let asked = try await bench.subscribe("Ada@Example.org", [("language", "fr"), ("severities", [2, 1, 1])])
      #expect(asked.status == 201 && asked.json == ["email": "Ada@Example.org", "mail": "kept"])
      let incident = try await bench.declare("Checkout down", sev: 1)
      try await bench.announce(incident)
      let first = try await bench.mails()
      #expect(first.map { $0["template"] } == ["subscription_confirm"] && first[0]["state"] == "kept")
      let text = try await bench.text(of: first[0])
      let token = try bench.token(after: "http://localhost:8000/subscriptions/confirm/", in: text)
      #expect(token.hasPrefix("psl_") && text.contains("Confirmer"))

      for _ in 0..<2 {
        let confirmed = try await bench.send(.post, "/api/v1/subscriptions/confirm", ["token": .string(token)])
        #expect(confirmed.status == 200 && confirmed.json["severities"] == [1, 2] && confirmed.json["email"] == "Ada@Example.org")
      }
      try await bench.announce(incident, "Half of it works")
      try await eventually { try await bench.mails("announcement").count == 1 }
      let mail = try #require(try await bench.mails("announcement").first)
      let told = try await bench.text(of: mail)
      #expect(told.contains("Half of it works") && told.contains("http://localhost:8000/incidents/\(incident)"))
      #expect(try bench.token(after: "/unsubscribe/", in: told) != token)
    }
  }

  @Test func `an address that is known is answered as any other`() async throws {
    try await CommsBench.run { bench in
      try await bench.confirmed("ada@example.org")
      let known = try await bench.subscribe("ADA@example.org", [("components", ["other"])])
      let new = try await bench.subscribe("bob@example.org", [("components", ["other"])])
      #expect(known.status == 201 && new.status == 201 && known.json["mail"] == new.json["mail"])
      #expect(known.json.object?.members.map(\.name) == new.json.object?.members.map(\.name))
      let templates = try await bench.mails().compactMap { $0["template"]?.string }.sorted()
      #expect(templates == ["subscription_confirm", "subscription_confirm", "subscription_known"])
      let listed = try await bench.ask(.get, "/api/v1/subscriptions?q=ada").json
      #expect(listed.array?.count == 1 && listed[0]?["components"] == [], "nobody changes what another wants to hear")
      var events = try await bench.messages("subscription.requested")
      events += try await bench.messages("subscription.confirmed")
      #expect(events.count == 3 && !events.contains { $0.text.contains("example.org") })
    }
  }

  @Test func `an address gets one mail a day and three in all while it does not confirm`() async throws {
    try await CommsBench.run(["LIMIT_FACTOR": "1"]) { bench in
      for day in 0..<5 {
        for _ in 0..<2 { #expect(try await bench.subscribe("ada@example.org").status == 201) }
        #expect(try await bench.mails("subscription_confirm").count == min(day + 1, 3))
        bench.advance(seconds: 86_400)
      }
      bench.advance(seconds: 3600)
      for _ in 0..<10 { #expect(try await bench.subscribe("bob@example.org").status == 201) }
      let refused = try await bench.subscribe("carol@example.org")
      #expect(refused.status == 429 && refused.fields[.retryAfter] != nil)
    }
  }

  @Test func `who has the link sees, changes and ends the subscription, and nobody else`() async throws {
    try await CommsBench.run { bench in
      let link = try await bench.confirmed("ada@example.org")
      let other = try await bench.confirmed("bob@example.org")
      let mine = try await bench.send(.get, "/api/v1/subscriptions/mine", link: link)
      #expect(mine.status == 200 && mine.json["email"] == "ada@example.org" && mine.fields[.eTag] != nil)
      let changed = try await bench.send(.patch, "/api/v1/subscriptions/mine", ["components": ["a"], "language": "fr"], link: link)
      #expect(changed.status == 200 && changed.json["components"] == ["a"] && changed.json["language"] == "fr")
      let refused = try await bench.send(.patch, "/api/v1/subscriptions/mine", ["severities": [0], "language": "de"], link: link)
      #expect(refused.refused == ["language", "severities"])
      let forged = String(link.dropLast(4)) + (link.hasSuffix("0000") ? "1111" : "0000")
      let mixed = String(link.prefix(36)) + other.dropFirst(36)
      for wrong in [nil, "", "psl_", "psl_x", forged, mixed, link + "0"] {
        #expect(try await bench.send(.get, "/api/v1/subscriptions/mine", link: wrong).status == 401, "\(wrong ?? "none")")
      }
      for _ in 0..<2 {
        #expect(try await bench.send(.post, "/api/v1/subscriptions/unsubscribe", ["token": .string(link)]).status == 204)
      }
      #expect(try await bench.send(.get, "/api/v1/subscriptions/mine", link: link).status == 404)
      #expect(try await bench.send(.post, "/api/v1/subscriptions/unsubscribe", ["token": "psl_x"]).refused == ["token"])
      #expect(try await bench.send(.post, "/api/v1/subscriptions/confirm", ["token": .string(other)]).refused == ["token"])
      #expect(try await bench.ask(.get, "/api/v1/subscriptions").json.array?.map { $0["email"] } == ["bob@example.org"])
    }
  }

  @Test func `an sre lists, searches and ends`() async throws {
    try await CommsBench.run { bench in
      for name in ["ada", "bob"] { try await bench.confirmed("\(name)@example.org") }
      _ = try await bench.subscribe("carol@other.example")
      let listed = try await bench.ask(.get, "/api/v1/subscriptions?maxResults=2")
      #expect(listed.json.array?.map { $0["email"] } == ["carol@other.example", "bob@example.org"])
      #expect(listed.fields[.totalCount] == "3" && listed.fields[HTTPField.Name("Link")!]?.contains("startIndex=2") == true)
      for (query, found) in [
        ("q=example", 3), ("q=example%20org", 2), ("q=bob&state=confirmed", 1), ("q=carol&state=confirmed", 0), ("state=pending", 1),
        ("q=!", 0),
      ] {
        let answer = try await bench.ask(.get, "/api/v1/subscriptions?\(query)")
        #expect(answer.json.array?.count == found && answer.fields[.totalCount] == "\(found)", "\(query)")
      }
      #expect(try await bench.send(.get, "/api/v1/subscriptions").status == 401)
      let id = try #require(listed.json[0]?["id"]?.string)
      #expect(try await bench.ask(.delete, "/api/v1/subscriptions/\(id)").status == 204)
      #expect(try await bench.ask(.delete, "/api/v1/subscriptions/\(id)").status == 404)
      #expect(try await bench.ask(.get, "/api/v1/subscriptions?q=carol").json == [])
      #expect(try await bench.subscribe("carol@other.example").status == 201)
      #expect(try await bench.ask(.get, "/api/v1/subscriptions?q=carol").json[0]?["id"]?.string != id)
    }
  }

  @Test(arguments: ["", "ada", "ada@exämple.org", "ada@example.org\nBcc: b@example.org", "a b@example.org", "<ada@example.org>"])
  func `what is no address is refused`(email: String) async throws {
    try await CommsBench.run { bench in
      let refused = try await bench.subscribe(email, [("severities", ["1"]), ("components", "a")])
      #expect(refused.status == 400 && refused.refused == ["components", "email", "severities"])
    }
  }

  @Test func `a dry run counts who would get a mail`() async throws {
    try await CommsBench.run { bench in
      try await bench.confirmed("ada@example.org", [("severities", [1])])
      try await bench.confirmed("bob@example.org")
      _ = try await bench.subscribe("carol@example.org")
      let id = try await bench.declare("Slow", sev: 2)
      let trial = try await bench.ask(
        .post, "/api/v1/public/announce?dry_run=true", ["incident_id": .string(id), "message": "Slow", "state": "identified"])
      #expect(trial.json["mails"] == 1)
    }
  }

  @Test func `who never confirms is forgotten after thirty days`() async throws {
    try await CommsBench.run { bench in
      _ = try await bench.subscribe("ada@example.org")
      let store = SubscriptionsStore(
        redis: bench.running.node.redis, mutations: bench.running.node.mutations, namespace: bench.running.node.namespace, isLimited: true)
      for (days, left) in [(29, 1), (2, 0)] {
        bench.advance(seconds: days * 86_400)
        let total = try await bench.running.node.onLoop {
          try await store.sweep()
          return try await store.list(nil, words: [], start: 0, count: 10).total
        }
        #expect(total == left)
      }
      #expect(try await bench.messages("subscription.ended").count == 1)
    }
  }
}
