import JSONBytes
import Testing

@testable import CommsService

struct MailRulesTests {
  @Test func `what becomes of a mail`() {
    #expect(MailRules.settlement(.sent, attempts: 0, age: 1, chance: 0) == (.sent, 0, nil))
    #expect(MailRules.settlement(.kept, attempts: 0, age: 1, chance: 0) == (.kept, 0, nil))
    #expect(MailRules.settlement(.failed("550 no"), attempts: 0, age: 1, chance: 0) == (.failed, 0, "550 no"))
    #expect(MailRules.settlement(.postponed("451 later"), attempts: 0, age: 1, chance: 0.5) == (.queued, 30_000, "451 later"))
  }

  @Test func `waits grow, a fifth up or down by chance, and a server that is away makes them no longer than five minutes`() {
    var last = 0
    for attempts in 0..<12 {
      let middle = MailRules.settlement(.postponed(""), attempts: attempts, age: 0, chance: 0.5).wait
      let low = MailRules.settlement(.postponed(""), attempts: attempts, age: 0, chance: 0).wait
      let high = MailRules.settlement(.postponed(""), attempts: attempts, age: 0, chance: 0.999).wait
      #expect(middle >= last && low == middle * 4 / 5 && high > middle && high < middle * 6 / 5)
      #expect(MailRules.settlement(.unreachable(""), attempts: attempts, age: 0, chance: 0.5).wait == min(middle, 300_000))
      last = middle
    }
    #expect(last == 14_400_000)
  }

  @Test func `after two days it has failed`() {
    #expect(MailRules.settlement(.postponed("x"), attempts: 3, age: MailRules.patience, chance: 0).state == .queued)
    #expect(MailRules.settlement(.unreachable("x"), attempts: 3, age: MailRules.patience + 1, chance: 0) == (.failed, 0, "x"))
  }

  @Test func `a mail is named by its event and its reader`() {
    let id = MailRules.mailID(event: "e", .subscription("s"))
    #expect(id == MailRules.mailID(event: "e", .subscription("s")) && id.utf8.count == 32)
    #expect(Set([id, MailRules.mailID(event: "e", .user("s")), MailRules.mailID(event: "f", .subscription("s"))]).count == 3)
    #expect(MailRecipient("user:7") == .user("7") && MailRecipient("subscription:a:b") == .subscription("a:b"))
    #expect(MailRecipient("user") == nil && MailRecipient("group:7") == nil)
  }
}

struct AudienceTests {
  static let everything = SubscriptionFilter()

  @Test(arguments: [
    (SubscriptionFilter(), Subject(components: ["checkout"], severity: 4), true),
    (SubscriptionFilter(components: ["checkout"]), Subject(components: ["CheckOut", "search"], severity: 4), true),
    (SubscriptionFilter(components: ["search"]), Subject(components: ["checkout"], severity: 1), false),
    (SubscriptionFilter(components: ["search"]), Subject(components: [], severity: 1), true),
    (SubscriptionFilter(severities: [1, 2]), Subject(components: ["checkout"], severity: 2), true),
    (SubscriptionFilter(severities: [1, 2]), Subject(components: ["checkout"], severity: 3), false),
    (SubscriptionFilter(severities: [1]), Subject(components: ["checkout"], severity: nil), true),
    (SubscriptionFilter(components: ["checkout"], severities: [1]), Subject(components: ["checkout"], severity: 2), false),
    (SubscriptionFilter(components: ["search"], severities: [1]), Subject(components: ["checkout"], severity: 1), false),
  ])
  func `who hears of what`(filter: SubscriptionFilter, subject: Subject, hears: Bool) { #expect(filter.admits(subject) == hears) }

  @Test func `what a message is about`() {
    #expect(
      Subject(["announcement": ["services": ["a", "b"], "sev": 2]] as JSONValue) == Subject(components: ["a", "b"], severity: 2))
    #expect(Subject(["maintenance": ["components": ["a"]]] as JSONValue) == Subject(components: ["a"], severity: nil))
    #expect(Subject([:] as JSONValue) == Subject(components: [], severity: nil))
  }
}
