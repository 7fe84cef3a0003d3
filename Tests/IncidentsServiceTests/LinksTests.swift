import JSONBytes
import Messaging
import RedisClient
import StatusModel
import Testing

@testable import IncidentsService

extension StoreBench {
  fileprivate func link(_ id: String, _ kind: NewLink.Kind, _ target: String) async throws -> JSONValue {
    let link = NewLink(kind: kind, target: target.contains(":") ? .event(target) : .incident(target))
    return try JSONValue(parsing: try await store.link(id, at: nil, link).json)
  }
}

@Suite struct LinksTests {
  @Test func `a link shows at both ends, with who, when and under which cid`() async throws {
    try await StoreBench.run { bench in
      let (effect, cause) = (try await bench.declare("Effect"), try await bench.declare("Cause"))
      let link = try await bench.link(effect, .causedBy, cause)
      #expect(link["incident"] == .string(effect) && link["kind"] == "caused_by" && link["target"] == .string(cause) && link["id"] == 1)
      #expect(link["author"]?["name"] == "Ada" && link["at"] == 1_790_000_000 && link["cid"] == "cid-of-the-test")
      let (one, other) = (try await bench.incident(effect), try await bench.incident(cause))
      #expect(one["links"] == [link] && other["links"] == [link])
      #expect(one["timeline"]?[1]?["message"] == .string("Caused by \(cause)") && one["touched_by_human"] == true)
      #expect(other["timeline"]?[1]?["message"] == .string("\(effect) is caused by this") && other["touched_by_human"] == false)
      #expect(try await bench.eventNames().suffix(2) == ["incident.link.added", "incident.timeline.added"])

      let before = try await bench.digest()
      #expect(try await bench.link(effect, .causedBy, cause) == link)
      #expect(try await bench.digest() == before)

      try await bench.store.unlink(effect, at: nil, "1")
      let (left, right) = (try await bench.incident(effect)["links"], try await bench.incident(cause)["links"])
      #expect(left == [] && right == [])
      await #expect(throws: Failure.notFound("\(effect) has no link 1.")) { try await bench.store.unlink(effect, at: nil, "1") }
    }
  }

  @Test(arguments: [NewLink.Kind.causedBy, .parent, .duplicateOf])
  func `links of a kind never go in a circle`(kind: NewLink.Kind) async throws {
    try await StoreBench.run { bench in
      var ids: [String] = []
      for number in 0..<4 { ids.append(try await bench.declare("Number \(number)")) }
      for index in 0..<3 { _ = try await bench.link(ids[index], kind, ids[index + 1]) }
      let before = try await bench.digest()
      for target in ids {
        await #expect(throws: Failure.self) { try await bench.link(ids[3], kind, target) }
      }
      #expect(try await bench.digest() == before)
    }
  }

  @Test func `related goes both ways and is one link`() async throws {
    try await StoreBench.run { bench in
      let (one, other) = (try await bench.declare("One"), try await bench.declare("Other"))
      let link = try await bench.link(one, .related, other)
      #expect(try await bench.link(other, .related, one) == link)
      await #expect(throws: Failure.conflict("\(one) cannot be linked to itself.")) { try await bench.link(one, .related, one) }
    }
  }

  @Test func `an incident has one parent, which it names`() async throws {
    try await StoreBench.run { bench in
      let (part, whole, other) = (try await bench.declare("Part"), try await bench.declare("Whole"), try await bench.declare("Other"))
      _ = try await bench.link(part, .parent, whole)
      #expect(try await bench.incident(part)["parent"] == .string(whole))
      await #expect(throws: Failure.conflict("\(part) has a link of this kind to \(whole) already. Remove that one first.")) {
        try await bench.link(part, .parent, other)
      }
      try await bench.store.unlink(part, at: nil, "1")
      #expect(try await bench.incident(part)["parent"] == .null)
      let again = try await bench.link(part, .parent, other)
      #expect(again["id"] == 2)
    }
  }

  @Test func `duplicates end with their original, however many stand between`() async throws {
    try await StoreBench.run { bench in
      let (original, copy, copyOfCopy) = (try await bench.declare("A"), try await bench.declare("B"), try await bench.declare("C"))
      _ = try await bench.link(copy, .duplicateOf, original)
      _ = try await bench.link(copyOfCopy, .duplicateOf, copy)
      _ = try await bench.store.setStatus(original, at: nil, StatusChange(status: .mitigated))
      #expect(try await bench.incident(copy)["status"] == "open")
      _ = try await bench.store.setStatus(original, at: nil, StatusChange(status: .resolved))
      for id in [copy, copyOfCopy] {
        let incident = try await bench.incident(id)
        #expect(incident["status"] == "resolved" && incident["resolved_at"] == 1_790_000_000)
      }
      #expect(
        try await bench.incident(copy)["timeline"]?.array?.last?["message"]
          == .string("Resolved with \(original), which it is a duplicate of"))
      let late = try await bench.declare("D")
      _ = try await bench.link(late, .duplicateOf, original)
      #expect(try await bench.incident(late)["status"] == "resolved")
      #expect(try await bench.ids(IncidentFilter(status: .open)) == [])
    }
  }

  @Test func `a provider's event may be a cause, and what there is not may not`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let link = try await bench.link(id, .causedBy, "aws:arn/1 \"x\"")
      #expect(link["target"] == "aws:arn/1 \"x\"")
      #expect(try await bench.incident(id)["links"] == [link])
      await #expect(throws: Failure.invalid("target", "must be the id of an incident; there is none with this one")) {
        try await bench.link(id, .causedBy, "INC-000000")
      }
    }
  }
}

