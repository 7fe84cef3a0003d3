import HTTPTypes
import JSONBytes
import Messaging
import ServiceRuntime
import StatusModel
import Testing

@testable import UsersService

@Suite struct NoticesTests {
  private static let machine: JSONValue = ["kind": "application", "id": "probe", "name": "probe"]
  private static let ada: JSONValue = ["kind": "user", "id": "ada", "name": "Ada"]

  private func notice(_ name: String, by actor: JSONValue = ada, _ more: [(String, JSONValue)] = []) throws -> Notice? {
    let data: [(String, JSONValue)] = [("cid", "cid-of-a-test"), ("actor", actor), ("incident_id", "INC-000001")]
    return Notice(
      try BusMessage(
        JSONObject([
          ("event_name", .string(name)), ("event_uuid", "6f4703db-79b4-495e-b1d1-bdc0fcfe3d77"),
          ("event_creation_time", "2026-03-01T09:30:00Z"), ("event_sender_id", "incidents"), ("data", .object(JSONObject(data + more))),
        ])))
  }

  @Test func `a machine's incident wakes by its severity, a person's nobody`() throws {
    for (severity, levels) in [(1, [Notify.all, .sev2, .sev1]), (2, [.all, .sev2]), (3, [.all]), (4, [.all])] {
      let incident: JSONValue = ["sev": .integer(severity)]
      let opened = try notice("incident.created", by: Self.machine, [("incident", incident)])
      #expect(opened == Notice(template: .incidentOpened, incident: "INC-000001", levels: levels))
      #expect(try notice("incident.created", [("incident", incident)]) == nil)
      let alert: JSONValue = ["sev": .integer(severity), "source": "alert"]
      #expect(try notice("incident.created", [("incident", alert)]) == opened)
      let reminder = try notice("incident.reminder", by: Self.machine, [("incident", incident)])
      #expect(reminder == Notice(template: .incidentReminder, incident: "INC-000001", followers: true, levels: levels))
    }
  }

  @Test func `news are what somebody does, and they know what they did`() throws {
    let news = Notice(template: .incidentNews, incident: "INC-000001", followers: true, doer: "ada")
    #expect(try notice("incident.status.changed") == news)
    #expect(try notice("incident.timeline.added", [("entry", ["type": "note"])]) == news)
    #expect(try notice("incident.timeline.added", [("entry", ["type": "flag"])]) == nil)
    #expect(try notice("incident.updated", [("changed", ["sev": ["old": 3, "new": 1]])]) == news)
    #expect(try notice("incident.updated", [("changed", ["summary": ["old": "", "new": "x"]])]) == nil)
    #expect(try notice("incident.postmortem.saved", [("state", "published")]) == news)
    #expect(try notice("incident.postmortem.saved", [("state", "draft")]) == nil)
    #expect(try notice("incident.follower.added") == nil)
    let assigned = Notice(template: .incidentAssigned, incident: "INC-000001", people: ["bob"], doer: "ada")
    #expect(try notice("incident.assigned", [("user", ["id": "bob"])]) == assigned)
    #expect(try notice("incident.status.changed", by: Self.machine)?.doer == nil)
  }

  @Test func `one mail a person and incident, and what had to wait comes when the pause is over`() async throws {
    try await UsersWorld.run { world in
      let ada = try await world.addUser("Ada", role: .sre)
      let bob = try await world.addUser("Bob", role: .sre)
      let quiet = try await world.addUser("Quiet")
      _ = try await world.call(.put, "/api/v1/users/\(quiet.id)", ["notify": "none"], token: quiet.token)
      func notify(_ notice: Notice, _ event: String, cid: String = "cid-of-a-test") async throws -> Int {
        try await world.node.onLoop { [store = world.store] in
          try await CorrelationID.$current.withValue(cid) { try await store.notify(notice, of: event) }
        }
      }
      func asked() async throws -> [JSONValue] {
        try await world.messages().filter { $0.name == "request.comms.mail.send" }.map { .object($0.data) }
      }
      let everybody = [ada.id, bob.id, quiet.id, "nobody"]
      let news = Notice(template: .incidentNews, incident: "INC-000001", people: everybody, doer: bob.id)
      #expect(try await notify(news, "one") == 1, "Bob did it, Quiet wants none, nobody is nobody")
      #expect(try await notify(news, "one") == 0, "the same event again")
      #expect(try await notify(news, "two") == 0, "within the pause")
      #expect(try await notify(news, "three", cid: "the-last-of-them") == 0)
      #expect(try await asked().map { $0["user_id"]?.string } == [ada.id])
      let other = Notice(template: .incidentNews, incident: "INC-000002", people: [ada.id])
      #expect(try await notify(other, "four") == 1, "another incident")
      let opened = Notice(template: .incidentOpened, incident: "INC-000001", levels: [.all, .sev2])
      #expect(try await notify(opened, "five") == 2, "Bob and the administrator; Ada has heard of it")

      world.clock.advance(.seconds(301))
      while try await asked().count < 5 { try await world.node.onLoop { [store = world.store] in try await store.notifyLate() } }
      let late = try #require(try await asked().last)
      #expect(late["user_id"]?.string == ada.id && late["incident_id"] == "INC-000001" && late["template"] == "incident_opened")
      #expect(late["cid"] == "cid-of-a-test", "of the last thing that happened")
      world.clock.advance(.seconds(3_000))
      try await world.node.onLoop { [store = world.store] in try await store.notifyLate() }
      #expect(try await asked().count == 5)
    }
  }
}
