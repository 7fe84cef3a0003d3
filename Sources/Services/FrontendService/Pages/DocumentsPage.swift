import StatusModel

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
