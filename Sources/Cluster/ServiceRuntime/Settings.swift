import Foundation
public import OutboundClient
public import StatusModel

/// One environment variable: the table below is the source of the documentation.
public struct Setting: Sendable {
  public enum Kind: Sendable {
    case text
    case url(schemes: [String])
    case number(ClosedRange<Int>)
    case choice([String])
    /// IP addresses or CIDR blocks, separated by commas.
    case ranges
    /// A name of the time zone database.
    case timeZone
    case mailServer
  }
  public let name: String
  /// Nil: unset unless given.
  public let standard: String?
  public let kind: Kind
  public let about: String

  init(_ name: String, _ kind: Kind, _ standard: String?, _ about: String) {
    self.name = name
    self.kind = kind
    self.standard = standard
    self.about = about
  }

  /// What a value must be, in words.
  public var expectation: String {
    switch kind {
    case .text: "a text that is not empty"
    case .url(let schemes): "an address beginning with " + schemes.map { "\($0)://" }.joined(separator: " or ")
    case .number(let range):
      range.upperBound == .max ? "a number from \(range.lowerBound) up" : "a number from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): "one of " + words.joined(separator: ", ")
    case .mailServer: MailServer.expectation
    case .ranges: "addresses or CIDR blocks such as 10.1.0.0/16, separated by commas"
    case .timeZone: "a time zone such as Europe/Paris or UTC"
    }
  }

  func accepts(_ value: String) -> Bool {
    switch kind {
    case .text: !value.isEmpty
    case .url(let schemes): schemes.contains { value.hasPrefix("\($0)://") && value.utf8.count > $0.utf8.count + 3 }
    case .number(let range): Int(value).map(range.contains) ?? false
    case .choice(let words): words.contains(value)
    case .ranges: AddressRange.list(value) != nil
    case .timeZone: TimeZone(identifier: value) != nil
    case .mailServer: MailServer(value) != nil
    }
  }

  /// Every setting of every service.
  public static let all: [Setting] =
    [
      Setting("HOST", .text, "127.0.0.1", "Address to listen on."),
      Setting("PORT", .number(0...65535), nil, "Port to listen on; each service has its own by default. 0: any free one."),
      Setting("LOOPS", .number(1...256), nil, "Event loops; by default one for each core."),
      Setting(
        "LOG_LEVEL", .choice(["trace", "debug", "info", "notice", "warning", "error"]), "info", "The least important lines to write."),
      Setting(
        "REDIS_URL", .url(schemes: ["redis", "redis+unix", "redis+sentinel"]), "redis://127.0.0.1:6379/0",
        "Where state is kept: redis://[user][:password@]host[:port][,host[:port]…][/db] for a server or some nodes of a Redis Cluster, "
          + "redis+unix://[[user]:password@]/path.sock[?db=n], or "
          + "redis+sentinel://[user][:password@]host[:port][,host[:port]…]/primary[/db][?sentinelpassword=…][&sentineluser=…]."),
      Setting(
        "REDIS_WAIT", .number(0...16), "0",
        "How many replicas must have a change before it is acknowledged (Redis' WAIT, 500 ms). With fewer the answer is 503."),
      Setting(
        "PUBLIC_URL", .url(schemes: ["http", "https"]), "http://localhost:8000", "What visitors type; links in mails begin with it."),
      Setting(
        "POLYSTATUS_ENV", .text, "production",
        "Part of every signature: applications of another environment are refused. In development the frontend has a /gallery."),
      Setting("POLYSTATUS_NAMESPACE", .text, "polystatus", "Names the keys in Redis: one for each organisation or environment."),
      Setting(
        "POLYSTATUS_HOME", .text, ".",
        "Folder for the file with the first administrator's password, and for mails while there is no server that takes them."),
      Setting("POLYSTATUS_APPID", .text, nil, "The secret this service signs with; by default it makes its own at the first start."),
      Setting("POLYSTATUS_ADMIN_EMAIL", .text, nil, "Mail address of the first administrator."),
      Setting("POLYSTATUS_ADMIN_PASSWORD", .text, nil, "Password of the first administrator."),
      Setting(
        "REGISTRATION", .text, nil,
        "Who may register: open, closed, or domains:example.org,… By default open on a loopback HOST, else closed."),
      Setting("TRUSTED_PROXIES", .ranges, nil, "Proxies whose X-Forwarded-For is believed: addresses or CIDR blocks, separated by commas."),
      Setting(
        "ALLOW_ADDRESSES", .ranges, nil,
        "What webhooks and feeds may reach beside public addresses: addresses or CIDR blocks, separated by commas."),
      Setting(
        "ALLOW_PRIVATE_ADDRESSES", .choice(["false", "true"]), "false",
        "Whether webhooks and feeds may reach every address, inside ones too."),
      Setting(
        "SMTP_URL", .mailServer, nil,
        "Server that takes mails: \(MailServer.expectation). By default STARTTLS is off on loopback, required with a password, else optional. "
          + "Without a server mails are kept in the folder mail of POLYSTATUS_HOME."),
      Setting(
        "MAIL_FROM", .text, nil, "Sender of mails, such as Example status <status@example.org>; by default polystatus at PUBLIC_URL's host."
      ),
      Setting("LIMIT_FACTOR", .number(0...1_000_000), "1", "Multiplies every rate limit; 0 switches them off."),
      Setting("PAGE_NAME", .text, "PolyStatus", "What the public page, its feeds and its calendar are called."),
      Setting("PAGE_TIME_ZONE", .timeZone, "UTC", "Whose days and clocks the public pages and mails show."),
      Setting("EXPORT_DIR", .text, nil, "Folder for a static copy of the public pages, written anew with every change."),
      Setting(
        "PUBLIC_GRAPH", .choice(["needed", "all"]), "needed",
        "Which providers everybody sees: those a component depends on, or all that are watched."),
      Setting("POLYSTATUS_COMMIT", .text, "unknown", "The commit this was built from, shown in the manifest."),
      Setting(
        "FLAGS_FREEZE_ON_SEV1", .choice(["false", "true"]), "false",
        "Whether an open incident of severity 1 freezes all flags but kill switches and those of its services."),
      Setting(
        "REMIND_UPDATE_MINUTES", .number(0...10_080), "30",
        "After how long without a public update there is a reminder of an incident of severity 1 or 2; 0: never."),
      Setting(
        "REMIND_COMMANDER_MINUTES", .number(0...10_080), "10",
        "After how long without a commander there is a reminder of an incident of severity 1 or 2; 0: never."),
      Setting("PROVIDERS", .choice(["seven", "none"]), "seven", "Which providers csp-ingestor watches from its first start on."),
      Setting(
        "REPORTS_THRESHOLD", .number(2...1_000_000), "5",
        "From how many addresses within 15 minutes reports of trouble make a provider suspected."),
      Setting("BUS_MAX", .number(1000...100_000_000), "1000000", "The most messages the bus keeps."),
    ]
    + ServiceName.allCases.map { service in
      Setting(
        service.urlSetting, .url(schemes: ["http", "https"]), "http://127.0.0.1:\(service.defaultPort)",
        "Where \(service.rawValue) answers.")
    }
}

