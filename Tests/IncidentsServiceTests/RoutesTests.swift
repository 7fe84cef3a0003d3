import HTTPTypes
import JSONBytes
import ServiceCalls
import Testing

extension OverHTTP {
  @Suite struct RoutesTests {
    @Test func `an incident goes its whole way over HTTP`() async throws {
      let bench = try await ServiceBench.shared.value
      let created = try await bench.ask(
        .post, "/api/v1/incidents", ["title": "  Checkout down ", "sev": 1, "services": ["Shop"], "summary": "Since 14:00", "unknown": 1])
      #expect(created.status == 201)
      let id = try #require(created.json["id"]?.string)
      #expect(created.fields[.location] == "/api/v1/incidents/\(id)" && created.fields[.eTag] == "\"v1\"")
      #expect(created.json["title"] == "Checkout down" && created.json["source"] == "manual")

      let assigned = try await bench.ask(.post, "/api/v1/incidents/\(id)/assign", ["commander": .string(bench.sreID)])
      #expect(assigned.status == 200 && assigned.json["commander"] == .string(bench.sreID) && assigned.fields[.eTag] == "\"v2\"")
      let entry = try await bench.ask(
        .post, "/api/v1/incidents/\(id)/timeline", ["type": "update", "message": "Rolling back"], [.correlationID: "cid-of-the-entry"])
      #expect(entry.status == 200 && entry.json["cid"] == "cid-of-the-entry" && entry.json["author"]?["name"] == "Ada")
      #expect(try await bench.ask(.patch, "/api/v1/incidents/\(id)", ["sev": 2]).json["sev"] == 2)
      let resolved = try await bench.ask(.post, "/api/v1/incidents/\(id)/status", ["status": "resolved", "message": "Done"])
      #expect(resolved.status == 200 && resolved.json["status"] == "resolved")
      let postmortem = try await bench.ask(
        .post, "/api/v1/incidents/\(id)/postmortem",
        ["what_happened": "This", "root_cause": "That", "action_items": ["Test it", ["title": "Watch it", "done": true]]])
      #expect(postmortem.status == 200)
      #expect(postmortem.json["action_items"]?.array?.map { $0["done"] } == [false, true])

      let detail = try await bench.ask(.get, "/api/v1/incidents/\(id.lowercased())", as: bench.viewer)
      #expect(detail.status == 200 && detail.fields[.eTag] == "\"v6\"")
      #expect(
        detail.json["timeline"]?.array?.compactMap { $0["type"]?.string } == [
          "created", "assigned", "update", "changed", "status", "postmortem",
        ])
      #expect(detail.json["postmortem"] == postmortem.json)
      #expect(detail.json["acknowledged_at"]?.integer != nil && detail.json["touched_by_human"] == true)
      let again = try await bench.ask(.get, "/api/v1/incidents/\(id)", as: bench.viewer, [.ifNoneMatch: "\"v6\""])
      #expect(again.status == 304 && again.body.isEmpty)
    }

    @Test func `a postmortem is JSON, or Markdown for who prefers it`() async throws {
      let bench = try await ServiceBench.shared.value
      let id = try await bench.declare()
      #expect(try await bench.ask(.get, "/api/v1/incidents/\(id)/postmortem").status == 404)
      _ = try await bench.ask(.post, "/api/v1/incidents/\(id)/postmortem", ["what_happened": "This", "root_cause": "That"])
      let json = try await bench.ask(.get, "/api/v1/incidents/\(id)/postmortem")
      #expect(json.json["root_cause"] == "That" && json.fields[.vary] == "Accept")
      let text = try await bench.ask(.get, "/api/v1/incidents/\(id)/postmortem", nil, [.accept: "text/markdown"])
      #expect(text.fields[.contentType] == "text/markdown; charset=utf-8")
      #expect(String(decoding: text.body, as: UTF8.self).hasPrefix("# Postmortem of \(id): Checkout down\n\nDraft"))
    }

