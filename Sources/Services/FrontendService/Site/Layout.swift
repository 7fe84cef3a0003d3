import StatusModel

/// What surrounds every page: `page` in the templates.
struct Layout: Sendable {
  struct Navigation: Sendable {
    let name: String
    let href: String
    let isCurrent: Bool
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

  var language: Language { links.language }
  var strings: Strings { links.language.strings }

  /// Of epoch seconds.
  func moment(_ seconds: Int) -> Moment { Moment(seconds, language, in: zone) }

  /// `path` is that of the page, for the switch of languages; `isLive` where it follows changes.
  func layout(_ title: String, path: String, isLive: Bool = false) -> Layout {
    let shown = title == site ? site : "\(title) · \(site)"
    return Layout(
      lang: language.rawValue, title: shown, site: site,
      links: [
        "home": links.home, "history": links.history, "atom": Links.atom, "rss": Links.rss, "calendar": Links.calendar,
        "summary": Links.statuspage("summary"), "documents": links.documents, "logout": links.logout,
      ],
      navigation: navigation(path),
      languages: Language.allCases.filter { $0 != language }.map {
        Layout.Translation(code: $0.rawValue, name: $0.name, href: links.translated(path, to: $0))
      },
      isPublic: visitor == nil, stream: isLive && !isExported ? Links.live : nil,
      staleSince: staleSince.map(moment), account: visitor?.person?.name, csrf: visitor?.csrf)
  }

  private var isExported: Bool { if case .exported = links.form { true } else { false } }

  private func navigation(_ path: String) -> [Layout.Navigation] {
    let isSignedIn = visitor?.person != nil
    let entries = [
      (strings("status"), links.home, "/"), (strings("history"), links.history, "/history"),
      (strings("subscribe"), links.subscribe, "/subscribe"),
      isSignedIn ? (strings("dashboard"), links.dashboard, "/dashboard") : (strings("sign_in"), links.login, "/login"),
    ]
    return entries.map { Layout.Navigation(name: $0.0, href: $0.1, isCurrent: path == $0.2) }
  }
}
