import StatusModel

/// What surrounds every page: `page` in the templates.
struct Layout: Sendable {
  struct Navigation: Sendable {
    let name: String
    let href: String
    let isCurrent: Bool
  }
  /// Something said above the page.
  struct Notice: Sendable {
    let style: String
    let isAlert: Bool
    let text: String
  }
  /// The sections of the signed-in pages that this person may see.
  struct Sections: Sendable {
    let main: [Navigation]
    let more: [Navigation]
    let hasMore: Bool
    let isMoreCurrent: Bool
  }
  struct Translation: Sendable {
    let code: String
    let name: String
    let href: String
  }

  let lang: String
  let title: String
  let site: String
  let style = Assets.shared.style
  let script = Assets.shared.script
  let icon = Assets.shared.icon
  let links: [String: String]
  let navigation: [Navigation]
  let languages: [Translation]
  /// Without forms, names and cookies: the same for everybody.
  let isPublic: Bool
  /// Where changes of this page are told.
  let stream: String?
  let staleSince: Moment?
  /// The name of who is signed in.
  let account: String?
  let csrf: String?
  let sections: Sections?
  let notice: Notice?
}

/// What a page is made for: language, addresses, and who looks at it.
struct PageContext: Sendable {
  let links: Links
  /// The name of the site.
  let site: String
  /// Since when nothing newer could be read; epoch seconds.
  var staleSince: Int?
  /// Nil for pages that are the same for everybody.
  var visitor: Visitor?
  /// Whose days and clocks the page shows.
  var zone = PageZone.utc
  /// What was just done: the text `done_<key>`.
  var done: String?
  /// Why what was asked for was not done.
  var refusal: Failure?

  var language: Language { links.language }
  var strings: Strings { links.language.strings }

  /// Of epoch seconds.
  func moment(_ seconds: Int) -> Moment { Moment(seconds, language, in: zone) }

  /// `path` is that of the page, for the switch of languages; `isLive` where it follows changes.
  /// `stream` is where changes are told of a page that is not public.
  func layout(_ title: String, path: String, isLive: Bool = false, stream: String? = nil) -> Layout {
    let shown = title == site ? site : "\(title) · \(site)"
    return Layout(
      lang: language.rawValue, title: shown, site: site,
      links: [
        "home": links.home, "history": links.history, "atom": Links.atom, "rss": Links.rss, "calendar": Links.calendar,
        "summary": Links.statuspage("summary"), "documents": links.documents, "logout": links.logout,
        "incidents": links.incidents, "providers": links.publicProviders,
      ],
      navigation: navigation(path),
      languages: Language.allCases.filter { $0 != language }.map {
        Layout.Translation(code: $0.rawValue, name: $0.name, href: links.translated(path, to: $0))
      },
      isPublic: visitor == nil, stream: (visitor?.token == nil ? nil : stream) ?? (isLive && !isExported ? Links.live : nil),
      staleSince: staleSince.map(moment), account: visitor?.person?.name, csrf: visitor?.csrf,
      sections: sections(path), notice: notice)
  }

  private var isExported: Bool { if case .exported = links.form { true } else { false } }

  /// A refusal; else what was done.
  private var notice: Layout.Notice? {
    if let refusal {
      let text = refusal.problems.isEmpty ? explained(refusal) : strings("see_fields")
      return Layout.Notice(style: "major", isAlert: true, text: text)
    }
    guard let text = done.flatMap({ strings.texts["done_\($0)"] }) else { return nil }
    return Layout.Notice(style: "ok", isAlert: false, text: text)
  }

  private func navigation(_ path: String) -> [Layout.Navigation] {
    let isSignedIn = visitor?.person != nil
    let entries = [
      (strings("status"), links.home, "/"), (strings("history"), links.history, "/history"),
      (strings("subscribe"), links.subscribe, "/subscribe"),
      isSignedIn ? (strings("dashboard"), links.dashboard, "/dashboard") : (strings("sign_in"), links.login, "/login"),
    ]
    let shown = Self.isWork(path) ? entries.prefix(1) : entries[...]
    return shown.map { Layout.Navigation(name: $0.0, href: $0.1, isCurrent: path == $0.2) }
  }

  /// Whether a page is one of those where people work.
  static func isWork(_ path: String) -> Bool { path.hasPrefix("/dashboard") || path == "/profile" }

  private func sections(_ path: String) -> Layout.Sections? {
    guard let role = visitor?.person?.role, Self.isWork(path) else { return nil }
    func entries(_ sections: [WorkSection]) -> [Layout.Navigation] {
      sections.filter { role >= $0.role }.map {
        Layout.Navigation(name: strings($0.text), href: links.work($0), isCurrent: $0.holds(path))
      }
    }
    let more = entries(WorkSection.more)
    return Layout.Sections(
      main: entries(WorkSection.main), more: more, hasMore: !more.isEmpty, isMoreCurrent: more.contains(where: \.isCurrent))
  }
}

/// A section of the signed-in pages, and who may see it.
struct WorkSection: Sendable {
  /// Its text in `Strings`.
  let text: String
  let path: String
  let role: Role

  static let main = [
    WorkSection(text: "dashboard", path: "/dashboard", role: .viewer),
    WorkSection(text: "incidents", path: "/dashboard/incidents", role: .viewer),
    WorkSection(text: "components", path: "/dashboard/components", role: .viewer),
    WorkSection(text: "maintenance", path: "/dashboard/maintenance", role: .viewer),
    WorkSection(text: "providers", path: "/dashboard/providers", role: .viewer),
    WorkSection(text: "flags", path: "/dashboard/flags", role: .sre),
  ]
  static let more = [
    WorkSection(text: "subscribers", path: "/dashboard/subscribers", role: .sre),
    WorkSection(text: "webhooks", path: "/dashboard/webhooks", role: .sre),
    WorkSection(text: "messages", path: "/dashboard/messages", role: .sre),
    WorkSection(text: "mails", path: "/dashboard/mails", role: .admin),
    WorkSection(text: "users", path: "/dashboard/users", role: .admin),
    WorkSection(text: "profile", path: "/profile", role: .viewer),
  ]

  func holds(_ path: String) -> Bool { path == self.path || self.path != "/dashboard" && path.hasPrefix(self.path + "/") }
}
