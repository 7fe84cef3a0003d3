import JSONBytes

/// What a person may do; each role includes the ones before it.
public enum Role: String, CaseIterable, Comparable, Sendable {
  case viewer, sre, admin

  public static func < (a: Role, b: Role) -> Bool { a.rank < b.rank }
  private var rank: Int {
    switch self {
    case .viewer: 0
    case .sre: 1
    case .admin: 2
    }
  }
}

/// What an application's key or signature may do.
public enum Scope: String, CaseIterable, Sendable { case read, write, alerts, flags, traffic }

/// A signed-in person.
public struct Person: Sendable, Equatable {
  /// UUID of the user.
  public let id: String
  public let name: String
  public let email: String
  public let role: Role
  /// The session of the token; nil for a username and password sent with the request.
  public let sessionID: String?

  public init(id: String, name: String, email: String, role: Role, sessionID: String?) {
    self.id = id
    self.name = name
    self.email = email
    self.role = role
    self.sessionID = sessionID
  }
}

/// A registered application: one of the six services or somebody's program.
public struct Application: Sendable, Equatable {
  public let name: String
  public let scopes: Set<Scope>
  /// Signs methods and bodies too; without that content signature it is refused.
  public let strict: Bool
  public let admin: Bool
  /// Epoch seconds; nil: never.
  public let expiresAt: Int?

  public init(name: String, scopes: Set<Scope>, strict: Bool, admin: Bool, expiresAt: Int?) {
    self.name = name
    self.scopes = scopes
    self.strict = strict
    self.admin = admin
    self.expiresAt = expiresAt
  }

  /// The service it is, if it is one of ours.
  public var service: ServiceName? { ServiceName(rawValue: name) }
}

/// Who is calling, bound once per request.
public struct Caller: Sendable {
  public var person: Person?
  public var application: Application?
  /// The application signed the request, rather than sending a key.
  public var isSigned: Bool
  /// The visitor's numeric address.
  public var address: String
  /// The person's own token, passed on to neighbours; never logged or stored.
  public var personToken: String?

  public init(person: Person? = nil, application: Application? = nil, isSigned: Bool = false, address: String = "") {
    self.person = person
    self.application = application
    self.isSigned = isSigned
    self.address = address
  }

  @TaskLocal public static var current = Caller()

  public var isNobody: Bool { person == nil && application == nil }

  /// For the access line: `person`, `signed`, `key` or `nobody`.
  public var kind: String {
    if person != nil { return "person" }
    if application != nil { return isSigned ? "signed" : "key" }
    return "nobody"
  }

  /// Who did it, as a JSON object: `{"kind":"user"|"application"|"nobody","id":…,"name":…}`.
  public var actor: String {
    if let person { return #"{"kind":"user","id":\#(JSONText.quoted(person.id)),"name":\#(JSONText.quoted(person.name))}"# }
    if let application {
      let name = JSONText.quoted(application.name)
      return #"{"kind":"application","id":\#(name),"name":\#(name)}"#
    }
    return #"{"kind":"nobody","id":null,"name":null}"#
  }
}
