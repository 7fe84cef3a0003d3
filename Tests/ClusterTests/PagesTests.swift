import FoundationEssentials
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// The pages as a browser without JavaScript uses them, against the real services.
struct PagesTests {
  @Test func signingInAndOut() async throws {
    try await Cluster.with { cluster in
      var visitor = Browser(cluster)
      let form = try await visitor.get("/login?next=/password")
      #expect(form.status == .ok && form.text.contains("autocomplete=\"current-password\""))
      let wrong = try await visitor.post("/login", ["email": Cluster.adminMail, "password": "wrong", "next": "/password"])
      #expect(wrong.status == .unauthorized && wrong.text.contains("do not match") && wrong.text.contains(Cluster.adminMail))
      let signedIn = try await visitor.post("/login", ["email": Cluster.adminMail, "password": Cluster.adminPassword, "next": "/password"])
      #expect(signedIn.status == .seeOther && signedIn.location == "/password")
      let set = signedIn.setCookies.first { $0.hasPrefix("polystatus=") } ?? ""
      #expect(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"))
      let dashboard = try await visitor.get("/dashboard")
      #expect(dashboard.status == .ok && dashboard.text.contains("Sign out") && dashboard.headerFields[.cacheControl] == "no-store")
      let out = try await visitor.post("/logout", [:])
      #expect(out.status == .seeOther && out.location == "/")
      #expect(try await visitor.get("/dashboard").location == "/login?next=%2Fdashboard")
    }
  }

  @Test func aFormWithoutItsTokenIsRefused() async throws {
    try await Cluster.with { cluster in
      var visitor = Browser(cluster)
      _ = try await visitor.get("/login")
      let login = ["email": Cluster.adminMail, "password": Cluster.adminPassword]
      #expect(try await visitor.post("/login", login, csrf: "").status == .forbidden)
      #expect(try await visitor.post("/login", login, csrf: String(repeating: "0", count: 64)).status == .forbidden)
      var stranger = Browser(cluster)
      _ = try await stranger.get("/login")
      let borrowed = try await visitor.post("/login", login, csrf: stranger.csrf)
      #expect(borrowed.status == .forbidden && borrowed.text.contains("older than your session"))
      #expect(borrowed.text.contains(borrowed.cid ?? "-"))
      visitor.cookies = [:]
      #expect(try await visitor.post("/login", login, csrf: visitor.csrf).status == .forbidden)
      let before = stranger.csrf
      #expect(try await stranger.post("/login", login).status == .seeOther)
      #expect(try await stranger.post("/logout", [:], csrf: before).status == .forbidden)
      #expect(try await cluster.call(.frontend, .post, "/login", ["email": "a"]).status == .unsupportedMediaType)
    }
  }

  @Test func registeringChangingAndForgettingAPassword() async throws {
    try await Cluster.with { cluster in
      var visitor = Browser(cluster)
      _ = try await visitor.get("/register?lang=fr")
      let short = try await visitor.post("/register?lang=fr", ["name": "Ann", "email": "ann@example.org", "password": "short"])
      #expect(short.status == .badRequest && short.text.contains("aria-invalid=\"true\"") && short.text.contains("Nouveau mot de passe"))
      let made = try await visitor.post("/register", ["name": "Ann <b>", "email": "ann@example.org", "password": "a long password"])
      #expect(made.status == .seeOther && made.location == "/dashboard")
      #expect(try await visitor.get("/dashboard").text.contains("Hello, Ann &lt;b&gt;"))
      _ = try await visitor.get("/password")
      let wrong = try await visitor.post("/password", ["current_password": "not it", "password": "another password"])
      #expect(wrong.status == .forbidden)
      let changed = try await visitor.post("/password", ["current_password": "a long password", "password": "another password"])
      #expect(changed.status == .ok && changed.text.contains("Your password is set"))
      _ = try await cluster.signIn("ann@example.org", "another password")
      var other = Browser(cluster)
      _ = try await other.get("/password/forgot")
      for mail in ["ann@example.org", "nobody@example.org"] {
        #expect(try await other.post("/password/forgot", ["email": mail]).text.contains("Look into your mail"))
      }
      let link = try await other.post(
        "/password/reset", ["token": "psl_\(String(repeating: "0", count: 64))", "password": "yet another one"])
      #expect(link.status == .conflict && link.text.contains("too old"))
    }
  }

