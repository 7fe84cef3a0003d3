import StatusModel

/// `/dashboard`: where signing in leads.
struct DashboardPage: PageModel {
  static let template = "dashboard"

  struct Entry: Sendable {
    let name: String
    let href: String
    let about: String
  }

  let page: Layout
  let greeting: String
  let role: String
  let entries: [Entry]

  init(_ person: Person, _ setting: PageContext) {
    let t = setting.strings
    page = setting.layout(t("dashboard"), path: "/dashboard")
    greeting = t("hello", ["name": person.name])
    role = t("signed_in_as", ["email": person.email, "role": t("role_\(person.role.rawValue)")])
    entries = [
      Entry(name: t("status"), href: setting.links.home, about: t("status_about")),
      Entry(name: t("change_password"), href: setting.links.password, about: t("change_password_lead")),
      Entry(name: t("documents"), href: setting.links.documents, about: t("documents_lead")),
    ]
  }
}

/// `/docs`: what each service says of itself.
struct DocumentsPage: PageModel {
  static let template = "documents"

  struct Entry: Sendable {
    let name: String
    let about: String
    let href: String
    let yaml: String
  }

  let page: Layout
  let services: [Entry]

  init(_ setting: PageContext) {
    let t = setting.strings
    page = setting.layout(t("documents"), path: "/docs")
    services = ServiceName.allCases.map {
      Entry(
        name: $0.rawValue, about: t("service_\($0.rawValue)"), href: setting.links.documents(of: $0.rawValue),
        yaml: setting.links.swagger(of: $0.rawValue))
    }
  }
}
