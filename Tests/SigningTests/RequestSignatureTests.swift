import Signing
import Testing

private let appid = "psa_test", env = "production", target = "/api/v1/incidents?q=a%20b&x=1"
private let now: Int64 = 1_760_000_000_000
private let strict = RequestSignature.Application(appid: appid, strict: true)
private let lenient = RequestSignature.Application(appid: appid, strict: false)
private let post = RequestSignature.Content(method: "POST", body: Array("{\"title\":\"x\"}".utf8))

private func signed(_ content: RequestSignature.Content? = post) -> RequestSignature {
  RequestSignature(signing: target, content: content, appid: appid, env: env, now: now)
}

private func verify(
  _ signature: RequestSignature, target: String = target, content: RequestSignature.Content = post,
  application: RequestSignature.Application = strict, env: String = env, now: Int64 = now
) throws -> RequestSignature.Verified {
  try RequestSignature(parsing: signature.header).verify(target: target, content: content, application: application, env: env, now: now)
}

@Suite struct RequestSignatureTests {
  @Test func `the published vectors`() {
    let first = RequestSignature(
      signing: "/v1/search/all?startIndex=0&maxResults=10&usecase=perso", content: nil, appid: "XXXXXXX", env: "YYYY", now: now,
      token: "6f4703db-79b4-495e-b1d1-bdc0fcfe3d77")
    #expect(first.consumerKey == "lQS5cRkibAZB7Sofg7vuLIbrpwA=")
    #expect(first.signature == "0ch4ZZB0t/WI1FLbTF6ODqs2xfc=")
    let second = RequestSignature(
      signing: "/v1/user/all?startIndex=0&maxResults=100", content: nil, appid: "myappid", env: "dev", now: now,
      token: "fc228e62-18bd-4594-99d2-60470d505cc0")
    #expect(second.consumerKey == "rdSZyzfUWPVAyzXptT/NYDYzSgU=")
    #expect(second.signature == "3mGHk9fOYOoEzP8PmQvpkcOk9ak=")
  }