  @Test func publicPagesAreSnapshots() async throws {
    try await Cluster.with { cluster in
      let page = try await cluster.call(.frontend, .get, "/", headers: ["Accept-Language": "fr", "Accept": "text/html"])
      #expect(page.status == .ok && page.headerFields[.vary] == "Accept-Language, Accept-Encoding" && page.headerFields[.setCookie] == nil)
      #expect(page.headerFields[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
      #expect(String(decoding: page.body, as: UTF8.self).contains("<html lang=\"fr\">"))
      let tag = try #require(page.headerFields[.eTag])
      let again = try await cluster.call(.frontend, .get, "/", headers: ["Accept-Language": "fr", "If-None-Match": tag])
      #expect(again.status == .notModified && again.cid != nil)
      let english = try await cluster.call(.frontend, .get, "/?lang=en", headers: ["Accept-Language": "fr"])
      let text = String(decoding: english.body, as: UTF8.self)
      #expect(text.contains("<html lang=\"en\">") && text.contains("href=\"/history?lang=en\""))
    }
  }

  /// What the frontend does by itself meanwhile (a heartbeat, waiting for the bus) is less than a command for each request.
  @Test func publicPagesAskRedisNothing() async throws {
    try await Cluster.with { cluster in
      for service in ServiceName.allCases where service != .frontend { await cluster.stop(service) }
      for path in ["/", "/?lang=fr", "/history", "/badge.svg"] {
        let before = try await cluster.commandsDone()
        for _ in 0..<300 { #expect(try await cluster.call(.frontend, .get, path).status == .ok) }
        let spent = try await cluster.commandsDone() - before
        #expect(spent < 300, "\(spent) commands for 300 requests of \(path)")
      }
    }
  }

  @Test func anAnnouncementIsOnThePageAndTold() async throws {
    try await Cluster.with { cluster in
      let token = try await cluster.signIn()
      let created = try await cluster.call(
        .incidents, .post, "/api/v1/incidents", ["title": "Checkout <fails>", "sev": 1, "services": ["checkout"]], token: token)
      let id = try #require(created.json["id"]?.string)
      let stranger = try await cluster.call(.frontend, .get, "/incidents/\(id)", headers: ["Accept": "text/html"])
      #expect(stranger.status == .notFound)
      let said: JSONValue = [
        "incident_id": .string(id), "message": "We look into it.", "message_fr": "Nous cherchons.", "state": "investigating",
      ]
      #expect(try await cluster.call(.comms, .post, "/api/v1/public/announce", said, token: token).status == .created)
      try await eventually {
        let page = try await cluster.call(.frontend, .get, "/?lang=fr")
        let text = String(decoding: page.body, as: UTF8.self)
        return text.contains("Checkout &lt;fails&gt;") && text.contains("Nous cherchons.") && !text.contains("We look into it.")
      }
      let page = try await cluster.call(.frontend, .get, "/incidents/\(id.lowercased())")
      #expect(page.status == .ok && String(decoding: page.body, as: UTF8.self).contains("We look into it."))
    }
  }

  @Test func aStaticCopyIsWritten() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "copy-\(UUID().uuidString)")
    try await Cluster.with(["EXPORT_DIR": folder.path]) { cluster in
      let served = try await cluster.call(.frontend, .get, "/api/v2/summary.json")
      func copy(_ name: String) -> String { (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? "" }
      try await eventually {
        let home = copy("fr/index.html")
        return home.contains("lang=\"fr\"") && home.contains("http://localhost:8000/login")
      }
      try await eventually { !copy("history/index.html").isEmpty && (served.status != .ok || !copy("api/v2/summary.json").isEmpty) }
    }
    try FileManager.default.removeItem(at: folder)
  }

  @Test func errorsArePagesForPeopleAndProblemsForPrograms() async throws {
    try await Cluster.with { cluster in
      let page = try await cluster.call(.frontend, .get, "/nothing/here", headers: ["Accept": "text/html", "X-CID": "find-me-404"])
      #expect(page.status == .notFound && page.headerFields[.contentType] == "text/html; charset=utf-8")
      #expect(String(decoding: page.body, as: UTF8.self).contains("find-me-404"))
      let problem = try await cluster.call(.frontend, .get, "/nothing/here", headers: ["Accept": "application/json"])
      #expect(problem.status == .notFound && problem.json["cid"]?.string != nil)
      #expect(try await cluster.call(.frontend, .get, "/incidents/INC-NONE").status == .notFound)
      let method = try await cluster.call(.frontend, .delete, "/history", headers: ["Accept": "text/html"])
      #expect(method.status == .methodNotAllowed && method.headerFields[.allow]?.contains("GET") == true)
      #expect(try await cluster.call(.frontend, .get, "/gallery/status").status == .notFound)
    }
  }

