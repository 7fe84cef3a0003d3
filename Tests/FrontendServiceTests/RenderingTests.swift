@testable import FrontendService
import Foundation
import JSONBytes
import ServiceRuntime
import ServiceClients
import StatusModel
import Testing

struct RenderingTests {
  static let now = 1_795_000_000
  let renderer: Renderer

  init() throws { renderer = try Renderer(isHTTPS: false) }

  private func setting(_ language: Language = .en) -> PageContext {
    PageContext(links: Links(language: language, form: .plain), site: "Shop")
  }

  private func status(_ data: PublicData, _ language: Language = .en) -> String {
    renderer.html(StatusPage(Gallery.snapshot(data, now: Self.now), setting(language)))
  }

  @Test func everyPageOfTheGalleryIsMadeInEveryLanguage() throws {
    for (name, make) in Gallery().pages {
      for language in Language.allCases {
        let html = try #require(make(Self.now, setting(language), renderer), "\(name)")
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"\(language.rawValue)\">"), "\(name)")
        #expect(html.contains("</html>") && !html.contains("{{"), "\(name)")
        #expect(html.matches(of: /<h1[ >]/).count == 1, "\(name)")
        #expect(!html.contains("style=\"") && !html.contains("<style") && !html.contains(" onclick"), "\(name)")
      }
    }
  }

  /// A quote that a combining mark follows is still a quote to a browser.
  @Test(arguments: Strange.texts)
  func whateverIsStoredIsEscaped(_ text: String) {
    let escaped = ScalarHTML.escaped(text)
    #expect(escaped.unicodeScalars.allSatisfy { !"<>\"'".unicodeScalars.contains($0) })
    let html = status(Strange.data(now: Self.now))
    #expect(!html.contains("<script>alert"))
    #expect(!html.unicodeScalars.split(separator: "\"").contains { $0.starts(with: "\u{301} onfocus".unicodeScalars) })
  }

  @Test func controlCharactersBecomeReplacements() {
    #expect(ScalarHTML.escaped("a\u{0}b\u{7F}c\u{85}d\u{FFFF}\n") == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}\n")
  }

  @Test func theSentenceSaysTheWorst() {
    let strings = Strings.english
    #expect(PublicData().overall(strings).word == "Nothing is listed here yet")
    #expect(DemoShop(now: Self.now).data(isCalm: true).overall(strings).word == "All systems operational")
    #expect(DemoShop(now: Self.now).data().overall(strings).style == "partial")
    var data = DemoShop(now: Self.now).data(isCalm: true)
    data.incidents[0] = Self.incident(severity: 4, status: "open")
    #expect(data.overall(strings).word == "We are looking into an incident")
    data.incidents[0] = Self.incident(severity: 1, status: "mitigated")
    #expect(data.overall(strings).style == "degraded")
  }

  static func incident(severity: Int, status: String, at start: Int = now) -> PublicIncident {
    PublicIncident(["id": "INC-1", "title": "T", "sev": .integer(severity), "status": .string(status), "started_at": .integer(start)])!
  }

  @Test func frenchReadersGetFrench() {
    let html = status(DemoShop(now: Self.now).data(), .fr)
    #expect(html.contains("Certains systèmes sont en panne") && html.contains("Notre prestataire de cartes"))
    #expect(!html.contains("Our card provider"))
  }

  @Test func barsAreOnePathForEachState() {
    #expect(
      UptimeView.paths(["ok", "ok", "major", "ok"]) == [
        .init(style: "ok", d: "M0 14h9M15 14h4"), .init(style: "major", d: "M10 14h4"),
      ])
    #expect(UptimeView.paths([]).isEmpty)
  }

  @Test func addressesBecomeLinksAndNothingElseDoes() {
    let parts = TextPart.parts("See https://example.org/a?b=1, or http:// and javascript:alert(1).\nhttp://x.y")
    #expect(parts.compactMap(\.href) == ["https://example.org/a?b=1", "http://x.y"])
    #expect(parts.map(\.text).joined() == "See https://example.org/a?b=1, or http:// and javascript:alert(1).\nhttp://x.y")
    #expect(TextPart.parts("").map(\.text) == [""])
  }

  @Test func longTextsAreCutInLists() {
    let text = String(repeating: "word ", count: 400)
    #expect(TextPart.clipped(text, 100).count <= 101 && TextPart.clipped(text, 100).hasSuffix("word…"))
    #expect(TextPart.clipped(String(repeating: "x", count: 400), 100).count == 101)
    #expect(TextPart.clipped("short", 100) == "short")
  }

  /// What began at half past eleven in the evening in London had begun on the next day in Paris.
  @Test func theListOfDaysIsOfThePagesZone() {
    var data = DemoShop(now: Self.now).data(isCalm: true)
    let midnight = Self.now / 86_400 * 86_400
    data.incidents = [Self.incident(severity: 4, status: "resolved", at: midnight - 1800)]
    func day(_ zone: PageZone) -> Substring? {
      var setting = setting()
      setting.zone = zone
      var snapshot = Gallery.snapshot(data, now: midnight + 3600)
      snapshot.day = Day(of: midnight + 3600, in: zone)
      let html = renderer.html(StatusPage(snapshot, setting))
      return html[..<(html.firstRange(of: "/incidents/INC-1")?.lowerBound ?? html.startIndex)].matches(of: /<h3[^>]*>([^<]+)/).last?.output
        .1
    }
    #expect(day(.utc) == "17 November 2026" && day(PageZone("Europe/Paris")) == "18 November 2026")
  }

  @Test func publicPagesHoldNoFormAndNoName() throws {
    for name in ["status", "incident", "history", "component"] {
      let html = try #require(Gallery().page(name)?(Self.now, setting(), renderer))
      #expect(!html.contains("<form") && !html.contains("csrf") && !html.contains("Ines"))
    }
  }

  /// Twenty components and fifty incidents.
  @Test(arguments: [10, 50]) func aLargePageIsSmall(open: Int) {
    var data = PublicData()
    data.components = (0..<20).compactMap {
      PublicComponent([
        "key": .string("c\($0)"), "name": .string("Component \($0)"), "group": .string("G\($0 / 5)"), "status": "operational",
      ])
    }
    let shop = DemoShop(now: Self.now).data()
    for component in data.components { data.uptimes[component.key] = shop.uptimes["checkout"] }
    data.incidents = (0..<50).compactMap { number in
      let update: JSONValue = [
        "ts": .integer(Self.now - number * 9000), "message": "We have found it and are mending it.", "state": "identified",
      ]
      return PublicIncident([
        "id": .string("INC-\(number)"), "title": .string("Incident number \(number)"), "sev": 2,
        "status": number < open ? "open" : "resolved",
        "started_at": .integer(Self.now - number * 9000), "resolved_at": number < open ? .null : .integer(Self.now - number * 9000 + 600),
        "components": ["c1", "c2"], "updates": [update, update],
      ])
    }
    #expect(status(data).utf8.count < 60 * 1024)
    let assets = Assets.shared.bytes.filter { !$0.key.hasSuffix(".svg") }.values.map(\.count).reduce(0, +)
    #expect(assets < 30 * 1024)
  }

  @Test func aStaticCopyHoldsEveryPage() throws {
    let configuration = ["EXPORT_DIR": "/tmp/never", "PUBLIC_URL": "https://status.example/"]
    let export = try #require(StaticExport(Configuration(environment: configuration)))
    let files = export.files(Gallery.snapshot(DemoShop(now: Self.now).data(), now: Self.now), renderer)
    for name in [
      "/index.html", "/fr/index.html", "/history/index.html", "/incidents/INC-DEMO01/index.html", "/fr/components/checkout/index.html",
      "/badge.svg", "/as-of.txt", "/api/v2/summary.json", Assets.shared.style,
    ] {
      #expect(files[name] != nil, "\(name)")
    }
    let home = String(decoding: files["/index.html"] ?? [], as: UTF8.self)
    #expect(home.contains("href=\"/incidents/INC-DEMO01/\"") && home.contains("href=\"https://status.example/login\""))
    #expect(!home.contains("data-stream"))
    #expect(files.keys.allSatisfy { !$0.contains("..") })
  }
}