  @Test func `the header, letter by letter`() {
    let signature = RequestSignature(
      signing: "/v1/user/all?startIndex=0&maxResults=100", content: nil, appid: "myappid", env: "dev", now: 1_402_060_867_436,
      token: "fc228e62-18bd-4594-99d2-60470d505cc0", seed: "1f1b1e5f-6a5c-4c52-8b4a-4d8a5e2d6f10")
    let nonce = HMACSHA1.base64(key: "myappid", message: "1f1b1e5f-6a5c-4c52-8b4a-4d8a5e2d6f10")
    #expect(
      signature.header == "Auth ?auth_consumer_key=rdSZyzfUWPVAyzXptT%2FNYDYzSgU%3D"
        + "&auth_callback=%2Fv1%2Fuser%2Fall%3FstartIndex%3D0%26maxResults%3D100"
        + "&auth_nonce=\(nonce.replacing("/", with: "%2F").replacing("+", with: "%2B").replacing("=", with: "%3D"))"
        + "&auth_token=fc228e62-18bd-4594-99d2-60470d505cc0&auth_signature=3mGHk9fOYOoEzP8PmQvpkcOk9ak%3D"
        + "&auth_timestamp=1402060867436&auth_signature_method=HMAC-SHA1")
  }

  @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
  func `what we sign holds, for every method`(method: String) throws {
    let content = RequestSignature.Content(method: method)
    let signature = signed(content)
    let verified = try verify(signature, content: content)
    #expect(verified.replayKey == "\(signature.consumerKey):\(signature.token)")
    #expect(verified.coversContent && verified.replayWindow > .seconds(600))
  }

  @Test func `an old client may leave the content out when it is registered so`() throws {
    let verified = try verify(signed(nil), application: lenient)
    #expect(!verified.coversContent && verified.replayWindow == .seconds(86_400))
  }

  @Test func `reading what was written gives it back`() throws {
    for content in [nil, post] {
      let signature = signed(content)
      #expect(try RequestSignature(parsing: signature.header) == signature)
      #expect(try RequestSignature(parsing: signature.header.replacing("?", with: "")) == signature)
      #expect(try RequestSignature(parsing: "aUTH  " + signature.header.dropFirst(5)) == signature)
      let pairs = signature.header.dropFirst(6).split(separator: "&")
      #expect(try RequestSignature(parsing: "Auth " + pairs.reversed().joined(separator: "&")) == signature)
      #expect(try RequestSignature(parsing: signature.header + "&other=1&x") == signature)
    }
  }

  @Test(arguments: [
    ("http://localhost:8081/api/v1/incidents?x=1", "/api/v1/incidents?x=1"), ("https://example.org", "/"),
    ("https://example.org?x=1", "/?x=1"), ("/a?", "/a"), ("/a?b=http://c/d", "/a?b=http://c/d"), ("a/b", "/a/b"), ("", "/"),
    ("/a?b=1#top", "/a?b=1"),
  ])
  func `the signed form of a URL`(url: String, target: String) { #expect(RequestSignature.target(of: url) == target) }

  @Test(arguments: ["Basic abc", "Bearer psu_x", "", "Auth", "Authx ?a=b", "Authorization ?auth_token=1"])
  func `other schemes are not ours`(header: String) {
    #expect(!RequestSignature.isSigned(header: header))
    #expect(throws: SignatureRefusal.notSigned) { try RequestSignature(parsing: header) }
  }

  @Test(arguments: [
    "auth_consumer_key", "auth_callback", "auth_nonce", "auth_token", "auth_signature", "auth_timestamp", "auth_signature_method",
  ])
  func `no parameter may be missing, empty or given twice`(name: String) {
    let pairs = signed().header.dropFirst(6).split(separator: "&").map(String.init)
    let others = pairs.filter { !$0.hasPrefix(name + "=") }
    #expect(others.count == pairs.count - 1)
    for header in [others, others + [name], others + [name + "="]] {
      #expect(throws: SignatureRefusal.missing(name)) { try RequestSignature(parsing: "Auth ?" + header.joined(separator: "&")) }
    }
    for again in [name + "=x", name.replacing("_", with: "%5F") + "=x"] {
      #expect(throws: SignatureRefusal.repeated(name)) {
        try RequestSignature(parsing: "Auth ?" + (pairs + [again]).joined(separator: "&"))
      }
    }
  }

  @Test func `the header has limits`() {
    let padding = String(repeating: "x", count: RequestSignature.maximumHeaderBytes)
    #expect(throws: SignatureRefusal.tooLong) { try RequestSignature(parsing: signed().header + "&pad=" + padding) }
    let many = (0..<100).map { "&p\($0)=1" }.joined()
    #expect(throws: SignatureRefusal.tooLong) { try RequestSignature(parsing: signed().header + many) }
    for bad in ["&a=%4", "&a=%zz", "&a=%FF", "&%=1", "&a=1&a=2"] {
      #expect(throws: SignatureRefusal.malformed) { try RequestSignature(parsing: signed().header + bad) }
    }
  }
}

/// What the original lets through, each shown to fail here.
@Suite struct SignatureAttackTests {
  private func refusal(
    _ signature: RequestSignature, target: String = target, content: RequestSignature.Content = post,
    application: RequestSignature.Application = strict, env: String = env, now: Int64 = now
  ) -> SignatureRefusal? {
    do {
      _ = try verify(signature, target: target, content: content, application: application, env: env, now: now)
      return nil
    } catch { return error as? SignatureRefusal }
  }

  @Test func `a signature made for one target does not open another`() {
    let signature = signed(nil)
    #expect(refusal(signature, target: "/api/v1/users", application: lenient) == .otherTarget)
    #expect(refusal(signature, target: target + "&role=admin", application: lenient) == .otherTarget)
    var moved = signature
    moved.callback = "/api/v1/users"
    #expect(refusal(moved, target: "/api/v1/users", application: lenient) == .wrongSignature)
    #expect(refusal(moved, application: lenient) == .otherTarget)
  }

  @Test func `a callback that only looks the same is another`() {
    let composed = "/caf\u{E9}", decomposed = "/cafe\u{301}"
    let signature = RequestSignature(signing: decomposed, content: nil, appid: appid, env: env, now: now)
    #expect(refusal(signature, target: composed, application: lenient) == .otherTarget)
  }

  @Test func `characters cannot move between target and token`() {
    let signature = signed(nil)
    var moved = signature
    moved.token = target.suffix(1) + signature.token
    moved.callback = String(target.dropLast())
    #expect(moved.callback + moved.token == target + signature.token)
    #expect(refusal(moved, target: moved.callback, application: lenient) == .tokenIsNoUUID)
  }

