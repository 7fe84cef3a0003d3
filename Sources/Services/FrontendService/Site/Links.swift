import ServiceClients

/// Every address of the site, made here and nowhere else.
struct Links: Sendable {
  let language: Language
  let form: Form

  enum Form: Sendable, Hashable {
    /// The language is what the browser asks for.
    case plain
    /// The visitor chose the language: it stays chosen.
    case chosen
    /// A static copy: files in folders, one for each further language; what needs the service points to this address.
    case exported(site: String)
  }

  var home: String { page("/") }
  var history: String { page("/history") }
  func incident(_ id: String) -> String { page("/incidents/\(Self.segment(id))") }
  func component(_ key: String) -> String { page("/components/\(Self.segment(key))") }

  var publicProviders: String { action("/providers") }
  func publicProvider(_ name: String) -> String { action("/providers/\(Self.segment(name))") }
  var subscribe: String { action("/subscribe") }
  func manage(_ token: String) -> String { action("/subscriptions/manage/\(Self.segment(token))") }
  func confirm(_ token: String) -> String { action("/subscriptions/confirm/\(Self.segment(token))") }
  func unsubscribe(_ token: String) -> String { action("/unsubscribe/\(Self.segment(token))") }
  var login: String { action("/login") }
  var logout: String { action("/logout") }
  var register: String { action("/register") }
  var forgot: String { action("/password/forgot") }
  var reset: String { action("/password/reset") }
  var confirmMail: String { action("/confirm") }
  var password: String { action("/password") }
  var dashboard: String { action("/dashboard") }
  func work(_ section: WorkSection) -> String { action(section.path) }
  var incidents: String { action("/dashboard/incidents") }
  /// The list with a filter and from a place on.
  func incidents(_ query: KeyValuePairs<String, String?>) -> String { action(RequestTarget.text("/dashboard/incidents", query)) }
  func warRoom(_ id: String) -> String { action(Self.warRoomPath(id)) }
  /// What can be done there: the last part of the address.
  func warRoom(_ id: String, _ doing: String) -> String { action("\(Self.warRoomPath(id))/\(doing)") }
  /// An older page of its timeline.
  func warRoom(_ id: String, page: Int) -> String { action("\(Self.warRoomPath(id))?page=\(page)") }
  var flags: String { action("/dashboard/flags") }
  /// Where a form asks by GET: the language goes with its fields.
  func flagPath(_ id: String) -> String { "/dashboard/flags/\(Self.segment(id))" }
  func flag(_ id: String) -> String { action("/dashboard/flags/\(Self.segment(id))") }
  func flag(_ id: String, _ doing: String) -> String { action("/dashboard/flags/\(Self.segment(id))/\(doing)") }
  var webhooks: String { action("/dashboard/webhooks") }
  func webhook(_ id: String, start: Int = 0) -> String {
    action(RequestTarget.text("/dashboard/webhooks/\(Self.segment(id))", ["start": start == 0 ? nil : "\(start)"]))
  }
  func webhook(_ id: String, _ doing: String) -> String { action("/dashboard/webhooks/\(Self.segment(id))/\(doing)") }
  func replay(_ delivery: String, of webhook: String) -> String {
    action("/dashboard/webhooks/\(Self.segment(webhook))/deliveries/\(Self.segment(delivery))/replay")
  }
  var components: String { action("/dashboard/components") }
  func editComponent(_ key: String) -> String { action("/dashboard/components/\(Self.segment(key))") }
  func editComponent(_ key: String, _ doing: String) -> String { action("/dashboard/components/\(Self.segment(key))/\(doing)") }
  var maintenance: String { action("/dashboard/maintenance") }
  func endMaintenance(_ id: String) -> String { action("/dashboard/maintenance/\(Self.segment(id))/end") }
  var providers: String { action("/dashboard/providers") }
  func providers(_ name: String) -> String { action("/dashboard/providers/\(Self.segment(name))") }
  func providers(_ name: String, _ doing: String) -> String { action("/dashboard/providers/\(Self.segment(name))/\(doing)") }
  var profile: String { action("/profile") }
  var users: String { action("/dashboard/users") }
  func user(_ id: String) -> String { action("/dashboard/users/\(Self.segment(id))") }
  func subscribers(start: Int = 0) -> String {
    action(RequestTarget.text("/dashboard/subscribers", ["start": start == 0 ? nil : "\(start)"]))
  }
  func endSubscription(_ id: String) -> String { action("/dashboard/subscribers/\(Self.segment(id))/end") }
  func mails(start: Int = 0) -> String { action(RequestTarget.text("/dashboard/mails", ["start": start == 0 ? nil : "\(start)"])) }
  func messages(_ query: KeyValuePairs<String, String?>) -> String { action(RequestTarget.text("/dashboard/messages", query)) }
  func message(_ uuid: String) -> String { action("/dashboard/messages/\(Self.segment(uuid))") }
  func message(_ uuid: String, _ doing: String) -> String { action("/dashboard/messages/\(Self.segment(uuid))/\(doing)") }
  var newIncident: String { action("/dashboard/new") }
  var documents: String { action("/docs") }
  func documents(of service: String) -> String { service == "frontend" ? "/docs/frontend" : "/docs/\(service)" }
  func swagger(of service: String) -> String { service == "frontend" ? "/swagger.yaml" : "/docs/\(service)/swagger.yaml" }
  func gallery(_ name: String) -> String { action("/gallery/\(Self.segment(name))") }

