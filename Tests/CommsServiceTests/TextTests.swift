@testable import CommsService
import Testing

struct TextTests {
  @Test func `what people write is shown and never run`() {
    #expect(PlainText.html("<script>alert('x')</script>") == "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;")
    #expect(PlainText.html("a\nb\r\nc") == "a<br>b<br>c")
    #expect(
      PlainText.html("See https://example.org/a?b=1&c=2.")
        == #"See <a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>."#)
    #expect(
      PlainText.html("javascript:alert(1) http:// https://\"onclick=x")
        == "javascript:alert(1) http:// <a href=\"https://&quot;onclick=x\">https://&quot;onclick=x</a>")
    #expect(XML.text("a\u{0}b\u{FFFE}c\u{1F600}") == "abc\u{1F600}")
  }

  @Test func `calendar lines are folded between characters`() {
    let line = "SUMMARY:" + String(repeating: "é", count: 60)
    let folded = MaintenanceCalendar.folded(line)
    #expect(folded.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 75 })
    #expect(folded.replacing("\r\n ", with: "") == line)
    #expect(MaintenanceCalendar.escaped("a,b;c\\d\r\ne\nf") == "a\\,b\\;c\\\\d\\ne\\nf")
  }

  @Test func `announcements' and components' names`() {
    #expect(AnnouncementID("INC-4K7Q2M-12").map { [$0.incident, "\($0.number)"] } == ["INC-4K7Q2M", "12"])
    for text in ["", "INC", "INC-0", "INC-01", "-1", "a b-1", "INC-4K7Q2M--1", "INC-99999999999999999999"] {
      #expect(AnnouncementID(text) == nil)
    }
    for key in ["a", "Shop.front-1_x", "0"] { #expect(ComponentKey.isValid(key)) }
    for key in ["", "-a", "a b", "a/b", "é", String(repeating: "a", count: 65)] { #expect(!ComponentKey.isValid(key)) }
  }
}
