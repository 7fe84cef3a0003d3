import Testing

@testable import CSPIngestorService

struct FeedsRSSTests {
  @Test func statuspagesUpdatesLackAYear() throws {
    let snapshot = try Fixtures.read("rss/statuspage.rss")
    #expect(snapshot.family == .rss && snapshot.absence == .none && snapshot.unreadable == 1)
    let event = try #require(snapshot["k3v1"])
    #expect(event.kind == .incident && event.state == .resolved && event.impact == .minor)
    #expect(event.title == "Carts & checkout")
    #expect(event.updates.map(\.state) == ["investigating", "update", "resolved"])
    #expect(event.updates.map(\.text) == ["We look.", "Better.", "Over."])
    #expect(event.startedAt == 1_767_223_800 && event.resolvedAt == 1_767_226_200)
  }

  @Test func whatHasNoStateIsANotice() throws {
    let event = try #require(try Fixtures.read("rss/statuspage.rss")["news-7"])
    #expect(event.kind == .notice && event.state == .resolved && event.impact == .none)
    #expect(event.title == "We have moved house")
    #expect(event.startedAt == 1_767_254_400 && event.updates.map(\.text) == ["Come and see."])
  }

  @Test func atomAndPlannedTimes() throws {
    let snapshot = try Fixtures.read("rss/statuspage.atom")
    #expect(snapshot.family == .atom && snapshot.events.map(\.externalID) == ["m9", "i9", "m8"])
    let planned = try #require(snapshot["m9"])
    #expect(planned.kind == .maintenance && planned.state == .scheduled)
    #expect(planned.startedAt == 1_773_183_600 && planned.scheduledUntil == 1_773_190_800)
    #expect(planned.updates.map(\.at) == [at(15, 30)])
    #expect(snapshot["i9"]?.state == .monitoring && snapshot["i9"]?.startedAt == at(15))
    let done = try #require(snapshot["m8"])
    #expect(done.state == .completed && done.startedAt == 1_772_420_400 && done.resolvedAt == 1_772_424_000)
  }

  @Test func anItemOfAzureIsOpenWhileItIsThere() throws {
    let snapshot = try Fixtures.read("rss/azure")
    #expect(snapshot.family == .rss && snapshot.absence == .all)
    #expect(snapshot.events.map(\.externalID) == ["virtual-machines-scale-sets-west-europe", "storage"])
    #expect(snapshot.events.map(\.state) == [.investigating, .investigating])
    #expect(snapshot.events[0].components.map(\.name) == ["Virtual Machines - Scale Sets"])
    #expect(snapshot.events.map(\.regions) == [["west-europe"], []])
    #expect(snapshot.events[0].startedAt == nil && snapshot.events[0].updates.count == 1)
  }

  private func item(_ inside: String) throws -> ProviderEvent? {
    try read("<rss><channel><item>\(inside)</item></channel></rss>").events.first
  }

  @Test func theIdIsWhatNamesItBest() throws {
    #expect(try item("<link>https://s.example/incidents/abc?x=1</link><guid>g</guid>")?.externalID == "abc")
    #expect(try item("<link>https://s.example/a</link><guid>https://s.example/incidents/def/</guid>")?.externalID == "def")
    #expect(try item("<link>https://s.example/a</link><guid>g</guid>")?.externalID == "g")
    #expect(try item("<link>https://s.example/a</link>")?.externalID == "https://s.example/a")
    #expect(try item("<title>Hello, World!</title>")?.externalID == "hello-world")
    #expect(try item("<description>d</description>") == nil)
  }
}

struct FeedsXMLTests {
  @Test(arguments: [
    "<!DOCTYPE rss><rss><channel/></rss>", "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'b'>]><rss><channel/></rss>",
    "<rss><channel><title>&bomb;</title></channel></rss>", "<rss><channel></rss></channel>", "<rss><channel>", "<rss", "<", "<rss a=b/>",
    "<rss a='1'b='2'><channel/></rss>", "<rss><channel/></rss>x", "<rss/><rss/>", "<rss><!-- </rss>", "<rss><![CDATA[ </rss>", "< rss/>",
    "<rss></rss >x", "<1/>",
  ])
  func whatIsNotWellFormedIsRefused(_ text: String) { #expect(throws: Refusal.syntax) { try read(text) } }

  @Test func whatIsWellFormedIsRead() throws {
    let root = try XMLDocument.root(
      of: Array(
        "<?xml version='1.0'?><!-- a --><a b = '1&lt;' c=\"&#x41;\"><b/>x<![CDATA[<&y]]><!-- -->&amp;&nbsp;AT&T & Co<b>2</b></a> ".utf8))
    #expect(root.attributes == ["b": "1<", "c": "A"])
    #expect(root.text == "x<&y&\u{A0}AT&T & Co")
    #expect(root.all("b").map(\.text) == ["", "2"])
    #expect(root.markup.hasPrefix("<b/>x"))
  }

  @Test func depthIsBounded() {
    let deep = String(repeating: "<a>", count: 10_000)
    #expect(throws: Refusal.syntax) { try XMLDocument.root(of: Array(deep.utf8)) }
  }

  @Test(arguments: [
    "<!DOCTYPE html><title>x</title>", "\n <HTML lang=en>", "<?xml version='1.0'?><!-- x -->\n<!doctype HTML PUBLIC 'x'>", "<head></head>",
    "<center>504</center>", "<html",
  ])
  func aPageIsNoFeed(_ text: String) { #expect(throws: Refusal.html) { try read(text) } }

  @Test func otherDocumentsAreNoFeed() { #expect(throws: Refusal.shape) { try read("<Error><Code>AccessDenied</Code></Error>") } }
}
