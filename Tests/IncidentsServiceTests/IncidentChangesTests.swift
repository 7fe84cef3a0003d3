import JSONBytes
import Messaging
import RedisClient
import ServiceCalls
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct IncidentChangesTests {
  @Test func `a declared incident is read back as it was sent, and is on the bus once`() async throws {
    try await StoreBench.run { bench in
      let asked = NewIncident(
        title: #"Checkout "down" — 5\6"#, severity: 1, services: ["Shop", "paiement é"], summary: "", source: .csp,
        external: External(provider: "aws", id: "e1", url: nil), cid: "cid-of-a-shop")
      let declared = try await bench.store.create(asked)
      let incident = try await bench.incident(declared.id)
      #expect(declared.isNew && declared.record.version == 1)
      #expect(incident["title"] == .string(asked.title))
      #expect(incident["services"] == ["Shop", "paiement é"])
      #expect(incident["summary"] == "" && incident["source"] == "csp" && incident["status"] == "open" && incident["sev"] == 1)
      #expect(incident["external"] == ["provider": "aws", "id": "e1", "url": nil])
      #expect(incident["started_at"] == 1_790_000_000 && incident["updated_at"] == 1_790_000_000)
      #expect(incident["commander"] == .null && incident["parent"] == .null && incident["public"] == false)
      #expect(incident["roles"] == .object(JSONObject()) && incident["cid"] == "cid-of-a-shop")
      #expect(incident["timeline"]?.array?.map { $0["type"] } == ["created"])
      #expect(incident["postmortem"] == .null && incident["links"] == [])
      let events = try await bench.events()
      #expect(events.map(\.name) == ["incident.created"])
      let record = try declared.record.value
      #expect(events[0].data["incident"] == record && events[0].data["cid"] == "cid-of-the-test")
    }
  }

  @Test func `a null member, and an incident with nothing optional, stay right`() async throws {
    try await StoreBench.run { bench in
      let incident = try await bench.incident(bench.declare())
      for member in ["commander", "external", "cid", "parent", "acknowledged_at", "mitigated_at", "resolved_at"] {
        #expect(incident[member] == .null)
      }
      #expect(incident["services"] == [])
    }
  }

  @Test func `an update changes what is given, tells old and new, and nothing else`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      var change = IncidentChange(title: "Payments down", severity: 2, services: ["pay"])
      let record = try await bench.store.update(id, at: nil, change)
      #expect(try record.value["title"] == "Payments down")
      let changed: JSONValue = ["title": ["old": "Checkout down", "new": "Payments down"], "services": ["old": [], "new": ["pay"]]]
      let entry = try await bench.incident(id)["timeline"]?[1]
      #expect(entry?["type"] == "changed" && entry?["details"] == changed && entry?["message"] == "Changed title, services")
      #expect(try await bench.events().last?.data["changed"] == changed)

      let before = try await bench.digest()
      #expect(try await bench.store.update(id, at: nil, change).version == 2)
      #expect(try await bench.digest() == before)

      change = IncidentChange(cid: .set("cid-of-a-shop"))
      #expect(try await bench.store.update(id, at: nil, change).value["cid"] == "cid-of-a-shop")
      #expect(try await bench.ids(IncidentFilter(cid: "cid-of-a-shop")) == [id])
      #expect(try await bench.store.update(id, at: nil, IncidentChange(cid: .empty)).value["cid"] == .null)
      #expect(try await bench.ids(IncidentFilter(cid: "cid-of-a-shop")) == [])
    }
  }

  @Test func `roles are given, taken over and found by commander`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      _ = try await bench.store.assign(id, at: nil, Assignment(user: "u1"), name: "Ada")
      _ = try await bench.store.assign(id, at: nil, Assignment(user: "u3", role: .commsLead), name: "Cleo")
      let record = try await bench.store.assign(id, at: nil, Assignment(user: "u2"), name: "Bob")
      let value = try record.value
      #expect(value["commander"] == "u2" && value["roles"] == ["commander": "u2", "comms_lead": "u3"])
      #expect(try await bench.ids(IncidentFilter(commander: "u1")) == [])
      #expect(try await bench.ids(IncidentFilter(commander: "u2")) == [id])
      let last = try await bench.events().last
      #expect(last?.name == "incident.assigned" && last?.data["previous"] == "u1" && last?.data["user"] == ["id": "u2", "name": "Bob"])
      let entries = try await bench.incident(id)["timeline"]?.array ?? []
      #expect(entries[2]["message"] == "Assigned Cleo as communications lead")

      let before = try await bench.digest()
      #expect(try await bench.store.assign(id, at: nil, Assignment(user: "u2"), name: "Bob") == record)
      #expect(try await bench.digest() == before)
    }
  }

  @Test(arguments: Status.allCases, Status.allCases)
  func `every pair of statuses does what the rules say`(from: Status, to: Status) async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      if from != .open { _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: from)) }
      let before = try await bench.digest()
      if from != to, !from.next.contains(to) {
        await #expect(throws: from.refusal(of: to)) { _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: to)) }
        #expect(try await bench.digest() == before)
        return
      }
      let record = try await bench.store.setStatus(id, at: nil, StatusChange(status: to, message: "So be it"))
      #expect(try record.value["status"] == .string(to.rawValue))
      for status in Status.allCases { #expect(try await bench.ids(IncidentFilter(status: status)) == (status == to ? [id] : [])) }
      if from == to { return #expect(try await bench.digest() == before) }
      let event = try await bench.events().last
      #expect(event?.name == "incident.status.changed" && event?.data["message"] == "So be it")
      #expect(event?.data["old"] == .string(from.rawValue) && event?.data["new"] == .string(to.rawValue))
    }
  }

  @Test func `the times of mitigation and resolution hold as long as they do`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      func times(_ status: Status, at time: Int) async throws -> [JSONValue?] {
        bench.setTime(time)
        let value = try await bench.store.setStatus(id, at: nil, StatusChange(status: status)).value
        return [value["mitigated_at"], value["resolved_at"]]
      }
      #expect(try await times(.mitigated, at: 1_790_000_100) == [1_790_000_100, .null])
      #expect(try await times(.resolved, at: 1_790_000_200) == [1_790_000_100, 1_790_000_200])
      #expect(try await times(.open, at: 1_790_000_300) == [.null, .null])
      #expect(try await times(.resolved, at: 1_790_000_400) == [.null, 1_790_000_400])
    }
  }

  @Test func `a machine's changes acknowledge nothing; a person's do, by what they are`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      func marks() async throws -> [JSONValue?] {
        let incident = try await bench.incident(id)
        return [incident["acknowledged_at"], incident["touched_by_human"]]
      }
      try await bench.asMachine {
        _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .update, message: "Provider says so"))
        _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: .mitigated))
      }
      #expect(try await marks() == [.null, false])
      #expect(try await bench.incident(id)["timeline"]?[1]?["author"] == ["kind": "application", "id": "watcher", "name": "watcher"])
      _ = try await bench.store.update(id, at: nil, IncidentChange(severity: 4))
      #expect(try await marks() == [.null, true])
      bench.setTime(1_790_000_060)
      _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .note, message: "On it"))
      bench.setTime(1_790_000_120)
      _ = try await bench.store.setStatus(id, at: nil, StatusChange(status: .resolved))
      #expect(try await marks() == [1_790_000_060, true])
    }
  }

  @Test func `an entry says who, when and under which correlation id, and is on the bus`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      let entry = try await bench.store.addEntry(
        id, at: nil, NewTimelineEntry(kind: .mitigation, message: "Rolled back", visibility: .public))
      let expected: JSONValue = [
        "id": 2, "type": "mitigation", "message": "Rolled back", "visibility": "public",
        "author": ["kind": "user", "id": .string(StoreBench.ada.id), "name": "Ada"], "at": 1_790_000_000, "cid": "cid-of-the-test",
        "details": .object(JSONObject()),
      ]
      #expect(try entry.value == expected)
      #expect(try await bench.store.entries(id, start: 1, count: 5).items == [entry.json])
      let event = try await bench.events().last
      #expect(event?.name == "incident.timeline.added" && event?.data["entry"] == expected && event?.data["version"] == 2)
    }
  }

  @Test func `a full timeline takes no more from people, and still tells what happens`() async throws {
    try await StoreBench.run { bench in
      let id = try await bench.declare()
      _ = try await bench.redis.command("HSET", "{test}:incidents:incident:\(id)", "entries", .integer(Bounds.timelineEntries))
      await #expect(throws: Failure.conflict("This timeline has its 10000 entries; it takes no more.")) {
        _ = try await bench.store.addEntry(id, at: nil, NewTimelineEntry(kind: .note, message: "One more"))
      }
      #expect(try await bench.store.setStatus(id, at: nil, StatusChange(status: .resolved)).version == 2)
    }
  }
}
