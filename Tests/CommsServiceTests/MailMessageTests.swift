import Foundation
import JSONBytes
import StatusModel
import Testing

@testable import CommsService

/// Undoes quoted-printable.
private func decoded(_ text: String) -> String {
  var bytes: [UInt8] = []
  var rest = Array(text.replacing("=\r\n", with: "").utf8)[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "="), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
}

struct MailMessageTests {
  static func message(subject: String = "Hello", text: String = "Hi\n") throws -> MailMessage {
    MailMessage(
      from: try #require(Mailbox("Größe \"X\" <status@example.org>")), to: try #require(Mailbox("ada@example.org")), subject: subject,
      date: 1_772_357_400, messageID: "0123@example.org", correlationID: "cid-12345",
      unsubscribe: "https://status.example.org/unsubscribe/psl_00", text: text, html: "<p>Hi</p>\n")
  }

  static func lines(_ message: MailMessage) -> [String] {
    String(decoding: message.bytes, as: UTF8.self).components(separatedBy: "\r\n")
  }

  @Test(arguments: [
    "plain", "é", "emoji 👩‍👩‍👧‍👦 and Ω", "ends with a blank ", "tab\t", "a=b", "..dot", ".", String(repeating: "x", count: 500),
    String(repeating: "ü", count: 300), "two\nlines", "two\r\nlines\r", "\n\n", "", String(repeating: "word ", count: 100),
  ])
  func `quoted-printable says the same in short lines of ASCII`(text: String) {
    let encoded = QuotedPrintable.encoded(text)
    #expect(decoded(encoded) == text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"))
    for line in encoded.components(separatedBy: "\r\n") {
      #expect(line.utf8.count <= 76 && !line.hasSuffix(" ") && !line.hasSuffix("\t") && line.utf8.allSatisfy { $0 < 0x7F && $0 != 0x0A })
    }
  }

  @Test func `a head says all, in ASCII and lines that every server takes`() throws {
    let lines = Self.lines(try Self.message(subject: String(repeating: "Störung im Bezahlvorgang ", count: 20)))
    #expect(lines.allSatisfy { $0.utf8.count <= 76 || $0.hasPrefix("List-Unsubscribe:") || $0.hasPrefix("Content-Type:") })
    #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } })
    #expect(lines.contains("To: ada@example.org") && lines.contains("Message-ID: <0123@example.org>") && lines.contains("X-CID: cid-12345"))
    #expect(lines.contains("Date: Sun, 01 Mar 2026 09:30:00 +0000"))
    #expect(lines.contains("List-Unsubscribe: <https://status.example.org/unsubscribe/psl_00>"))
    #expect(lines.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"))
    #expect(lines.first == "From: =?utf-8?B?R3LDtsOfZSAiWCI=?= <status@example.org>")
  }

  @Test func `nothing in a subject becomes another field`() throws {
    let lines = Self.lines(try Self.message(subject: "Hello\r\nBcc: all@example.org\nX: y\u{0}"))
    #expect(!lines.contains { $0.hasPrefix("Bcc") || $0.hasPrefix("X:") })
    #expect(lines.contains("Subject: Hello Bcc: all@example.org X: y"))
  }

  @Test func `what looks encoded is encoded, so that it is read as it was written`() throws {
    let lines = Self.lines(try Self.message(subject: "=?utf-8?B?SGFsbG8=?="))
    #expect(lines.contains("Subject: =?utf-8?B?PT91dGYtOD9CP1NHRnNiRzg9Pz0=?="))
  }

  @Test func `the same mail is the same to the last byte, and its parts cannot hold the boundary`() throws {
    let message = try Self.message(text: "--=_x\n")
    #expect(try message.bytes == Self.message(text: "--=_x\n").bytes)
    let boundary = try #require(Self.lines(message).first { $0.hasPrefix("Content-Type: multipart") }?.components(separatedBy: "\"")[1])
    #expect(Self.lines(message).filter { $0.hasPrefix("--\(boundary)") } == ["--\(boundary)", "--\(boundary)", "--\(boundary)--"])
  }

  @Test(arguments: [
    ("ada@example.org", "", "ada@example.org"), ("Ada <ada@example.org>", "Ada", "ada@example.org"),
    ("\"Status, of us\" <a+b@x.example>", "Status, of us", "a+b@x.example"), ("<ada@localhost>", "", "ada@localhost"),
  ])
  func `a mailbox`(text: String, name: String, address: String) {
    #expect(Mailbox(text)?.name == name && Mailbox(text)?.address == address)
  }

