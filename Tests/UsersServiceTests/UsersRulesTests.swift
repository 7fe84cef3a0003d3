import StatusModel
import Testing

@testable import UsersService

@Suite struct RegistrationTests {
  private let nobody = Caller()
  private let viewer = Caller(person: Person(id: "v", name: "V", email: "v@example.org", role: .viewer, sessionID: nil))
  private let sre = Caller(person: Person(id: "s", name: "S", email: "s@example.org", role: .sre, sessionID: nil))
  private let admin = Caller(person: Person(id: "a", name: "A", email: "a@example.org", role: .admin, sessionID: nil))
  private func application(admin: Bool) -> Caller {
    Caller(application: Application(name: "shop", scopes: [.write], strict: true, admin: admin, expiresAt: nil), isSigned: true)
  }

  /// The state, or the status of the refusal.
  private func outcome(_ mode: Registration, _ caller: Caller, role: Role? = nil, team: String? = nil, password: Bool = true) -> String {
    do {
      let (state, mail) = try UsersRules.registration(
        mode, by: caller, role: role, team: team, mail: "New@Example.org", hasPassword: password)
      return mail.map { "\(state) \($0.rawValue)" } ?? "\(state)"
    } catch { return "\(error.status)" }
  }

  @Test func `who registers is a viewer, at once or after a link`() {
    #expect(outcome(.open, nobody) == "working")
    #expect(outcome(.open, nobody, role: .viewer) == "working")
    #expect(outcome(.open, nobody, password: false) == "waiting set_password")
    #expect(outcome(.domains(["example.org"]), nobody) == "waiting confirm_mail")
    #expect(outcome(.domains(["example.org"]), nobody, password: false) == "waiting set_password")
    #expect(outcome(.domains(["example.com", "org"]), nobody) == "403")
    #expect(outcome(.closed, nobody) == "403")
    #expect(outcome(.closed, sre) == "403")
  }

  @Test func `a role or a team is an admin's to give`() {
    for mode in [Registration.open, .closed] {
      #expect(outcome(mode, nobody, role: .sre) == "401")
      #expect(outcome(mode, nobody, team: "Core") == "401")
      #expect(outcome(mode, viewer, role: .admin) == "403")
      #expect(outcome(mode, sre, team: "Core") == "403")
      #expect(outcome(mode, application(admin: false), role: .sre) == "403")
      #expect(outcome(mode, admin, role: .admin, team: "Core") == "working")
      #expect(outcome(mode, admin, role: .sre, password: false) == "waiting set_password")
      #expect(outcome(mode, application(admin: true), role: .sre) == "working")
    }
  }

  @Test func `a person's role counts before that of the application`() {
    var caller = application(admin: true)
    caller.person = sre.person
    #expect(outcome(.open, caller, role: .sre) == "403")
  }

  @Test(
    arguments: [
      ("open", Registration.open), ("closed", .closed), ("domains:example.org", .domains(["example.org"])),
      ("domains:A.org,b.example", .domains(["a.org", "b.example"])), ("domains:", nil), ("domains:a.org,", nil), ("domains:a b", nil),
      ("Open", nil),
      ("", nil),
    ] as [(String, Registration?)])
  func `REGISTRATION is read strictly`(text: String, expected: Registration?) { #expect(Registration(text) == expected) }

  @Test func `only a cluster on loopback is open by itself`() {
    #expect(Registration.usual(host: "127.0.0.1") == .open)
    #expect(Registration.usual(host: "::1") == .open)
    #expect(Registration.usual(host: "0.0.0.0") == .closed)
    #expect(Registration.usual(host: "10.1.2.3") == .closed)
  }

  @Test func `oneself or an admin may change an account`() {
    #expect(throws: Never.self) { try UsersRules.checkMayChange("s", by: sre) }
    #expect(throws: Never.self) { try UsersRules.checkMayChange("s", by: admin) }
    #expect(throws: Failure.self) { try UsersRules.checkMayChange("s", by: viewer) }
    #expect(throws: Failure.self) { try UsersRules.checkMayChange("s", by: application(admin: false)) }
  }
}

@Suite struct UserFieldTests {
  @Test(arguments: [
    "ada@example.org", "a@b", "admin@polystatus.local", "o'brien+ops@sub.example.co", "x_y-z{}|~@1.example",
    String(repeating: "a", count: 64) + "@example.org",
  ])
  func `mail addresses`(mail: String) { #expect(UsersRules.problem(withMail: mail) == nil) }

  @Test(arguments: [
    "", "ada", "@example.org", "ada@", "a@b@c", "ada @example.org", "ada@exa mple.org", "ada@-a.org", "ada@a-.org", "ada@a..org",
    "ada@.org",
    "ada@example.org\r\nBcc: x@y.z", "ada\0@example.org", "ad\u{e9}@example.org", String(repeating: "a", count: 65) + "@example.org",
    "a@" + String(repeating: "a", count: 64), "a@" + (0..<130).map { _ in "a" }.joined(separator: "."),
  ])
  func `not mail addresses`(mail: String) { #expect(UsersRules.problem(withMail: mail) != nil) }

  @Test func `names`() {
    for name in ["Ada", "\u{c9}lodie d'Argent", "\u{5f20}\u{4f1f}", String(repeating: "x", count: 100)] {
      #expect(UsersRules.problem(withName: name, limit: 100) == nil)
    }
    for name in ["", " Ada", "\u{a0}Ada", "A\nda", "A\0", String(repeating: "x", count: 101)] {
      #expect(UsersRules.problem(withName: name, limit: 100) != nil)
    }
  }

  @Test func `languages`() {
    for language in ["en", "fr", "pt-BR"] { #expect(UsersRules.problem(withLanguage: language) == nil) }
    for language in ["", "e", "EN", "eng", "pt-br", "pt_BR", "en-", "\u{e9}n"] {
      #expect(UsersRules.problem(withLanguage: language) != nil)
    }
  }

  @Test func `words are whole, lower case and few`() {
    #expect(UsersRules.words("Ada Lovelace <ada@Example.org>") == ["ada", "lovelace", "example", "org"])
    #expect(UsersRules.words(" --- ") == [])
    #expect(UsersRules.words((0..<99).map { "w\($0)" }.joined(separator: " ")).count == 16)
    #expect(UsersRules.words(String(repeating: "x", count: 99)) == [String(repeating: "x", count: 40)])
  }
}

@Suite struct PasswordRulesTests {
  @Test(arguments: ["difference engine", "0123456789abcdef", "\u{e9}t\u{e9} en Bretagne", String(repeating: "xY", count: 36)])
  func `passwords that may be set`(password: String) { #expect(PasswordRules.problem(with: password, mail: "ada@example.org") == nil) }

  @Test(arguments: [
    "", "ninechars", String(repeating: "x", count: 73), String(repeating: "\u{e9}", count: 37), "zero\0zero\0zero", "line\nbreak line",
    "password123", "QwertyUIOP", "Ada@Example.org",
  ])
  func `passwords that may not`(password: String) { #expect(PasswordRules.problem(with: password, mail: "ada@example.org") != nil) }
}
