import HTTPTypes
import JSONBytes
import PrivateServers
import ServiceCalls
import Testing

extension OverHTTP {
  @Suite struct InputTests {
    private static let long = String(repeating: "é", count: 20_001)

    private static func refusals(_ id: String) -> [(method: HTTPRequest.Method, path: String, body: JSONValue, fields: [String])] {
      let one = "/api/v1/incidents/\(id)"
      let text = JSONValue.string(long)
      return [
        (.post, "/api/v1/incidents", .object(JSONObject()), ["sev", "title"]),
        (.post, "/api/v1/incidents", ["title": " \n ", "sev": 0], ["sev", "title"]),
        (.post, "/api/v1/incidents", ["title": .string(String(repeating: "a", count: 201)), "sev": "1"], ["sev", "title"]),
        (
          .post, "/api/v1/incidents",
          [
            "title": "A\u{0}B", "sev": 5, "services": [""], "summary": text, "source": "me", "external": ["provider": "aws"],
            "cid": "short",
          ],
          ["cid", "external.id", "services", "sev", "source", "summary", "title"]
        ),
        (
          .post, "/api/v1/incidents",
          ["title": 1, "sev": .number(1.5), "services": "shop", "external": ["provider": "p", "id": "i", "url": "javascript:x"]],
          ["external.url", "services", "sev", "title"]
        ),
        (.post, "/api/v1/incidents", ["title": "A", "sev": 1, "external": "aws"], ["external"]),
        (
          .patch, one, ["title": "", "sev": 9, "services": [1], "summary": text, "cid": "white space"],
          ["cid", "services", "sev", "summary", "title"]
        ),
        (.post, "\(one)/assign", ["role": "king"], ["commander", "role"]),
        (.post, "\(one)/status", ["message": "x"], ["status"]),
        (.post, "\(one)/status", ["status": "closed", "message": text], ["message", "status"]),
        (.post, "\(one)/timeline", ["type": "created", "message": "", "visibility": "secret"], ["message", "type", "visibility"]),
        (.post, "\(one)/timeline", ["type": "note", "message": text], ["message"]),
        (
          .post, "\(one)/postmortem",
          [
            "what_happened": text, "impact": 1, "contributing_factors": [""], "state": "public",
            "action_items": ["", ["owner": "a b", "due_at": -1, "done": "no"], 7],
          ],
          [
            "action_items[0]", "action_items[1].done", "action_items[1].due_at", "action_items[1].owner", "action_items[1].title",
            "action_items[2]", "contributing_factors", "impact", "root_cause", "state", "what_happened",
          ]
        ),
        (
          .post, "\(one)/postmortem",
          ["what_happened": "a", "root_cause": "b", "action_items": .array(Array(repeating: "c", count: 101))], ["action_items"]
        ),
      ]
    }

    @Test func `what cannot be accepted is named, every field of it, and stores nothing`() async throws {
      let bench = try await ServiceBench.shared.value
      let id = try await bench.declare()
      let before = try await bench.stored()
      for (method, path, body, fields) in Self.refusals(id) {
        let answer = try await bench.ask(method, path, body)
        #expect(answer.status == 400 && answer.refused == fields, "\(path) \(body.text.prefix(200))")
        #expect(answer.fields[.contentType] == "application/problem+json")
      }
      #expect(try await bench.stored() == before)
    }

    @Test func `a body that is no JSON object, or of another type, is refused`() async throws {
      let bench = try await ServiceBench.shared.value
      let json: HTTPFields = [.contentType: "application/json"]
      for text in ["", "{", "[]", "null", #"{"title":"A","sev":1}}"#] {
        let answer = try await bench.ask(.post, "/api/v1/incidents", text: text, json)
        #expect(answer.status == 400)
      }
      let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
      #expect(try await bench.ask(.post, "/api/v1/incidents", text: #"{"title":"A","sev":1}"#, form).status == 201)
      #expect(try await bench.ask(.post, "/api/v1/incidents", text: "<a/>", [.contentType: "application/xml"]).status == 415)
    }

    @Test func `a query that cannot be accepted is named, every part of it`() async throws {
      let bench = try await ServiceBench.shared.value
      let query = "status=closed&sev=5&service=&q=!&commander=a%20b&source=x&cid=x&from=-1&to=x&sort=title&startIndex=-1&maxResults=501"
      let answer = try await bench.ask(.get, "/api/v1/incidents?\(query)")
      #expect(answer.status == 400)
      #expect(
        answer.refused == ["cid", "commander", "from", "maxResults", "q", "service", "sev", "sort", "source", "startIndex", "status", "to"])
    }

    @Test func `who may call what is as the swagger says`() async throws {
      let bench = try await ServiceBench.shared.value
      let id = try await bench.declare()
      let one = "/api/v1/incidents/\(id)"
      let before = try await bench.stored()
      for path in ["/api/v1/incidents", "\(one)/assign", "\(one)/status", "\(one)/timeline", "\(one)/postmortem"] {
        #expect(try await bench.ask(.post, path, ["title": "A", "sev": 1], as: bench.viewer).status == 403)
        #expect(try await bench.ask(.post, path, ["title": "A", "sev": 1], as: nil).status == 401)
      }
      #expect(try await bench.ask(.patch, one, ["sev": 2], as: bench.viewer).status == 403)
      #expect(try await bench.stored() == before)
      for path in ["/api/v1/incidents", one, "\(one)/timeline"] {
        #expect(try await bench.ask(.get, path, as: bench.viewer).status == 200)
        #expect(try await bench.ask(.get, path, as: nil).status == 401)
      }
    }

    @Test func `what is not there is 404, also under a name no incident can have`() async throws {
      let bench = try await ServiceBench.shared.value
      for id in ["INC-000000", "INC-UUUUUU", "x", "..%2F..", "INC-000000:words"] {
        let answer = try await bench.ask(.get, "/api/v1/incidents/\(id)")
        #expect(answer.status == 404 && answer.json["cid"]?.string == answer.fields[.correlationID])
      }
    }

    @Test func `with Redis away there is a 503, and nothing is promised`() async throws {
      try await ServiceBench.run { bench in
        let id = try await bench.declare()
        await bench.redis.kill()
        let answer = try await bench.ask(.patch, "/api/v1/incidents/\(id)", ["sev": 3])
        #expect(answer.status == 503 && answer.fields[.retryAfter] != nil)
      }
    }
  }
}