  @Test(arguments: [
    "", "ada", "@example.org", "ada@", "ada@@example.org", "ada@exämple.org", "ädä@example.org", "ada@example.org\r\nBcc: x@example.org",
    "ada@example.org>", "a b@example.org", "<ada@example.org", "ada@-example.org", "ada@example..org", "x <ada@example.org> <b@example.org",
    String(repeating: "a", count: 65) + "@example.org",
  ])
  func `is no mailbox`(text: String) { #expect(Mailbox(text) == nil) }
}

struct MailContentTests {
  @Test func `addresses become links, line breaks stay, all else is escaped`() {
    #expect(
      HTMLText.linked("See https://example.org/a?b=1&c=2. Or\n<b>(http://x.example)</b> \"javascript:alert(1)\" https:// 'q'")
        == "See <a href=\"https://example.org/a?b=1&amp;c=2\">https://example.org/a?b=1&amp;c=2</a>. Or<br>\n"
        + "&lt;b&gt;(<a href=\"http://x.example\">http://x.example</a>)&lt;/b&gt; &quot;javascript:alert(1)&quot; https:// &#39;q&#39;")
    let quote = HTMLText.linked("https://x.example/\"onclick=\"y")
    #expect(quote == "<a href=\"https://x.example/\">https://x.example/</a>&quot;onclick=&quot;y")
  }

  @Test(arguments: MailLanguage.allCases)
  func `every template says something in every language, and leads where it should`(language: MailLanguage) throws {
    let templates = MailTemplates(links: MailLinks(site: "https://status.example.org/"))
    let evil = "<script>alert(1)</script> & \"q\""
    let told: [MailContent] = [
      templates.subscription(.subscriptionConfirm, language, token: "psl_1"),
      templates.subscription(.subscriptionKnown, language, token: "psl_1"),
      templates.announcement(
        [
          "announcement": [
            "title": .string(evil), "message": .string(evil), "state": "identified", "incident_id": "INC-1", "services": ["a"],
          ]
        ], language, token: "psl_1"),
      templates.maintenance(
        ["maintenance": ["title": .string(evil), "message": .string(evil), "starts_at": 1_772_357_400, "components": ["a"]]],
        change: "started", language, token: "psl_1"),
      templates.account(.confirmMail, language, link: "https://status.example.org/confirm?token=psl_1"),
      templates.account(.setPassword, language, link: "https://status.example.org/password/reset?token=psl_1"),
      templates.account(.resetPassword, language, link: "https://status.example.org/password/reset?token=psl_1"),
      templates.webhookFailing(language),
    ]
    for content in told {
      #expect(!content.subject.isEmpty && !content.subject.contains("%") && !content.text.contains("%"))
      #expect(content.text.contains("https://status.example.org/") && content.html.contains("https://status.example.org/"))
      #expect(!content.html.contains("<script>") && content.html.contains("<html lang=\"\(language.rawValue)\">"))
    }
    #expect(Set(told.map(\.subject)).count == told.count)
    #expect(told[0].html.contains("href=\"https://status.example.org/subscriptions/confirm/psl_1\""))
    #expect(told[2].text.contains("https://status.example.org/unsubscribe/psl_1") && told[2].text.contains(evil))
    #expect(told[3].text.contains("2026-03-01 09:30 UTC\n"))
    let inParis = MailTemplates(links: templates.links, zone: PageZone("Europe/Paris"))
    let planned: JSONValue = ["maintenance": ["title": "T", "message": "M", "starts_at": 1_772_321_400]]
    #expect(inParis.maintenance(planned, change: "started", language, token: "psl_1").text.contains("2026-03-01 00:30 UTC+1"))
  }

  @Test func `French subscribers read French where there is some`() {
    let templates = MailTemplates(links: MailLinks(site: "https://status.example.org"))
    let both: JSONValue = ["announcement": ["title": "T", "message": "Slow", "message_fr": "Lent", "state": "resolved"]]
    let one: JSONValue = ["announcement": ["title": "T", "message": "Slow", "message_fr": nil, "state": "resolved"]]
    #expect(templates.announcement(both, .fr, token: "t").parts.contains(.quote("Lent")))
    #expect(templates.announcement(both, .en, token: "t").parts.contains(.quote("Slow")))
    #expect(templates.announcement(one, .fr, token: "t").parts.contains(.quote("Slow")))
    #expect(templates.announcement(one, .fr, token: "t").subject == "[Résolu] T")
    #expect(MailLanguage(tag: "fr-CA") == .fr && MailLanguage(tag: "pt-BR") == .en)
  }

  @Test func `a phrase says each value once, whatever the value holds`() {
    #expect("Sev %: %".saying("1", "100 % of %") == "Sev 1: 100 % of %")
  }
}