@Suite struct ProviderNewsTests {
  @Test func `what a provider says of an event is told once to the incidents that link to it`() async throws {
    try await StoreBench.run { bench in
      let (linked, ended, other) = (try await bench.declare("A"), try await bench.declare("B"), try await bench.declare("C"))
      for id in [linked, ended] { _ = try await bench.link(id, .causedBy, "aws:e1") }
      _ = try await bench.link(other, .causedBy, "aws:e2")
      _ = try await bench.store.setStatus(ended, at: nil, StatusChange(status: .resolved))
      let data: JSONValue = [
        "cid": "cid-of-the-event",
        "event": [
          "id": "aws:e1", "provider": "aws", "title": "S3", "status": "monitoring",
          "updates": [["text": "First"], ["text": "A fix is out"]],
        ],
      ]
      let message = try BusMessage(
        JSONObject([
          ("event_name", "csp.event.updated"), ("event_uuid", "7a2b3c4d-0000-4000-8000-000000000001"),
          ("event_creation_time", "2026-09-21T10:00:00Z"), ("event_sender_id", "csp-ingestor"), ("data", data),
        ]))
      let news = ProviderNews(bench.store)
      for _ in 0..<2 { try await bench.asMachine { try await news.write(message) } }
      func told(_ id: String) async throws -> [String] {
        try await bench.incident(id)["timeline"]?.array?.filter { $0["type"] == "provider" }.compactMap { $0["message"]?.string } ?? []
      }
      #expect(try await told(linked) == ["aws (monitoring): A fix is out"])
      #expect(try await told(ended) + told(other) == [])
      try await bench.store.unlink(linked, at: nil, "1")
      #expect(try await bench.redis.command("EXISTS", "{test}:incidents:event:aws:e1").int == 1, "the ended one is still linked")
    }
  }
}

@Suite struct FollowersTests {
  @Test func `people follow, by asking, by a role, by writing, and stop`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      func followers() async throws -> [String] {
        try await bench.store.followers(id).map { try JSONValue(parsing: $0)["name"]?.string ?? "" }.sorted()
      }
      #expect(try await followers() == [])
      _ = try await bench.store.assign(id, at: nil, Assignment(user: "u1", role: .scribe), name: "Bob")
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .note, message: "Hm"))
      _ = try await bench.asMachine { try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .note, message: "Beep")) }
      #expect(try await followers() == ["Ada", "Bob"])
      #expect(try await bench.ids(IncidentFilter(follower: "u1")) == [id])
      let version = try await bench.store.detail(id).version
      let cleo = Person(id: "u2", name: "Cleo", email: "", role: .viewer, sessionID: nil)
      try await bench.store.follow(id, cleo, true)
      let before = try await bench.digest()
      try await bench.store.follow(id, cleo, true)
      #expect(try await bench.digest() == before)
      #expect(try await followers() == ["Ada", "Bob", "Cleo"])
      try await bench.store.follow(id, cleo, false)
      #expect(try await bench.ids(IncidentFilter(follower: "u2")) == [])
      #expect(try await followers() == ["Ada", "Bob"])
      #expect(try await bench.store.detail(id).version == version, "following is no change of the incident")
      let names = try await bench.eventNames().filter { $0.hasPrefix("incident.follower") }
      #expect(names == ["incident.follower.added", "incident.follower.added", "incident.follower.added", "incident.follower.removed"])
      await #expect(throws: Failure.notFound("There is no incident INC-000000.")) { try await bench.store.followers("INC-000000") }
    }
  }
}