  @Test func whileUsersIsAwaySigningInSaysSo() async throws {
    try await Cluster.with { cluster in
      await cluster.stop(.users)
      var visitor = Browser(cluster)
      _ = try await visitor.get("/login")
      let answer = try await visitor.post("/login", ["email": Cluster.adminMail, "password": Cluster.adminPassword])
      #expect(answer.status == .serviceUnavailable && answer.text.contains("<h1>") && answer.headerFields[.retryAfter] != nil)
      #expect(try await cluster.call(.frontend, .get, "/").status == .ok)
    }
  }

  @Test func whileCommsIsAwayThePageGoesOnAndSaysSo() async throws {
    try await Cluster.with { cluster in
      await cluster.stop(.comms)
      try await eventually {
        let page = try await cluster.call(.frontend, .get, "/")
        return page.status == .ok && page.headerFields[.age] != nil
          && String(decoding: page.body, as: UTF8.self).contains("What you see is as of")
      }
      #expect(try await cluster.call(.frontend, .get, "/ready").status == .ok)
      try await cluster.start(.comms)
      try await eventually {
        let page = try await cluster.call(.frontend, .get, "/")
        return page.headerFields[.age] == nil && !String(decoding: page.body, as: UTF8.self).contains("What you see is as of")
      }
    }
  }

  @Test func theDocumentsOfAllServicesAreUnderOneAddress() async throws {
    try await Cluster.with { cluster in
      let index = try await cluster.call(.frontend, .get, "/docs", headers: ["Accept": "text/html"])
      #expect(String(decoding: index.body, as: UTF8.self).contains("href=\"/docs/users\""))
      let page = try await cluster.call(.frontend, .get, "/docs/users")
      #expect(page.status == .ok && String(decoding: page.body, as: UTF8.self).contains("href=\"/docs/users/swagger.yaml\""))
      let yaml = try await cluster.call(.frontend, .get, "/docs/csp-ingestor/swagger.yaml")
      #expect(String(decoding: yaml.body, as: UTF8.self).contains("openapi: 3.0.3"))
      #expect(try await cluster.call(.frontend, .get, "/docs/frontend").status == .ok)
      #expect(try await cluster.call(.frontend, .get, "/docs/nobody", headers: ["Accept": "text/html"]).status == .notFound)
    }
  }
}

/// Keeps cookies and the token of the last form, as a browser does.
struct Browser {
  let cluster: Cluster
  var cookies: [String: String] = [:]
  var csrf = ""

  init(_ cluster: Cluster) { self.cluster = cluster }

  struct Page {
    let status: HTTPResponse.Status
    let headerFields: HTTPFields
    let text: String
    var location: String? { headerFields[.location] }
    var cid: String? { headerFields[HTTPField.Name("X-CID")!] }
    var setCookies: [String] { headerFields[values: .setCookie] }
  }

  mutating func get(_ path: String) async throws -> Page { try await ask(.get, path, nil) }

  mutating func post(_ path: String, _ fields: [String: String], csrf: String? = nil) async throws -> Page {
    let all = fields.merging(["csrf": csrf ?? self.csrf]) { $1 }
    return try await ask(.post, path, all.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&"))
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map {
      $0 < 128 && (Character(Unicode.Scalar($0)).isLetter || Character(Unicode.Scalar($0)).isNumber)
        ? String(Unicode.Scalar($0)) : "%\($0 < 16 ? "0" : "")\(String($0, radix: 16))"
    }.joined()
  }

  private mutating func ask(_ method: HTTPRequest.Method, _ path: String, _ body: String?) async throws -> Page {
    var headers = ["Accept": "text/html", "Accept-Language": "en"]
    if !cookies.isEmpty { headers["Cookie"] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
    let answer = try await cluster.send(.frontend, method, path, body, headers)
    for line in answer.headerFields[values: .setCookie] {
      let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      cookies[pair[0]] = pair[1].isEmpty ? nil : pair[1]
    }
    let text = String(decoding: answer.body, as: UTF8.self)
    if let token = text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/) { csrf = String(token.1) }
    return Page(status: answer.status, headerFields: answer.headerFields, text: text)
  }
}
