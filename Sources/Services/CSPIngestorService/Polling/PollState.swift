import JSONBytes

/// How polling one provider goes; kept with the provider as one JSON text.
struct PollState: Sendable, Equatable {
  /// What a conditional request sends: an entity tag for each content coding the same body was served in, or the time of its last change.
  struct Validators: Sendable, Equatable {
    var gzip: String?
    var identity: String?
    var modified: String?
  }

  /// Of the last good body.
  var validators = Validators()
  /// SHA-256 of the last good body.
  var digest: String?
  /// What the last good snapshot counted.
  var fetched = 0
  /// The next body is read even if nothing changed: something waits for time to pass, or the last one was refused for what it said.
  var mustRead = false
  /// Refusals in a row.
  var refusals = 0
  var lastRefusal: Refusal?
  var lastError: String?
  /// Epoch seconds, as all times here.
  var lastErrorAt: Int?
  var lastSuccessAt: Int?
  /// Since when the feed has not been what it was: refused for its shape, with items that cannot be read, or with unknown values.
  var driftSince: Int?
  /// Of the last good snapshot.
  var unreadable = 0
  var unknownValues: [String: Int] = [:]
  /// Milliseconds of the last request.
  var latency: Int?
  var nextAt: Int?
  var probe = ProbeState()

  /// After this many refusals in a row nobody knows how the provider is.
  static let unknownAfter = 3
  private static let unknownValueLimit = 20

  var isUnknown: Bool { refusals >= Self.unknownAfter || lastSuccessAt == nil }

  mutating func succeed(at now: Int) {
    refusals = 0
    lastRefusal = nil
    lastSuccessAt = now
  }

  mutating func accept(_ snapshot: Snapshot, at now: Int) {
    succeed(at: now)
    unreadable = snapshot.unreadable
    unknownValues = Dictionary(
      uniqueKeysWithValues: snapshot.unknownValues.sorted { $0.key < $1.key }.prefix(Self.unknownValueLimit).map { ($0.key, $0.value) })
    driftSince = unreadable > 0 || !unknownValues.isEmpty ? driftSince ?? now : nil
  }

  mutating func refuse(_ refusal: Refusal, _ detail: String, at now: Int) {
    refusals += 1
    lastRefusal = refusal
    lastError = detail
    lastErrorAt = now
    // Validators of a body are not sent again after an answer that was none.
    if refusal != .transport, refusal != .httpStatus { mustRead = true }
    if refusal.isDrift { driftSince = driftSince ?? now }
  }
}

extension Refusal {
  /// The document is not what it used to be, as opposed to not there or not new.
  var isDrift: Bool {
    switch self {
    case .charset, .html, .syntax, .shape: true
    case .empty, .stale, .otherPage, .tooLarge, .httpStatus, .transport: false
    }
  }

  var sentence: String { "\(text.prefix(1).uppercased())\(text.dropFirst())." }

  /// What is wrong, for people.
  var text: String {
    switch self {
    case .empty: "the answer is empty"
    case .charset: "the answer's characters cannot be read"
    case .html: "the answer is a web page, not a feed"
    case .syntax: "the answer is no complete JSON or XML"
    case .shape: "the answer is not the feed of a status page that we know, or not of the type that was registered"
    case .stale: "the answer is older than the one before"
    case .otherPage: "another page answered"
    case .tooLarge: "the answer has more than \(Fetcher.bodyLimit >> 20) MiB"
    case .httpStatus: "the server did not answer with 200"
    case .transport: "the server could not be reached"
    }
  }
}

extension PollState {
  init(_ bytes: [UInt8]) {
    self.init()
    guard let json = try? JSONValue(parsing: bytes) else { return }
    validators = Validators(gzip: json["etag_gzip"]?.string, identity: json["etag"]?.string, modified: json["modified"]?.string)
    digest = json["digest"]?.string
    fetched = json["fetched"]?.integer ?? 0
    mustRead = json["must_read"]?.bool ?? false
    refusals = json["refusals"]?.integer ?? 0
    lastRefusal = json["last_refusal"]?.string.flatMap(Refusal.init)
    lastError = json["last_error"]?.string
    lastErrorAt = json["last_error_at"]?.integer
    lastSuccessAt = json["last_success_at"]?.integer
    driftSince = json["drift_since"]?.integer
    unreadable = json["unreadable"]?.integer ?? 0
    unknownValues = Dictionary((json["unknown_values"]?.object?.members ?? []).map { ($0.name, $0.value.integer ?? 0) }) { $1 }
    latency = json["latency_ms"]?.integer
    nextAt = json["next_poll_at"]?.integer
    probe = ProbeState(json["probe"])
  }

  var json: JSONValue {
    [
      "etag_gzip": .optional(validators.gzip), "etag": .optional(validators.identity), "modified": .optional(validators.modified),
      "digest": .optional(digest), "fetched": .integer(fetched), "must_read": .bool(mustRead), "refusals": .integer(refusals),
      "last_refusal": .optional(lastRefusal?.rawValue), "last_error": .optional(lastError), "last_error_at": .optional(lastErrorAt),
      "last_success_at": .optional(lastSuccessAt), "drift_since": .optional(driftSince), "unreadable": .integer(unreadable),
      "unknown_values": unknownJSON, "latency_ms": .optional(latency), "next_poll_at": .optional(nextAt), "probe": probe.json,
    ]
  }

  private var unknownJSON: JSONValue {
    .object(JSONObject(unknownValues.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }))
  }

  /// As it is sent with the provider.
  var health: JSONValue {
    let drift: JSONValue =
      driftSince.map {
        [
          "since": .integer($0), "refusal": .optional(lastRefusal?.rawValue), "unreadable": .integer(unreadable),
          "unknown_values": unknownJSON,
        ]
      } ?? .null
    return [
      "last_success_at": .optional(lastSuccessAt), "last_error_at": .optional(lastErrorAt), "last_error": .optional(lastError),
      "refusals_in_a_row": .integer(refusals), "format_drift": drift, "latency_ms": .optional(latency), "next_poll_at": .optional(nextAt),
      "certificate_expires_at": .optional(probe.certificateExpiresAt),
    ]
  }
}
