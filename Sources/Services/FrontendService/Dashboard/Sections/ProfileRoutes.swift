import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// What a person says of themselves.
extension Frontend {
  var profileRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/profile", .everyone, page(.viewer, profile)),
      ServiceRoute(.post, "/profile", .everyone, bodyLimit: Self.formLimit, action(.viewer, changeProfile)),
    ]
  }

  private func profile(_ request: Request, _ desk: Desk) async throws -> FormPage {
    guard let user = try await users.user(desk.person.id) else { throw Failure.notFound(desk.strings("error_404_advice")) }
    return FormPage(.profile(user, desk.setting), desk.setting)
  }

  private func changeProfile(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    guard let user = try await users.user(desk.person.id) else { throw Failure.notFound(desk.strings("error_404_advice")) }
    let team = form.text("team")
    let body: JSONValue = [
      "name": .string(form.text("name")), "team": team.isEmpty ? .null : .string(team), "language": .string(form["language"]),
      "notify": .string(form["notify"]),
    ]
    do throws(Failure) { try await users.change(user.id, body) } catch {
      return try again(form, error, .profile(user, desk.setting, form))
    }
    return done("saved", desk.links.profile)
  }
}

extension FormPage.Content {
  /// `/profile`
  static func profile(_ user: UsersClient.User, _ setting: PageContext, _ form: Submission? = nil) -> Self {
    let t = setting.strings
    let notices = ["none", "mine", "sev1", "sev2", "all"].map { ($0, t("notify_\($0)")) }
    let languages = Language.allCases.map { ($0.rawValue, $0.name) }
    return Self(
      path: "/profile", action: setting.links.profile, heading: t("profile"),
      lead: t("profile_lead", ["email": user.email, "role": t("role_\(user.role.rawValue)")]),
      fields: [
        .init(name: "name", label: t("name"), value: form?["name"] ?? user.name, autocomplete: "name"),
        .init(name: "team", label: t("team"), value: form?["team"] ?? user.team ?? "", required: false),
        .select("language", t("language"), languages, chosen: form?["language"] ?? String(user.language.prefix(2))),
        .select("notify", t("notify"), notices, chosen: form?["notify"] ?? user.notify),
      ], button: t("save"), others: [.init(name: t("change_password"), href: setting.links.password)])
  }
}
