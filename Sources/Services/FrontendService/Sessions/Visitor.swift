import HTTPServer
import HTTPTypes
import Identity
import ServiceRuntime
import Signing
import StatusModel

/// Who looks at a page that is made for them: their session, or nobody with a form's cookie.
struct Visitor: Sendable {
  let person: Person?
  /// Of the session; never shown.
  let token: String?
  /// What a form has to send back: bound to the session, or before signing in to a cookie of random bits.
  let csrf: String
  /// The cookie that has to be set for the form to be taken back.
  var cookie: String?
  let address: String

  /// Runs `body` as this person: calls to neighbours carry their token and address.
  func acting<Value>(_ body: () async throws -> Value) async throws -> Value {
    var caller = Caller(person: person, address: address)
    caller.personToken = token
    return try await Caller.$current.withValue(caller) { try await body() }
  }

  /// The token a form must carry when `secret` is in its cookie.
  static func csrf(for secret: String) -> String { SHA256.hex("polystatus form \(secret)") }
}

/// The two cookies: `__Host-` binds them to this site alone where there is HTTPS.
struct Cookies: Sendable {
  let isHTTPS: Bool

  var session: String { isHTTPS ? "__Host-polystatus" : "polystatus" }
  var form: String { isHTTPS ? "__Host-polystatus-form" : "polystatus-form" }

  /// Seconds a session's cookie is kept: as long as a token may live.
  private static let sessionSeconds = 30 * 86_400
  /// Bytes of `Cookie` that are read.
  private static let headerLimit = 8192

  /// The value of a cookie of this request; where a name comes twice, the first.
  func value(_ name: String, of request: Request) -> String? {
    guard let header = request.header(.cookie), header.utf8.count <= Self.headerLimit else { return nil }
    for item in header.split(separator: ";") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, parts[0].drop(while: { $0 == " " }) == name { return String(parts[1]) }
    }
    return nil
  }

  func starting(session token: String) -> String { line(session, token, "Max-Age=\(Self.sessionSeconds); ") }
  func starting(form secret: String) -> String { line(form, secret, "") }
  var endingSession: String { line(session, "", "Max-Age=0; ") }
  var endingForm: String { line(form, "", "Max-Age=0; ") }

  private func line(_ name: String, _ value: String, _ age: String) -> String {
    "\(name)=\(value); Path=/; \(age)HttpOnly; SameSite=Lax\(isHTTPS ? "; Secure" : "")"
  }
}

/// A form that was sent, its token checked.
struct Submission: Sendable {
  let visitor: Visitor
  let setting: PageContext
  private let fields: Query

  init(visitor: Visitor, setting: PageContext, fields: Query) {
    self.visitor = visitor
    self.setting = setting
    self.fields = fields
  }

  /// As it was sent: blanks count in passwords.
  subscript(name: String) -> String { fields[name] ?? "" }
  func values(_ name: String) -> [String] { fields.values(name) }

  /// Without blanks at its ends; lines end as everywhere here, not as forms send them.
  func text(_ name: String) -> String { Self.trimmed(self[name].replacing("\r\n", with: "\n")) }

  static func trimmed(_ value: some StringProtocol) -> String {
    guard let first = value.firstIndex(where: { !$0.isWhitespace }), let last = value.lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(value[first...last])
  }
}

extension Request {
  /// The fields of a form. Throws `.unsupportedMedia`.
  func form() throws(Failure) -> Query {
    let media = (header(.contentType) ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    guard media == "application/x-www-form-urlencoded" else {
      throw .unsupportedMedia("Send the form as application/x-www-form-urlencoded.")
    }
    return Query(String(decoding: body, as: UTF8.self))
  }
}

extension Frontend {
  /// Who asks for a page that is made for them. A session that has ended, or cannot be checked, is none.
  func visitor(_ request: Request) async -> Visitor {
    (try? await person(request)) ?? stranger(request)
  }

  /// A person with a session. Nil for others. Throws `.unavailable` when that cannot be known.
  func person(_ request: Request) async throws(Failure) -> Visitor? {
    guard let token = cookies.value(cookies.session, of: request) else { return nil }
    let address = node.address(of: request)
    guard let person = try await node.identity.person(token: token, address: address, agent: request.header(.userAgent) ?? "") else {
      return nil
    }
    return Visitor(person: person, token: token, csrf: Visitor.csrf(for: token), address: address)
  }

  private func stranger(_ request: Request) -> Visitor {
    let known = cookies.value(cookies.form, of: request).flatMap { Self.isSecret($0) ? $0 : nil }
    let secret = known ?? Hex.encoded(SecureRandom.bytes(Self.secretBytes))
    return Visitor(
      person: nil, token: nil, csrf: Visitor.csrf(for: secret), cookie: known == nil ? cookies.starting(form: secret) : nil,
      address: node.address(of: request))
  }

  private static let secretBytes = 24
  private static func isSecret(_ text: String) -> Bool {
    text.utf8.count == secretBytes * 2 && text.utf8.allSatisfy { $0 > 0x2F && $0 < 0x67 }
  }

  /// What a page for `visitor` is made for.
  func setting(_ request: Request, _ visitor: Visitor) -> PageContext {
    let chosen = request.query["lang"].flatMap(Language.init)
    let links = Links(language: chosen ?? Language(accepting: request.header(.acceptLanguage)), form: chosen == nil ? .plain : .chosen)
    return PageContext(links: links, site: pages.siteName, visitor: visitor, zone: pages.zone, done: request.query["done"])
  }

  /// A form that carries the token of its cookie. Throws `.forbidden` when it does not.
  func submission(_ request: Request) async throws(Failure) -> Submission {
    let fields = try request.form()
    let visitor = try await person(request) ?? stranger(request)
    guard visitor.cookie == nil, constantTimeEqual(fields["csrf"] ?? "", visitor.csrf) else {
      throw .forbidden(setting(request, visitor).strings("form_too_old"))
    }
    return Submission(visitor: visitor, setting: setting(request, visitor), fields: fields)
  }

  /// A page for this visitor, with the cookie that its form needs.
  func answer(_ model: some PageModel, _ visitor: Visitor, status: HTTPResponse.Status = .ok) -> Response {
    var answer = renderer.answer(model, status: status)
    if let cookie = visitor.cookie { answer.headerFields.append(HTTPField(name: .setCookie, value: cookie)) }
    return answer
  }

  /// On to another page, by GET.
  func redirect(_ target: String, cookies: [String] = []) -> Response {
    var fields: HTTPFields = [.location: target, .cacheControl: "no-store"]
    for cookie in cookies { fields.append(HTTPField(name: .setCookie, value: cookie)) }
    return Response(status: .seeOther, headerFields: fields)
  }
}