  @Test(arguments: ["", "x", "6f4703db-79b4-495e-b1d1-bdc0fcfe3d77 ", "6f4703db79b4495eb1d1bdc0fcfe3d77"])
  func `a token that is no UUID is refused though its signature holds`(token: String) {
    let signature = RequestSignature(signing: target, content: post, appid: appid, env: env, now: now, token: token)
    #expect(refusal(signature) == (token.isEmpty ? .missing("auth_token") : .tokenIsNoUUID))
  }

  @Test func `an old or early time is refused`() {
    let signature = signed()
    #expect(refusal(signature, now: now + 300_000) == nil)
    #expect(refusal(signature, now: now - 300_000) == nil)
    #expect(refusal(signature, now: now + 300_001) == .wrongTime)
    #expect(refusal(signature, now: now - 300_001) == .wrongTime)
  }

  @Test(arguments: ["-1", "+1760000000000", "01760000000000", "1760000000000.0", "0", "99999999999999999999", "1e12", "\u{0661}"])
  func `a time has one spelling`(time: String) {
    let header = signed().header.replacing(
      "auth_timestamp=\(now)", with: "auth_timestamp=" + time.replacing("+", with: "%2B"))
    #expect(throws: SignatureRefusal.wrongTime) { try RequestSignature(parsing: header) }
  }

  @Test func `a captured request cannot be given a new time`() {
    var late = signed()
    late.timestamp = now + 1_000_000
    #expect(refusal(late, now: now + 1_000_000) == .wrongContentSignature)
  }

  @Test func `the body cannot be exchanged`() {
    #expect(refusal(signed(), content: .init(method: "POST", body: Array("{\"title\":\"y\"}".utf8))) == .wrongContentSignature)
    #expect(refusal(signed(), content: .init(method: "POST")) == .wrongContentSignature)
  }

  @Test(arguments: ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "post"])
  func `the method cannot be exchanged`(method: String) {
    #expect(refusal(signed(), content: .init(method: method, body: post.body)) == .wrongContentSignature)
  }

  @Test func `the content signature cannot be left out by a strict application`() {
    #expect(refusal(signed(nil)) == .contentSignatureMissing)
    var stripped = signed()
    stripped.contentSignature = nil
    #expect(refusal(stripped) == .contentSignatureMissing)
  }

  @Test func `a content signature is verified wherever it is sent`() {
    var wrong = signed()
    wrong.contentSignature = HMACSHA1.base64(key: appid, message: "other")
    #expect(refusal(wrong, application: lenient) == .wrongContentSignature)
    wrong.contentSignature = ""
    #expect(refusal(wrong, application: lenient) == .wrongContentSignature)
  }

  @Test func `a visitor's address cannot be added, taken away or changed`() {
    func content(_ address: String?) -> RequestSignature.Content { .init(method: "POST", body: post.body, address: address) }
    #expect(refusal(signed(content("192.0.2.1")), content: content("192.0.2.1")) == nil)
    #expect(refusal(signed(content("192.0.2.1")), content: content("192.0.2.2")) == .wrongContentSignature)
    #expect(refusal(signed(content("192.0.2.1")), content: content(nil)) == .wrongContentSignature)
    #expect(refusal(signed(content(nil)), content: content("192.0.2.1")) == .wrongContentSignature)
  }

  @Test(arguments: ["HMAC-SHA256", "PLAINTEXT", "hmac-sha1", "none"])
  func `no other signature method is taken`(method: String) {
    var other = signed()
    other.signatureMethod = method
    #expect(refusal(other) == .unknownMethod)
  }

  @Test func `another application's or environment's key opens nothing`() {
    var claimed = RequestSignature(signing: target, content: post, appid: "psa_other", env: env, now: now)
    #expect(refusal(claimed) == .unknownApplication)
    claimed.consumerKey = RequestSignature.consumerKey(appid: appid, env: env)
    #expect(refusal(claimed) == .wrongSignature)
    #expect(refusal(signed(), env: "staging") == .unknownApplication)
  }

  @Test func `the same header has the same replay key, another has another`() throws {
    let signature = signed()
    #expect(try verify(signature) == verify(signature))
    #expect(try verify(signature).replayKey != verify(signed()).replayKey)
  }

  @Test func `a refusal says nothing secret`() {
    let all: [SignatureRefusal] = [
      .notSigned, .tooLong, .malformed, .unknownMethod, .unknownApplication, .tokenIsNoUUID, .wrongTime, .otherTarget, .wrongSignature,
      .contentSignatureMissing, .wrongContentSignature,
    ]
    for refusal in all { #expect(!refusal.description.contains(appid) && refusal.description.hasSuffix(".")) }
  }
}
