import ServiceCalls
import ServiceRuntime
import Testing

@testable import CommsService

struct WebhookRulesTests {
  @Test func `calls are signed as Standard Webhooks says`() {
    let header = WebhookSignature.header(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
      secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test func `two secrets make two signatures`() {
    let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA"]
    let parts = WebhookSignature.header(id: "msg_1", timestamp: 1, body: [], secrets: secrets).split(separator: " ")
    #expect(parts.count == 2 && parts[0] != parts[1] && parts.allSatisfy { $0.hasPrefix("v1,") && $0.utf8.count == 47 })
  }

  @Test func `what an answer means`() {
    func verdict(_ outcome: AttemptOutcome, _ attempts: Int = 1, isTest: Bool = false, random: Double = 0) -> DeliveryVerdict {
      WebhookRules.verdict(outcome, attempts: attempts, isTest: isTest, random: random)
    }
    for status in [200, 202, 204, 299] { #expect(verdict(.answer(status: status, retryAfter: nil), 10) == .delivered) }
    #expect(verdict(.answer(status: 410, retryAfter: nil)) == .gone)
    for status in [301, 302, 307, 400, 404, 429, 500, 503] {
      #expect(verdict(.answer(status: status, retryAfter: nil)) == .retry(after: 5_000), "\(status)")
    }
    #expect(verdict(.noAnswer) == .retry(after: 5_000))
    #expect(verdict(.noAnswer, isTest: true) == .failed)
    #expect(verdict(.answer(status: 410, retryAfter: nil), isTest: true) == .failed, "a test disables nothing")
  }

  @Test func `the schedule is ten attempts, each delay a little longer at random`() {
    let seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for (index, delay) in seconds.enumerated() {
      let ms = Int64(delay) * 1_000
      #expect(WebhookRules.verdict(.noAnswer, attempts: index + 1, isTest: false, random: 0) == .retry(after: ms))
      #expect(WebhookRules.verdict(.noAnswer, attempts: index + 1, isTest: false, random: 1) == .retry(after: ms * 11 / 10))
    }
    #expect(WebhookRules.verdict(.noAnswer, attempts: 10, isTest: false, random: 0) == .failed)
  }

  @Test func `Retry-After is never undercut, and never waited for longer than a day`() {
    func delay(_ status: Int, _ retryAfter: Int) -> DeliveryVerdict {
      WebhookRules.verdict(.answer(status: status, retryAfter: retryAfter), attempts: 1, isTest: false, random: 0)
    }
    for status in [429, 503] {
      #expect(delay(status, 90) == .retry(after: 90_000))
      #expect(delay(status, 1) == .retry(after: 5_000), "the schedule is the least")
      #expect(delay(status, -7) == .retry(after: 5_000))
      #expect(delay(status, .max) == .retry(after: 86_400_000))
    }
    #expect(delay(500, 90) == .retry(after: 5_000), "only where it is said to hold")
  }

  @Test func `which events an endpoint hears`() {
    func hears(_ event: String, _ patterns: String...) -> Bool { WebhookRules.isSubscribed(patterns, to: event) }
    for event in ["announcement.published", "component.status.changed", "maintenance.started"] {
      #expect(WebhookRules.isSubscribed(WebhookRules.standardEvents, to: event))
    }
    #expect(!WebhookRules.isSubscribed(WebhookRules.standardEvents, to: "announcement.corrected"))
    #expect(hears("announcement.corrected", "#") && hears("announcement.corrected", "*.corrected"))
    #expect(!hears("incident.created", "#") && !hears("incident.created", "*.created"), "internal ones only when named")
    #expect(hears("incident.created", "incident.#") && hears("incident.status.changed", "incident.#"))
    for event in ["user.created", "request.comms.mail.send", "audit.log", "webhook.failing", "subscription.created"] {
      #expect(!hears(event, "#", event) && WebhookRules.refusal(ofPattern: event) != nil, "\(event)")
    }
    #expect(WebhookRules.refusal(ofPattern: "csp.event.*") == nil && WebhookRules.refusal(ofPattern: "#") == nil)
    for pattern in ["", "maintenance.", "Announcement.published", "announcement.**", "x.y"] {
      #expect(WebhookRules.refusal(ofPattern: pattern) != nil, "\(pattern)")
    }
  }

  @Test func `what is kept of an answer is its beginning, without secrets`() {
    let address = "https://hooks.example.org/services/T0AAAA/B0BBBB/very-secret-path?token=hidden-value"
    func kept(_ text: String) -> String {
      WebhookRules.excerpt(Array(text.utf8), address: address, secrets: ["whsec_c2VjcmV0c2VjcmV0"])
    }
    #expect(kept("ok") == "ok")
    let echo =
      "no /services/T0AAAA/B0BBBB/very-secret-path?token=hidden-value, key c2VjcmV0c2VjcmV0, whsec_c2VjcmV0c2VjcmV0 psk_\("0a".repeated(32))"
    for secret in ["very-secret-path", "hidden-value", "c2VjcmV0", "0a0a"] { #expect(!kept(echo).contains(secret), "\(secret)") }
    let long = kept("é".repeated(600))
    #expect(long.utf8.count == 1_024 && long == "é".repeated(512))
    #expect(kept("x" + "é".repeated(600)).utf8.count == 1_023, "no character is halved")
    #expect(kept("x".repeated(1_010) + "very-secret-path").hasSuffix("x…"), "nor a secret")
  }

  @Test func `addresses that people type in are read strictly`() throws {
    let address = try TypedAddress("https://Hooks.example.org:8443/a?b=c")
    #expect(address.host == "Hooks.example.org" && address.port == 8_443 && address.origin == "https://Hooks.example.org:8443")
    #expect(try TypedAddress("http://[2001:db8::1]/").host == "2001:db8::1")
    #expect(try TypedAddress("HTTPS://a").port == 443 && TypedAddress("http://a?x").port == 80)
    let bad = [
      "", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://a/", "http:/a", "http://", "http:///a", "http://?a",
      "http://user@a/", "http://user:word@a/", "http://a@b@c/", "http://a:0/", "http://a:65536/", "http://a:x/", "http://a:/",
      "http://[::1",
      "http://[::1]x/", "http://[fe80::1%25lo]/", "http://a b/", "http://a/\u{7F}", "http://a/é", "http://é/", "http://a/#b",
      "http://a\\b/",
      "http://a/\n", "http://" + "a".repeated(254) + "/", "http://a/" + "b".repeated(2_048), "javascript://a/",
    ]
    for text in bad { #expect(throws: TypedAddress.Refusal.self, "\(text)") { try TypedAddress(text) } }
  }
}

extension String {
  func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
