import StatusModel
import Testing

@testable import IncidentsService

@Suite struct StatusRules {
  @Test(arguments: [
    (Status.open, [Status.mitigated, .resolved]), (.mitigated, [.open, .resolved]), (.resolved, [.open]),
  ])
  func `from each status exactly these are legal`(from: Status, legal: [Status]) {
    #expect(from.next == legal)
    for other in Status.allCases { #expect(other.previous.contains(from) == legal.contains(other)) }
  }

  @Test func `a refusal says what is legal`() {
    let detail = "An incident that is resolved can become open, not mitigated."
    #expect(Status.resolved.refusal(of: .mitigated) == .conflict(detail))
  }
}

@Suite struct IncidentIDs {
  @Test(arguments: ["INC-4K7Q2M", "INC-0000000"]) func `an id as it is stored is kept`(id: String) {
    #expect(IncidentID.canonical(id) == id)
  }

  @Test func `an id told over the telephone is understood`() {
    #expect(IncidentID.canonical("inc-4k7q2m") == "INC-4K7Q2M")
    #expect(IncidentID.canonical("INC-OIL234") == "INC-011234")
  }

  @Test(arguments: ["", "INC-", "INC-4K7Q2", "INC-4K7Q2M00", "INC-4K7Q2U", "4K7Q2M", "INC-4K7Q2é", "INC_4K7Q2M", "INC-4K7Q2M:words"])
  func `what no incident can be called is none`(text: String) {
    #expect(IncidentID.canonical(text) == nil)
  }
}

@Suite struct WordRules {
  @Test func `words are runs of letters and digits, lower-cased, each once`() {
    #expect(Words.of("Checkout DOWN: checkout/v2 isn't up (HTTP 500)") == ["checkout", "down", "v2", "isn", "up", "http", "500"])
    #expect(Words.of("Запрос не проходит, Überlast") == ["запрос", "не", "проходит", "überlast"])
    #expect(Words.of("e\u{301}te\u{301} x ! ") == ["e\u{301}te\u{301}"])
  }

  @Test func `a long word is cut and a long text ends`() {
    #expect(Words.of(String(repeating: "a", count: 40)) == [String(repeating: "a", count: 32)])
    #expect(Words.of((1...300).map { "word\($0)" }.joined(separator: " ")).count == 200)
  }
}

@Suite struct ExternalRules {
  @Test func `provider and id cannot be moved into each other`() {
    let one = External(provider: #"a","b"#, id: "c")
    let other = External(provider: "a", id: #"b","c"#)
    #expect(one.indexField != other.indexField)
  }
}
