import HTTPTypes
public import JSONBytes
public import ServiceRuntime
public import StatusModel

/// What others ask csp-ingestor. Every call throws `.unavailable` when it is away.
public struct ProvidersClient: Sendable {
  private let neighbours: Neighbours

  public init(_ neighbours: Neighbours) { self.neighbours = neighbours }

  public struct Provider: Sendable, Equatable {
    public let name: String
    public let vendor: String
    public let feed: String
    public let kind: String
    /// Seconds between two polls.
    public let interval: Int
    /// unknown, operational, none, minor, major or critical.
    public let state: String
    /// Visitors report trouble.
    public let isSuspected: Bool
    public let isInMaintenance: Bool
    public let activeEvents: Int
    public let lastSuccessAt: Int?
    public let lastError: String?
    public let refusals: Int
    public let dependsOn: [String]

    public init?(_ json: JSONValue) {
      guard let name = json["name"]?.string else { return nil }
      self.name = name
      vendor = json["vendor"]?.string ?? name
      feed = json["feed_url"]?.string ?? ""
      kind = json["family"]?.string ?? json["type"]?.string ?? ""
      interval = json["interval_s"]?.integer ?? 60
      state = json["state"]?.string ?? "unknown"
      isSuspected = json["suspected"]?.bool ?? false
      isInMaintenance = json["in_maintenance"]?.bool ?? false
      activeEvents = json["active_events"]?.integer ?? 0
      lastSuccessAt = json["health"]?["last_success_at"]?.integer
      lastError = json["health"]?["last_error"]?.string
      refusals = json["health"]?["refusals_in_a_row"]?.integer ?? 0
      dependsOn = json["depends_on"]?.array?.compactMap { $0["on"]?.string } ?? []
    }
  }

  /// Something a provider reports.
  public struct Event: Sendable, Equatable {
    public let id: String
    public let provider: String
    /// incident, maintenance, notice or probe.
    public let kind: String
    public let title: String
    public let status: String
    /// maintenance, none, minor, major or critical.
    public let impact: String
    public let startedAt: Int
    public let updatedAt: Int
    public let resolvedAt: Int?
    public let url: String?
    public let components: [String]
    public let regions: [String]
    /// What the provider said last.
    public let latest: String?
    public let causedBy: [String]
    public let incident: String?

    public init?(_ json: JSONValue) {
      guard let id = json["id"]?.string, let provider = json["provider"]?.string else { return nil }
      self.id = id
      self.provider = provider
      kind = json["kind"]?.string ?? "incident"
      title = json["title"]?.string ?? id
      status = json["status"]?.string ?? ""
      impact = json["impact"]?.string ?? "none"
      startedAt = json["ts_start"]?.integer ?? 0
      updatedAt = json["ts_update"]?.integer ?? startedAt
      resolvedAt = json["resolved_at"]?.integer
      url = json["url"]?.string
      components = json["components"]?.array?.compactMap { $0["name"]?.string ?? $0.string } ?? []
      regions = json["regions"]?.array?.compactMap(\.string) ?? []
      latest = json["updates"]?.array?.max { ($0["at"]?.integer ?? 0) < ($1["at"]?.integer ?? 0) }?["text"]?.string
      causedBy = json["caused_by"]?.array?.compactMap { $0["provider"]?.string } ?? []
      incident = json["incident_id"]?.string
    }
  }

  /// What may be behind a trouble.
  public struct Cause: Sendable, Equatable {
    public let event: String
    public let provider: String
    public let title: String
    public let impact: String
    /// 0 to 1.
    public let score: Double
    /// Likely enough to be shown as the cause.
    public let isLinked: Bool
    public let reason: String
    public let startedAt: Int
    public let resolvedAt: Int?

    public init?(_ json: JSONValue) {
      guard let event = json["event"]?.string, let provider = json["provider"]?.string else { return nil }
      self.event = event
      self.provider = provider
      title = json["title"]?.string ?? event
      impact = json["impact"]?.string ?? "none"
      score = json["score"]?.number ?? 0
      isLinked = json["linked"]?.bool ?? false
      reason = json["reason"]?.string ?? ""
      startedAt = json["ts_start"]?.integer ?? 0
      resolvedAt = json["resolved_at"]?.integer
    }
  }