extension ServiceName {
  /// `USERS_URL`, `CSP_INGESTOR_URL`, …
  var urlSetting: String { rawValue.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() + "_URL" }
}

/// The settings of this process, checked. A value that cannot be used stops the start.
public struct Configuration: Sendable {
  private let values: [String: String]

  /// Names the variable, the value and what is expected, in one line.
  public struct Invalid: Error, CustomStringConvertible {
    public let description: String
  }

  /// From the environment of the process; an empty variable counts as unset. Throws `Invalid`.
  public init(environment: [String: String]) throws(Invalid) {
    var values: [String: String] = [:]
    for setting in Setting.all {
      guard let value = environment[setting.name], !value.isEmpty else {
        values[setting.name] = setting.standard
        continue
      }
      guard setting.accepts(value) else {
        let shown =
          setting.name.hasSuffix("PASSWORD") || setting.name.hasSuffix("APPID")
            || ["REDIS_URL", "SMTP_URL"].contains(setting.name) ? "(hidden)" : value
        throw Invalid(description: "\(setting.name)=\(shown): expected \(setting.expectation)")
      }
      values[setting.name] = value
    }
    self.values = values
  }

  /// The value of a setting of the table; traps on another name.
  public subscript(name: String) -> String? {
    precondition(Setting.all.contains { $0.name == name }, "\(name) is not in the table of settings")
    return values[name]
  }

  /// A setting that has a standard value.
  public func text(_ name: String) -> String { self[name] ?? "" }
  public func number(_ name: String) -> Int? { self[name].flatMap { Int($0) } }

  /// The blocks of a setting that lists some; none when it is unset.
  public func ranges(_ name: String) -> [AddressRange] { self[name].flatMap(AddressRange.list) ?? [] }

  /// Where a neighbour answers, without a final slash.
  public func url(of service: ServiceName) -> String {
    let url = text(service.urlSetting)
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }

  /// The prefix of every key: `{polystatus}`.
  public var namespace: String { "{\(text("POLYSTATUS_NAMESPACE"))}" }

  /// Whether HOST is reached from this machine alone.
  public var isLoopback: Bool { ["localhost", "::1"].contains(text("HOST")) || text("HOST").hasPrefix("127.") }
}

extension AddressRange {
  /// Nil when one of them is none.
  fileprivate static func list(_ text: String) -> [AddressRange]? {
    let ranges = text.split(separator: ",").map { AddressRange($0.trimmed()) }
    return ranges.contains { $0 == nil } ? nil : ranges.compactMap(\.self)
  }
}