  static let atom = "/history.atom"
  static let rss = "/history.rss"
  static let calendar = "/maintenance.ics"
  static let badge = "/badge.svg"
  static let live = "/live"
  static let workLive = "/dashboard/stream"
  static func warRoomPath(_ id: String) -> String { "/dashboard/incidents/\(segment(id))" }
  static func warRoomLive(_ id: String) -> String { "\(workLive)?incident=\(segment(id))" }
  static func statuspage(_ name: String) -> String { "/api/v2/\(name).json" }
  static func asset(_ name: String) -> String { "/assets/\(name)" }

  /// The language, where it was chosen: forms that ask by GET carry it along.
  var chosen: String? { if case .chosen = form { language.rawValue } else { nil } }

  /// The same page in another language.
  func translated(_ path: String, to language: Language) -> String {
    if case .exported = form { return Links(language: language, form: form).page(path) }
    return Self.withLanguage(path, language)
  }

  /// A public page: it has a place in a static copy.
  func page(_ path: String) -> String {
    switch form {
    case .plain: return path
    case .chosen: return Self.withLanguage(path, language)
    case .exported: return Self.folder(path, language)
    }
  }

  /// The folder of a page in a static copy, with a slash at its end.
  static func folder(_ path: String, _ language: Language) -> String {
    (language == .en ? "" : "/\(language.rawValue)") + (path == "/" ? "/" : "\(path)/")
  }

  private func action(_ path: String) -> String {
    switch form {
    case .plain: path
    case .chosen: Self.withLanguage(path, language)
    case .exported(let site): site + path
    }
  }

  private static func withLanguage(_ path: String, _ language: Language) -> String {
    path + (path.contains("?") ? "&" : "?") + "lang=\(language.rawValue)"
  }

  /// One segment of a path, percent-encoded (RFC 3986 section 3.3).
  static func segment(_ text: String) -> String { RequestTarget.segment(text) }

  /// A page that says what was done.
  static func saying(_ key: String, on target: String) -> String {
    let parts = target.split(separator: "#", maxSplits: 1)
    let anchor = parts.count > 1 ? "#\(parts[1])" : ""
    let path = parts.first.map(String.init) ?? "/"
    return "\(path)\(path.contains("?") ? "&" : "?")done=\(key)\(anchor)"
  }

  /// Where a form may send people afterwards: a path of this site, else `standard`. `//host` and `/\host` are other sites to a browser.
  static func local(_ target: String?, else standard: String) -> String {
    guard let target, target.utf8.count <= localLimit, target.hasPrefix("/"), !target.hasPrefix("//"),
      target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
    else { return standard }
    return target
  }

  /// Bytes.
  private static let localLimit = 1024
}