    @Test func `lists are filtered and paged, and say how many there are`() async throws {
      let bench = try await ServiceBench.shared.value
      var ids: [String] = []
      for number in 1...5 {
        ids.append(
          try await bench.declare(["title": .string("Number \(number) of five"), "sev": .integer(number % 2 + 1), "services": ["Shop"]]))
      }
      let page = try await bench.ask(.get, "/api/v1/incidents?service=shop&q=five&startIndex=1&maxResults=2", as: bench.viewer)
      #expect(page.json.array?.compactMap { $0["id"]?.string } == [ids[3], ids[2]])
      #expect(page.fields[.totalCount] == "5" && page.fields[.link]?.contains("startIndex=3") == true)
      #expect(page.json[0]?["timeline"] == nil, "lists stay light")
      let oldest = try await bench.ask(.get, "/api/v1/incidents?sev=2&q=five&sort=started_at")
      #expect(oldest.json.array?.compactMap { $0["id"]?.string } == [ids[0], ids[2], ids[4]])
      let timeline = try await bench.ask(.get, "/api/v1/incidents/\(ids[0])/timeline?maxResults=1")
      #expect(timeline.json.array?.count == 1 && timeline.fields[.totalCount] == "1")
    }

    @Test func `the same external is one incident: 201, then 200`() async throws {
      let bench = try await ServiceBench.shared.value
      let external: JSONValue = ["title": "AWS: S3", "sev": 2, "source": "csp", "external": ["provider": "aws", "id": "e1"]]
      let first = try await bench.ask(.post, "/api/v1/incidents", external)
      let second = try await bench.ask(.post, "/api/v1/incidents", external)
      #expect(first.status == 201 && second.status == 200 && first.body == second.body)
      #expect(second.fields[.location] == first.fields[.location])
    }

    @Test func `a version that is over is refused with 412`() async throws {
      let bench = try await ServiceBench.shared.value
      let id = try await bench.declare()
      _ = try await bench.ask(.patch, "/api/v1/incidents/\(id)", ["sev": 3], [.ifMatch: "\"v1\""])
      for tag in ["\"v1\"", "\"v3\"", "\"other\"", "v2"] {
        #expect(try await bench.ask(.patch, "/api/v1/incidents/\(id)", ["sev": 4], [.ifMatch: tag]).status == 412)
      }
      for tag in ["\"v2\"", "*"] {
        #expect(try await bench.ask(.patch, "/api/v1/incidents/\(id)", ["sev": 4], [.ifMatch: tag]).status == 200)
      }
    }

    @Test func `a change of status that is not legal is refused with what is`() async throws {
      let bench = try await ServiceBench.shared.value
      let id = try await bench.declare()
      _ = try await bench.ask(.post, "/api/v1/incidents/\(id)/status", ["status": "resolved"])
      let refused = try await bench.ask(.post, "/api/v1/incidents/\(id)/status", ["status": "mitigated"])
      #expect(refused.status == 409)
      #expect(refused.json["detail"] == "An incident that is resolved can become open, not mitigated.")
    }

    @Test func `only an sre or an admin can be assigned, and users must be there to say so`() async throws {
      try await ServiceBench.run { bench in
        let id = try await bench.declare()
        let before = try await bench.stored()
        for user in [bench.viewerID, "00000000-0000-4000-8000-000000000000", "no/such user"] {
          let refused = try await bench.ask(.post, "/api/v1/incidents/\(id)/assign", ["commander": .string(user), "role": "scribe"])
          #expect(refused.status == 400 && refused.refused == ["commander"])
        }
        #expect(try await bench.ask(.post, "/api/v1/incidents/INC-000000/assign", ["commander": .string(bench.sreID)]).status == 404)
        await bench.stopUsers()
        let refused = try await bench.ask(.post, "/api/v1/incidents/\(id)/assign", ["commander": .string(bench.sreID)])
        #expect(refused.status == 503 && refused.fields[.retryAfter] != nil)
        #expect(try await bench.stored() == before)
      }
    }
  }
}