  /// At most 500, in order of registration.
  public func providers() async throws(Failure) -> [Provider] {
    try await neighbours.list(.cspIngestor, "/api/v1/csp/providers?maxResults=500").items.compactMap(Provider.init)
  }

  /// Throws `.notFound`.
  public func provider(_ name: String) async throws(Failure) -> Provider {
    guard let provider = Provider(try await neighbours.call(.cspIngestor, .get, "/api/v1/csp/providers/\(RequestTarget.segment(name))"))
    else { throw .defect }
    return provider
  }

  /// The newest first.
  public func events(of provider: String? = nil, isActive: Bool? = nil, count: Int = 50) async throws(Failure) -> [Event] {
    let target = RequestTarget.text(
      "/api/v1/csp/events", ["provider": provider, "active": isActive.map { "\($0)" }, "maxResults": "\(count)"])
    return try await neighbours.list(.cspIngestor, target).items.compactMap(Event.init)
  }

  /// The likeliest first. `of` is a provider, a component of the page, an event or an incident.
  public func causes(of subject: String) async throws(Failure) -> [Cause] {
    let answer = try await neighbours.call(.cspIngestor, .get, RequestTarget.text("/api/v1/csp/causes", ["of": subject]))
    return answer.array?.compactMap(Cause.init) ?? []
  }

  /// The names that are known without an address.
  public func catalogue() async throws(Failure) -> [String] {
    try await neighbours.call(.cspIngestor, .get, "/api/v1/csp/providers/catalogue").array?.compactMap { $0["name"]?.string } ?? []
  }

  /// Watches providers of the catalogue. Throws `.invalid`.
  public func add(_ names: [String]) async throws(Failure) {
    let body: JSONValue = ["names": .array(names.map(JSONValue.string))]
    _ = try await neighbours.call(.cspIngestor, .post, "/api/v1/csp/providers/catalogue", body: body, timeout: .seconds(15))
  }

  /// Watches an address; it is read first. Throws `.invalid`.
  public func register(_ name: String, feed: String, kind: String) async throws(Failure) {
    let body: JSONValue = ["name": .string(name), "feed_url": .string(feed), "type": .string(kind)]
    _ = try await neighbours.call(.cspIngestor, .post, "/api/v1/csp/providers", body: body, timeout: .seconds(20))
  }

  /// Polls now. Throws `.tooMany`, `.badUpstream`.
  public func refresh(_ name: String) async throws(Failure) {
    let target = RequestTarget.text("/api/v1/csp/refresh", ["provider": name])
    _ = try await neighbours.call(.cspIngestor, .post, target, timeout: .seconds(20))
  }

  public func forget(_ name: String) async throws(Failure) {
    _ = try await neighbours.call(.cspIngestor, .delete, "/api/v1/csp/providers/\(RequestTarget.segment(name))")
  }

  /// What visitors reported of a provider.
  public struct Reports: Sendable, Equatable {
    public let isSuspected: Bool
    /// Distinct addresses in 15 minutes.
    public let reporters: Int
    public struct Slot: Sendable, Equatable {
      /// When its five minutes began.
      public let at: Int
      public let count: Int
    }
    /// Those five minutes of the last day in which there were reports.
    public let slots: [Slot]

    public init(_ json: JSONValue) {
      isSuspected = json["suspected"]?.bool ?? false
      reporters = json["reporters_15_min"]?.integer ?? 0
      slots = (json["counts"]?.array ?? []).map { Slot(at: $0["at"]?.integer ?? 0, count: $0["count"]?.integer ?? 0) }
    }
  }

  public func reports(of provider: String) async throws(Failure) -> Reports {
    Reports(try await neighbours.call(.cspIngestor, .get, RequestTarget.text("/api/v1/csp/reports", ["provider": provider])))
  }

  /// Throws `.invalid`, `.tooMany` from the same address within 15 minutes.
  public func report(_ provider: String, kind: String) async throws(Failure) {
    _ = try await neighbours.call(.cspIngestor, .post, "/api/v1/csp/reports", body: ["provider": .string(provider), "kind": .string(kind)])
  }
}
