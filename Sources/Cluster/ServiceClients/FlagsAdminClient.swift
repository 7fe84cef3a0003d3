import HTTPTypes
public import JSONBytes
public import ServiceRuntime
public import StatusModel

/// Flags as the people who switch them see them. Every call needs an sre, and throws `.unavailable` when flags is away.
public struct FlagsAdminClient: Sendable {
  private let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  public struct Flag: Sendable, Equatable {
    public let id: String
    public let isOn: Bool
    public let about: String
    public let isKillSwitch: Bool
    public let isPublic: Bool
    public let owner: String?
    public let tags: [String]
    public let variations: [String]
    public let version: Int
    public let updatedAt: Int
    public let updatedBy: Actor
    /// The whole definition.
    public let json: JSONValue

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string else { return nil }
      self.id = id
      self.json = json
      isOn = json["on"]?.bool ?? false
      about = json["description"]?.string ?? ""
      isKillSwitch = json["kill_switch"]?.bool ?? false
      isPublic = json["public"]?.bool ?? false
      owner = json["owner"]?.string
      tags = json["tags"]?.array?.compactMap(\.string) ?? []
      variations = json["variations"]?.array?.compactMap(\.string) ?? []
      version = json["version"]?.integer ?? 1
      updatedAt = json["updated_at"]?.integer ?? 0
      updatedBy = Actor(json["updated_by"])
    }
  }

  public struct Change: Sendable, Equatable {
    public let version: Int
    /// created, updated, toggled, rolled_back, scheduled or deleted.
    public let kind: String
    public let at: Int
    public let author: Actor
    /// Names of the members that changed, each with old and new as JSON.
    public let differences: [(name: String, old: String, new: String)]

    public init?(_ json: JSONValue) {
      guard let version = json["version"]?.integer, let at = json["at"]?.integer else { return nil }
      self.version = version
      self.at = at
      kind = json["change"]?.string ?? "updated"
      author = Actor(json["by"])
      differences = (json["diff"]?.object?.members ?? []).map {
        ($0.name, ($0.value["old"] ?? .null).text, ($0.value["new"] ?? .null).text)
      }
    }

    public static func == (a: Change, b: Change) -> Bool { a.version == b.version && a.at == b.at && a.kind == b.kind }
  }

  /// What somebody gets of a flag, and why.
  public struct Explanation: Sendable, Equatable {
    public struct Step: Sendable, Equatable {
      public let name: String
      public let isDecisive: Bool
      public let why: String
    }
    public let variation: String
    public let value: String
    public let reason: String
    public let steps: [Step]

    public init(_ json: JSONValue) {
      variation = json["variation"]?.string ?? ""
      value = (json["value"] ?? .null).text
      reason = json["reason"]?.string ?? ""
      steps = (json["steps"]?.array ?? []).map {
        Step(name: $0["step"]?.string ?? "", isDecisive: $0["matched"]?.bool ?? false, why: $0["why"]?.string ?? "")
      }
    }
  }

  /// At most 500, by id.
  public func flags() async throws(Failure) -> [Flag] {
    try await neighbours.list(.flags, "/admin/flags?maxResults=500").items.compactMap(Flag.init)
  }

  /// Throws `.notFound`.
  public func flag(_ id: String) async throws(Failure) -> Flag {
    guard let flag = Flag(try await neighbours.call(.flags, .get, "/admin/flags/\(RequestTarget.segment(id))")) else { throw .defect }
    return flag
  }

  /// The newest first.
  public func history(of id: String) async throws(Failure) -> [Change] {
    try await neighbours.list(.flags, "/admin/flags/\(RequestTarget.segment(id))/history").items.compactMap(Change.init)
  }

  /// Switches it, as long as it is at `version`. Throws `.versionMismatch`, `.conflict` while an incident freezes it.
  public func toggle(_ id: String, on: Bool, version: Int?) async throws(Failure) {
    var headers: HTTPFields = [:]
    headers[.ifMatch] = version.map { "\"v\($0)\"" }
    _ = try await neighbours.call(
      .flags, .post, "/admin/toggle/\(RequestTarget.segment(id))", body: ["on": .bool(on)], headers: headers)
  }

  /// `context` as OFREP has it: `targetingKey` and attributes. Throws `.invalid`.
  public func explain(_ id: String, _ context: JSONValue) async throws(Failure) -> Explanation {
    Explanation(
      try await neighbours.call(.flags, .post, "/admin/flags/\(RequestTarget.segment(id))/explain", body: ["context": context]))
  }
}
