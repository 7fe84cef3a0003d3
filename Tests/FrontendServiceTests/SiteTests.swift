@testable import FrontendService
import Foundation
import StatusModel
import Testing

struct LanguageTests {
  @Test(arguments: [
    ("fr", Language.fr), ("fr-CA,en;q=0.5", .fr), ("en;q=0.3, fr;q=0.4", .fr), ("de, en;q=0.2", .en), ("de", .en), ("", .en),
    ("fr;q=0", .en), ("*", .en), ("fr;q=abc", .fr), ("FR", .fr),
  ])
  func acceptLanguageChooses(_ header: String, _ expected: Language) { #expect(Language(accepting: header) == expected) }

  @Test func bothLanguagesHaveEveryText() {
    #expect(Set(Strings.english.texts.keys) == Set(Strings.french.texts.keys))
    for language in Language.allCases {
      for (key, text) in language.strings.texts { #expect(!text.isEmpty, "\(language) \(key)") }
    }
  }

  @Test func placeholdersAreTheSame() {
    func names(_ text: String) -> Set<String> { Set(text.matches(of: /\{[a-z]+\}/).map { String($0.output) }) }
    for (key, text) in Strings.english.texts { #expect(names(text) == names(Strings.french(key)), "\(key)") }
  }

  /// `{{t.key}}` in templates, `strings("key")` and `t("key")` in code.
  @Test func everyTextThatIsUsedExists() throws {
    var used: Set<String> = []
    for (file, text) in Embedded.files where file.hasSuffix(".mustache") {
      used.formUnion(text.matches(of: /\{\{[#^]?t\.([a-z_0-9-]+)\}\}/).map { String($0.1) })
    }
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Services/FrontendService").standardized
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") } ?? []
    for name in names {
      let code = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      used.formUnion(code.matches(of: /\b(?:strings|t)\("([a-z_0-9]+)"[,)]/).map { String($0.1) })
      used.formUnion(code.matches(of: /strings\.count\("([a-z_]+)"/).flatMap { ["\($0.1)_one", "\($0.1)_other"] })
    }
    #expect(used.count > 100)
    for key in used.sorted() { #expect(Strings.english.texts[key] != nil, "\(key)") }
  }

  @Test func oneIsSingularAndInFrenchNoneToo() {
    #expect(Strings.english.count("days_ago", 1, in: .en) == "1 day ago")
    #expect(Strings.english.count("days_ago", 0, in: .en) == "0 days ago")
    #expect(Strings.french.count("days_ago", 0, in: .fr) == "Il y a 0 jour")
    #expect(Strings.french.count("days_ago", 2, in: .fr) == "Il y a 2 jours")
  }
}

struct LinksTests {
  @Test(arguments: [
    "https://evil.example", "//evil.example", "/\\evil.example", "/a\\b", "javascript:alert(1)", "evil", "", "/a b", "/\u{9}/evil.example",
    "/é", "/" + String(repeating: "a", count: 2000), "\n/a",
  ])
  func onlyLocalPathsAreFollowed(_ target: String) { #expect(Links.local(target, else: "/dashboard") == "/dashboard") }

  @Test(arguments: ["/", "/dashboard", "/incidents/INC-1?lang=fr#top", "/a//b"])
  func localPathsAreFollowed(_ target: String) { #expect(Links.local(target, else: "/x") == target) }

  @Test func aChosenLanguageStaysChosen() {
    let chosen = Links(language: .fr, form: .chosen)
    #expect(chosen.incident("INC-1") == "/incidents/INC-1?lang=fr")
    #expect(chosen.login == "/login?lang=fr")
    #expect(chosen.translated("/history", to: .en) == "/history?lang=en")
    #expect(Links(language: .fr, form: .plain).history == "/history")
  }

  @Test func aStaticCopyLinksToFilesAndTheServiceForTheRest() {
    let copy = Links(language: .fr, form: .exported(site: "https://status.example"))
    #expect(copy.home == "/fr/" && copy.incident("INC-1") == "/fr/incidents/INC-1/")
    #expect(copy.translated("/history", to: .en) == "/history/")
    #expect(copy.login == "https://status.example/login")
  }

  @Test(arguments: [("a b/c", "a%20b%2Fc"), ("..", "%2E%2E"), (".", "%2E"), ("é", "%C3%A9"), ("a.b-c_~", "a.b-c_~"), ("\n", "%0A")])
  func segmentsAreEncoded(_ text: String, _ expected: String) { #expect(Links.segment(text) == expected) }
}

struct DatesTests {
  @Test func timesAreLocalisedAndExact() {
    let moment = Moment(1_772_357_400, .en)
    #expect(moment.iso == "2026-03-01T09:30:00Z" && moment.utc == "2026-03-01 09:30 UTC" && moment.text == "1 Mar 2026, 09:30 UTC")
    #expect(Moment(1_772_357_400, .fr).text == "1 mars 2026 à 09:30 UTC")
    #expect(Moment(0, .en).text == "1 Jan 1970, 00:00 UTC")
  }

  @Test func daysAndClocksAreOfThePagesZone() {
    let paris = PageZone("Europe/Paris")
    let late = Moment(1_772_321_400, .en, in: paris)  // 2026-02-28T23:30:00Z
    #expect(late.text == "1 Mar 2026, 00:30 UTC+1" && late.utc == "2026-02-28 23:30 UTC" && late.iso == "2026-02-28T23:30:00Z")
    #expect(Moment(1_782_862_200, .fr, in: paris).text == "1 juil. 2026 à 01:30 UTC+2")
    #expect(Day(of: 1_772_321_400, in: paris) == Day("2026-03-01") && Day(of: 1_772_321_400) == Day("2026-02-28"))
    #expect(Moment(1_772_321_400, .en, in: PageZone("Asia/Kolkata")).text.hasSuffix("1 Mar 2026, 05:00 UTC+5:30"))
    #expect(Moment(1_772_321_400, .en, in: PageZone("America/St_Johns")).text == "28 Feb 2026, 20:00 UTC-3:30")
  }

  @Test func daysCount() {
    let day = Day(of: 1_772_357_400)
    #expect(day.text(.fr) == "1er mars 2026" && day.text(.en) == "1 March 2026" && day.monthText(.fr) == "Mars 2026")
    #expect(day.before(1).text(.en) == "28 February 2026" && day.before(0) == day && Day("2024-03-01")?.before(1) == Day("2024-02-29"))
    #expect(Day("2026-13-01") == nil && Day("x") == nil)
    for offset in 0..<800 { #expect(Day(of: 1_772_357_400 - offset * 86_400) == day.before(offset)) }
  }

  @Test func durationsHaveTwoUnits() {
    #expect(durationText(10, .en) == "1 min" && durationText(3600, .en) == "1 h" && durationText(5760, .en) == "1 h 36 min")
    #expect(durationText(86_400 * 3, .en) == "3 days" && durationText(86_400 * 3 + 7200, .fr) == "3 j 2 h")
  }

  @Test func aHundredPercentIsNothingLost() {
    #expect(percentText(100, .en) == "100%" && percentText(99.9999, .en) == "99.99%" && percentText(99.5, .fr) == "99,50\u{202F}%")
  }
}
