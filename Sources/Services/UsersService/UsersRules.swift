import StatusModel

/// How much an open incident may wake somebody.
enum Notify: String, CaseIterable { case none, mine, sev1, sev2, all }

/// Whether an account can sign in: it waits for its link, works, or an admin has suspended it.
enum AccountState: String { case waiting, working, suspended }

/// The mails users asks comms to send.
enum MailTemplate: String {
  case confirmMail = "confirm_mail"
  case setPassword = "set_password"
  case resetPassword = "reset_password"
  case incidentOpened = "incident_opened"
  case incidentAssigned = "incident_assigned"
  case incidentReminder = "incident_reminder"
  case incidentNews = "incident_news"
}

/// What a one-use link may do.
enum LinkPurpose: String, CaseIterable {
  case password, confirm

  /// The page of the site that takes the link.
  func url(at site: String, token: String) -> String {
    let path = self == .password ? "password/reset" : "confirm"
    return "\(site.hasSuffix("/") ? site : site + "/")\(path)?token=\(token)"
  }
}

/// Who may make an account of their own (`REGISTRATION`).
enum Registration: Equatable {
  case open
  /// Only mail addresses of these domains, in lower case; the account works once its mail is confirmed.
  case domains([String])
  case closed

  /// `open`, `closed` or `domains:example.org,…`; nil for anything else.
  init?(_ text: String) {
    if text == "open" {
      self = .open
    } else if text == "closed" {
      self = .closed
    } else if text.hasPrefix("domains:") {
      let domains = text.dropFirst(8).split(separator: ",", omittingEmptySubsequences: false).map { $0.lowercased() }
      guard domains.allSatisfy({ UsersRules.problem(withMail: "a@\($0)") == nil }) else { return nil }
      self = .domains(domains)
    } else {
      return nil
    }
  }

  /// Without `REGISTRATION`, only a cluster that this machine alone can reach is open.
  static func usual(host: String) -> Registration {
    host == "localhost" || host == "::1" || host.hasPrefix("127.") || host.hasPrefix("unix:") ? .open : .closed
  }
}

/// The rules of people and their accounts: no I/O.
enum UsersRules {
  /// Who does what the service does by itself.
  static let ourselves = Caller(
    application: Application(name: ServiceName.users.rawValue, scopes: Set(Scope.allCases), strict: true, admin: true, expiresAt: nil))
  /// How long a token is good for, used or not; without use it ends after 7 days (Identity's session.lua).
  static let tokenSeconds = 30 * 86_400
  static let linkSeconds = 30 * 60
  static let operatorTokenSeconds = 86_400
  static let configurationKeySeconds = 600

  /// What becomes of a registration. Throws `Failure` when nothing may be created.
  static func registration(
    _ mode: Registration, by caller: Caller, role: Role?, team: String?, mail: String, hasPassword: Bool
  ) throws(Failure) -> (state: AccountState, mail: MailTemplate?) {
    if isAdmin(caller) { return hasPassword ? (.working, nil) : (.waiting, .setPassword) }
    if (role ?? .viewer) > .viewer || team != nil {
      let text = "Only an admin may give a role above viewer or a team. Leave them out, or ask an admin."
      throw caller.isNobody ? .unknownCaller(text) : .forbidden(text)
    }
    switch mode {
    case .closed: throw .forbidden("Registration is closed here. Ask an admin for an account.")
    case .open: return hasPassword ? (.working, nil) : (.waiting, .setPassword)
    case .domains(let domains):
      let domain = mail.lowercased().split(separator: "@").last.map(String.init) ?? ""
      guard domains.contains(domain) else {
        throw .forbidden("Only addresses of \(domains.joined(separator: ", ")) may register here. Ask an admin for an account.")
      }
      return (.waiting, hasPassword ? .confirmMail : .setPassword)
    }
  }

  /// An admin's token, or an application registered as admin; a person's role counts when there is a person.
  static func isAdmin(_ caller: Caller) -> Bool { caller.person.map { $0.role == .admin } ?? (caller.application?.admin ?? false) }

  /// A person may change themselves, an admin everybody. Throws `Failure.forbidden`.
  static func checkMayChange(_ id: String, by caller: Caller) throws(Failure) {
    guard isAdmin(caller) || caller.person?.id == id else { throw .forbidden("Only the person or an admin may change this account.") }
  }

  /// The form addresses are compared in.
  static func mailKey(_ mail: String) -> String { mail.lowercased() }

  /// The words a text is found by: letters and digits, lower case, at most `limit` of at most 40 characters.
  static func words(_ text: String, limit: Int = 16) -> [String] {
    var words: [String] = []
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let word = String(word.prefix(40))
      if !words.contains(word), words.count < limit { words.append(word) }
    }
    return words
  }

  /// An address as browsers accept it in a form (WHATWG HTML, valid e-mail address), of at most 254 bytes. Nil when it is one.
  static func problem(withMail mail: String) -> String? {
    let wrong = "is not a mail address such as ada@example.org"
    let parts = mail.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, mail.utf8.count <= 254 else { return wrong }
    guard (1...64).contains(parts[0].count), parts[0].allSatisfy({ isAlphanumeric($0) || localSigns.contains($0) }) else { return wrong }
    let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy(isLabel) ? nil : wrong
  }

  /// A name of 1 to `limit` characters (Unicode scalars) that begins with no space and holds no control character.
  static func problem(withName name: String, limit: Int) -> String? {
    let scalars = name.unicodeScalars
    guard let first = scalars.first, scalars.count <= limit else { return "must have 1 to \(limit) characters" }
    if first.properties.isWhitespace { return "must not begin with a space" }
    return scalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "must not contain control characters" : nil
  }

  /// `en`, `fr`, `pt-BR`.
  static func problem(withLanguage language: String) -> String? {
    let bytes = Array(language.utf8)
    let lower = UInt8(ascii: "a")...UInt8(ascii: "z")
    let upper = UInt8(ascii: "A")...UInt8(ascii: "Z")
    let isTag =
      (bytes.count == 2 || bytes.count == 5 && bytes[2] == UInt8(ascii: "-") && bytes[3...].allSatisfy(upper.contains))
      && bytes[..<2].allSatisfy(lower.contains)
    return isTag ? nil : "must be a language such as en or pt-BR"
  }

  private static let localSigns = Set(".!#$%&'*+/=?^_`{|}~-".utf8)

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    default: false
    }
  }

  /// RFC 1035 section 2.3.1, digits allowed first (RFC 1123).
  private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
    guard (1...63).contains(label.count), let first = label.first, let last = label.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last) && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }
}
