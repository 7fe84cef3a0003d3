import HTTPServer
import HTTPTypes
import Testing

@Suite struct RoutingTests {
  private static func say(_ method: HTTPRequest.Method, _ template: String) -> Route {
    Route(method, template) { request in
      .text("\(request.route ?? "-") id=\(request.parameters["id"] ?? "-") sub=\(request.parameters["sub"] ?? "-")")
    }
  }
  private let routes = [
    say(.get, "/"), say(.get, "/things"), say(.post, "/things"), say(.get, "/things/{id}"), say(.put, "/things/{id}"),
    say(.get, "/things/special"), say(.delete, "/things/{id}/parts/{sub}"), say(.get, "/slash/"), say(.get, "/caf\u{E9}"),
  ]

  @Test(arguments: [
    ("GET", "/", "/ id=- sub=-"),
    ("GET", "/things", "/things id=- sub=-"),
    ("GET", "/things/", "/things id=- sub=-"),
    ("POST", "/things?x=1", "/things id=- sub=-"),
    ("GET", "/things/7", "/things/{id} id=7 sub=-"),
    ("GET", "/things/7/", "/things/{id} id=7 sub=-"),
    ("GET", "/things/special", "/things/special id=- sub=-"),
    ("GET", "/%74hings/%37", "/things/{id} id=7 sub=-"),
    ("GET", "/things/a%2Fb", "/things/{id} id=a/b sub=-"),
    ("GET", "/things/%252F", "/things/{id} id=%2F sub=-"),
    ("GET", "/things/a+b", "/things/{id} id=a+b sub=-"),
    ("GET", "/things/%E2%82%AC", "/things/{id} id=\u{20AC} sub=-"),
    ("GET", "/caf%C3%A9", "/caf\u{E9} id=- sub=-"),
    ("GET", "/slash/", "/slash/ id=- sub=-"),
    ("DELETE", "/things/1/parts/2", "/things/{id}/parts/{sub} id=1 sub=2"),
  ])
  func aRouteIsFound(method: String, target: String, expected: String) async throws {
    try await RunningServer.run(routes) { server in
      let answer = try await server.answer(to: get(target, method: method))
      #expect(answer.status == 200)
      #expect(answer.body == expected)
    }
  }

  @Test(arguments: ["/nothing", "/things/7/parts", "//things", "/things//", "/slash", "/THINGS", "/things/..", "/things/7/parts/"])
  func whatIsNotRoutedIs404(target: String) async throws {
    try await RunningServer.run(routes) { server in
      let answer = try await server.answer(to: get(target))
      #expect(answer.status == (target == "/things/.." ? 200 : 404))
      #expect(answer["Allow"] == nil)
    }
  }

  @Test func anotherMethodIs405WithAllow() async throws {
    try await RunningServer.run(routes) { server in
      let answer = try await server.answer(to: get("/things", method: "DELETE"))
      #expect(answer.status == 405)
      #expect(answer["Allow"] == "GET, POST, HEAD, OPTIONS")
      #expect(try await server.answer(to: get("/things", method: "TRACE")).status == 405)
      let onPut = try await server.answer(to: get("/things/7/parts/1", method: "PUT"))
      #expect(onPut.status == 405)
      #expect(onPut["Allow"] == "DELETE, OPTIONS")
    }
  }

  @Test func optionsNamesTheMethods() async throws {
    try await RunningServer.run(routes) { server in
      let answer = try await server.answer(to: get("/things/7", method: "OPTIONS"))
      #expect(answer.status == 204)
      #expect(answer["Allow"] == "GET, PUT, HEAD, OPTIONS")
      #expect(answer["Content-Length"] == nil)
      let star = try await server.answer(to: get("*", method: "OPTIONS"))
      #expect(star.status == 204)
      let nothing = try await server.answer(to: get("/nothing", method: "OPTIONS"))
      #expect(nothing.status == 404)
    }
  }

  @Test func headIsGetWithoutBody() async throws {
    try await RunningServer.run(routes) { server in
      let wire = try server.connect()
      try await wire.send(get("/things", method: "HEAD") + get("/things"))
      let head = try await wire.answer(toHead: true)
      #expect(head.status == 200)
      #expect(head["Content-Length"] == "18")
      #expect(try await wire.answer().body == "/things id=- sub=-")
    }
  }

  @Test(arguments: [
    ("/q?a=1&b=x+y&c=%2B%26%3D&a=2", "a=1;b=x y;c=+&=;a=2|a=1&b=x+y&c=%2B%26%3D&a=2"),
    ("/q?d&=e&%2541=1&&", "d=;=e;%41=1|d&=e&%2541=1&&"),
    ("/q", "|-"),
    ("/q?", "|"),
    ("/q?a=?/", "a=?/|a=?/"),
  ])
  func aQueryIsDecodedOnce(target: String, expected: String) async throws {
    let echo = Route(.get, "/q") { request in
      let items = request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
      return .text("\(items)|\(request.rawQuery ?? "-") \(request.target)")
    }
    try await RunningServer.run([echo]) { server in
      let answer = try await server.answer(to: get(target))
      #expect(answer.body == "\(expected) \(target)")
    }
  }

  @Test func middlewareWrapsAllAnswersOutermostFirst() async throws {
    let trace = try #require(HTTPField.Name("X-Trace"))
    func mark(_ letter: String) -> Middleware {
      { request, next in
        var response: Response
        do { response = try await next(request) } catch is RoutingFailure { response = .text("caught", status: .notFound) }
        response.headerFields[trace] = (response.headerFields[trace] ?? "") + letter
        return response
      }
    }
    try await RunningServer.run(routes, middleware: [mark("a"), mark("b")]) { server in
      let found = try await server.answer(to: get("/things"))
      #expect(found["X-Trace"] == "ba")
      let missing = try await server.answer(to: get("/none"))
      #expect(missing["X-Trace"] == "ba")
      let notAllowed = try await server.answer(to: get("/things", method: "PATCH"))
      #expect(notAllowed.body == "caught")
    }
  }

  @Test func whatAHandlerThrowsIsAnEmptyHanded500() async throws {
    struct Secret: Error { let word = "swordfish" }
    try await RunningServer.run([Route(.get, "/") { _ in throw Secret() }]) { server in
      let wire = try server.connect()
      try await wire.send(get("/") + get("/"))
      let answer = try await wire.answer()
      #expect(answer.status == 500)
      #expect(!answer.body.contains("swordfish"))
      #expect(try await wire.answer().status == 500)
    }
  }

  @Test func theServerAloneSaysHowAMessageIsSent() async throws {
    let route = Route(.get, "/") { _ in
      Response(
        headerFields: [.contentLength: "99", .connection: "close", .transferEncoding: "chunked", .date: "never"], body: .bytes([0x61]))
    }
    try await RunningServer.run([route]) { server in
      let answer = try await server.answer(to: get("/"))
      #expect(answer.fields.map(\.name) == ["Date", "Content-Length"])
      #expect(answer["Content-Length"] == "1")
    }
  }
}
