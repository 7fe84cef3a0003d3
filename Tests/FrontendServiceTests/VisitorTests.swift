@testable import FrontendService
import StatusModel
import Testing

struct CookiesTests {
  @Test func httpsBindsThemToTheHost() {
    let line = Cookies(isHTTPS: true).starting(session: "psu_x")
    #expect(line == "__Host-polystatus=psu_x; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure")
    #expect(Cookies(isHTTPS: false).starting(form: "a") == "polystatus-form=a; Path=/; HttpOnly; SameSite=Lax")
    #expect(Cookies(isHTTPS: false).endingSession.contains("Max-Age=0"))
  }

  @Test func aFormsTokenDoesNotGiveItsCookieAway() {
    let token = Visitor.csrf(for: "secret")
    #expect(
      token.utf8.count == 64 && !token.contains("secret") && token == Visitor.csrf(for: "secret") && token != Visitor.csrf(for: "other"))
  }
}

struct FormPageTests {
  private let setting = PageContext(links: Links(language: .en, form: .plain), site: "Shop")
  private let french = PageContext(links: Links(language: .fr, form: .plain), site: "Shop")

  @Test func problemsStandBesideTheirFields() {
    let refusal = Failure.invalid([
      FieldProblem(field: "password", message: "is too short"), FieldProblem(field: "role", message: "is odd"),
    ])
    let page = FormPage(.register(setting), setting, refusal: refusal)
    #expect(page.fields.last?.problem == "New password is too short." && page.fields.last?.describedBy == "password-error password-hint")
    #expect(page.fields.first?.problem == nil && page.failure == "role is odd.")
    let marked = FormPage(.register(setting), setting, refusal: .invalid("password", "is too short"))
    #expect(marked.failure == "Please look at the marked fields.")
  }

  @Test func refusalsAreInThePagesLanguage() {
    #expect(FormPage(.register(french), french, refusal: .conflict("taken")).failure == french.strings("failure_409"))
    #expect(FormPage(.register(setting), setting, refusal: .conflict("taken")).failure == "taken")
    let marked = FormPage(.register(french), french, refusal: .invalid("password", "is too short"))
    #expect(marked.fields.last?.problem == "Nouveau mot de passe : cette valeur ne peut pas être acceptée.")
  }
}
