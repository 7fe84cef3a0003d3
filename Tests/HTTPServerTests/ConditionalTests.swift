import HTTPServer
import HTTPTypes
import Testing

@Suite struct ConditionalTests {
  private let tagged = Route(.get, "/") { request in
    Response(headerFields: [.contentType: "text/plain", .eTag: "\"v3\"", .cacheControl: "max-age=5"], body: .bytes([0x61])).conditional(
      on: request)
  }

  @Test(arguments: [
    ("\"v3\"", 304), ("W/\"v3\"", 304), ("*", 304), ("\"v1\", \"v3\"", 304), ("\"v1\",W/\"v3\" ", 304), ("\"a,b\", \"v3\"", 304),
    ("\"v1\"", 200), ("v3", 200), ("\"v3", 200), ("", 200), ("\"v3\"x\"", 304), ("\"V3\"", 200), ("\"a\", v3, \"v3\"", 200),
  ])
  func aKnownTagIs304(sent: String, status: Int) async throws {
    try await RunningServer.run([tagged]) { server in
      let wire = try server.connect()
      try await wire.send(get("/", "If-None-Match: \(sent)\r\n") + get("/"))
      let answer = try await wire.answer()
      #expect(answer.status == status)
      #expect(answer["ETag"] == "\"v3\"")
      #expect(answer["Cache-Control"] == "max-age=5")
      if status == 304 {
        #expect(answer["Content-Length"] == nil)
        #expect(answer["Content-Type"] == nil)
      }
      #expect(try await wire.answer().body == "a")
    }
  }

  @Test func onlyAGoodAnswerToAReadIsConditional() async throws {
    let post = Route(.post, "/") { request in Response(headerFields: [.eTag: "\"v3\""]).conditional(on: request) }
    let missing = Route(.get, "/missing") { request in
      Response(status: .notFound, headerFields: [.eTag: "\"v3\""]).conditional(on: request)
    }
    try await RunningServer.run([tagged, post, missing]) { server in
      func status(_ method: String, _ path: String) async throws -> Int {
        try await server.answer(to: get(path, "If-None-Match: *\r\n", method: method), isHead: method == "HEAD").status
      }
      let all = [try await status("HEAD", "/"), try await status("POST", "/"), try await status("GET", "/missing")]
      #expect(all == [304, 200, 404])
    }
  }
}
