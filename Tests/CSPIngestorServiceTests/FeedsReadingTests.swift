import JSONBytes
import Testing

@testable import CSPIngestorService

struct FeedsReadingTests {
  @Test func whatIsNoSnapshotIsRefused() {
    for (text, refusal) in [
      ("", Refusal.empty), (" \r\n\t", .empty), ("\u{FEFF}", .empty), ("{", .syntax), ("Too many requests", .syntax), ("{} {}", .syntax),
      ("[1,2", .syntax), ("{}", .shape), ("[1]", .shape), ("[[]]", .shape), ("null", .shape), ("\"x\"", .shape), ("42", .shape),
      (#"{"status":500,"error":"x"}"#, .shape), (#"{"error":"x"}"#, .shape), (#"{"page":{"id":7},"incidents":[]}"#, .shape),
      (#"{"page":{"name":"x","status":"SLEEPING"}}"#, .shape), (String(repeating: "[", count: 100_000), .syntax),
    ] {
      #expect(throws: refusal, "\(text.prefix(40))") { try read(text) }
    }
  }

  @Test func aRegisteredFamilyMustFit() throws {
    for (fixture, own) in [
      ("statuspage/summary", Family.statuspage), ("incidentio/summary", .incidentio), ("google/incidents", .google), ("aws/retired", .aws),
      ("statusio/status", .statusio), ("slack/current", .slack), ("instatus/summary", .instatus), ("betterstack/index", .betterstack),
      ("heroku/current-status", .heroku), ("rss/azure", .rss), ("rss/statuspage.atom", .atom),
    ] {
      let fits = Family.allCases.filter { family in
        (try? readFeed((try? Fixtures.body(fixture)) ?? [], contentType: nil, address: "", registered: family, now: 0)) != nil
      }
      let pairs: [Family: [Family]] = [
        .statuspage: [.statuspage, .incidentio], .incidentio: [.statuspage, .incidentio], .rss: [.aws, .rss, .atom], .atom: [.rss, .atom],
      ]
      #expect(fits == pairs[own] ?? [own])
    }
    #expect(throws: Refusal.shape) { try read("[]", registered: .statuspage) }
    #expect(try read("[]", registered: .google).family == .google)
    #expect(try read("[]").family == nil)
  }

  @Test func charactersAreFoundAndDecodedStrictly() throws {
    func title(_ body: [UInt8], _ type: String? = nil) throws -> String? {
      try readFeed(body, contentType: type, address: "", registered: nil, now: 0).events.first?.title
    }
    let before = Array(#"{"active_incidents":[{"id":1,"title":""#.utf8)
    let after = Array(#""}]}"#.utf8)
    #expect(try title(before + Array("é".utf8) + after) == "é")
    #expect(try title([0xEF, 0xBB, 0xBF] + before + Array("é".utf8) + after, "application/json; charset=latin1") == "é")
    #expect(try title(before + [0xE9] + after, "application/json; charset=ISO-8859-1") == "é")
    #expect(try title(before + [0x93] + after, "text/json;charset=\"windows-1252\"") == "“")
    #expect(throws: Refusal.charset) { try title(before + [0xE9] + after) }
    #expect(throws: Refusal.charset) { try title(before + [0x81] + after, "text/json; charset=windows-1252") }
    #expect(throws: Refusal.charset) { try title(before + after, "text/json; charset=klingon") }
    #expect(throws: Refusal.charset) { try title([0xFE, 0xFF, 0]) }
    #expect(throws: Refusal.charset) { try title([0xFE, 0xFF, 0xD8, 0, 0, 0x41]) }
    let xml = Array("<?xml version=\"1.0\" encoding='ISO-8859-1'?><rss><channel><item><title>".utf8) + [0xE9]
    let end = Array("</title></item></channel></rss>".utf8)
    #expect(try title(xml + end, "text/xml; charset=utf-8") == "é")
  }

  @Test(arguments: [
    ("2026-03-04T15:00:00Z", 15), ("2026-03-04T15:00:00.999999Z", 15), ("2026-03-04 15:00:00", 15), ("2026-03-04T15:00Z", 15),
    ("2026-03-04T10:00:00-05:00", 15), ("2026-03-04T10:00:00.5-0500", 15), ("2026-03-04T16:00:00+01", 15), ("2026-03-04 15:00:00 UTC", 15),
    ("20260304T150000Z", 15), ("Wed, 04 Mar 2026 15:00:00 GMT", 15), ("Wed, 4 Mar 26 15:00 Z", 15), ("04 Mar 2026 07:00:00 PST", 15),
    ("Wed, 04 Mar 2026 20:30:00 +0530", 15), ("March 4, 2026 3:00 PM UTC", 15), ("Mar 4 2026, 03:00 pm", 15), ("2026/03/04 15:00", 15),
    ("1772636400", 15), ("1772636400000", 15), ("1772636400.7", 15), ("2026-03-04", 0), ("Mar 4, 2026 12:00 AM", 0),
    ("Wed Mar 4 15:00:00 2026", 15),
  ])
  func timesOfEverySort(_ text: String, hour: Int) { #expect(FeedTime.read(text) == at(hour)) }

  @Test(arguments: [
    "", "soon", "0", "-5", "2026-02-30T00:00:00Z", "2026-13-01", "1969-12-31T23:59:59Z", "25:61", "99999999999999999999", "Mar 4",
  ])
  func whatIsNoTime(_ text: String) { #expect(FeedTime.read(text) == nil) }

  @Test func numbersAreSecondsOrMilliseconds() {
    #expect(FeedTime.read(.integer(1_772_636_400)) == at(15))
    #expect(FeedTime.read(.integer(1_772_636_400_999)) == at(15))
    #expect(FeedTime.read(.number(1_772_636_400.9)) == at(15))
    for value: JSONValue in [0, -1, true, nil, [], .number(1e300), .integer(.max)] { #expect(FeedTime.read(value) == nil) }
  }

  @Test func textsArePlain() {
    for (text, plain) in [
      ("a <b>bold</b>\n\t word", "a bold word"), ("<p>one</p><p>two</p>", "one two"), ("a<br/>b", "a b"),
      ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
      ("&lt;script&gt;alert(1)&lt;/script&gt;x", "x"), ("<script>alert(1)</script>x", "x"),
      ("&amp;amp; &eacute; &#233; &#xE9; &what;", "&amp; é é é &what;"),
      ("a&nbsp;&nbsp;b\u{3000}c", "a b c"), ("\u{202E}evil\u{0}\u{7}", "evil"), ("<a title='>'>x</a>", "x"), ("<!-- c -->x", "x"),
      ("  ", ""),
      ("&#0;&#xD800;&#99999999;", "&#0;&#xD800;&#99999999;"), ("<img src=x onerror=alert(1)>", ""),
    ] {
      #expect(PlainText.title(text) == plain)
    }
    #expect(PlainText.title(String(repeating: "é", count: 600)).unicodeScalars.count == 500)
    #expect(PlainText.update(String(repeating: "a b ", count: 2_000)).utf8.count == 4_000 - 1)
  }

  @Test func placesAreTold() {
    for (name, region) in [
      ("AMS3", "ams3"), ("us-east-1", "us-east-1"), ("us-gov-west-1", "us-gov-west-1"), ("europe-west12", "europe-west12"),
      ("Global", "global"),
      ("Latin America & the Caribbean", "latin-america-the-caribbean"), ("Asia Pacific", "asia-pacific"), (" EMEA ", "emea"),
    ] {
      #expect(Places.region(name) == region)
    }
    for name in ["", "API", "Astana, Kazakhstan - (NQZ)", "us-east", "east-1", "AMS33", "ams3", "europe-west", "us-west-1-b", "a-b-1"] {
      #expect(Places.region(name) == nil)
    }
  }
}
