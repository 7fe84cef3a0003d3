import JSONBytes
import ServiceRuntime
import StatusModel

/// What somebody asks to be watched, and how. In JSON it has the members of the registration's body.
struct ProviderSettings: Sendable, Equatable {
  /// How the address is read.
  enum Kind: Sendable, Equatable {
    /// Any feed; the family is recognised from each answer.
    case any(String)
    case family(Family)
    /// No feed: our own look whether the address answers.
    case probe
  }

  var name: String
  var feedURL: String
  var kind: Kind
  /// What the answers turned out to be; nil before the first, and of a probe.
  var family: Family?
  /// Seconds between two polls.
  var interval = Bounds.usualInterval
  var autoIncident = AutoIncident()
  var filter = EventFilter()
  var dependencies: [DependencyEdge] = []
  /// Providers of one vendor share outages; by default each is its own.
  var vendor: String
  /// What texts call it.
  var aliases: [String] = []
  /// Of a probe: what the answer's body must hold; empty: anything.
  var expectedText = ""

  var isProbe: Bool { kind == .probe }
}

/// Which events open an incident of ours, and how bad it is.
struct AutoIncident: Sendable, Equatable {
  /// Nil: none does.
  var leastImpact: Impact? = .major
  /// 1 to 4; `maintenance` opens none.
  var severities: [Impact: Int] = [.critical: 1, .major: 2, .minor: 3, .none: 4]

  func severity(of impact: Impact) -> Int { severities[impact] ?? 4 }
}

/// How much of everything; the swagger says the same. Texts in characters (Unicode scalars).
enum Bounds {
  static let name = 1...64
  static let url = 1...2000
  /// Seconds.
  static let interval = 15...86_400
  static let usualInterval = 60
  static let filters = 0...100
  static let filter = 1...200
  static let dependencies = 0...100
  static let dependency = 1...300
  static let aliases = 0...20
  static let expectedText = 0...500
  static let severity = 1...4
  static let providers = 1000
  static let catalogueNames = 1...100
  static let subject = 1...400
  static let days = 1...400
  static let search = 1...200
  static let searchWords = 10
  /// Epoch seconds.
  static let time = 0...9_000_000_000
  static let title = 1...200
  static let summary = 0...10_000
  static let services = 0...50
  static let service = 1...100
}

extension ProviderSettings {
  static let typeWords = ["json"] + Family.allCases.map(\.rawValue) + ["http"]

  /// Of a registration, and of what is stored. Throws `Failure.invalid` with everything that cannot be accepted.
  init(_ body: consuming FieldReader) throws(Failure) {
    name = body.string("name", Bounds.name)
    if !name.isEmpty, !Self.isName(name) {
      body.refuse("name", "must be letters, digits, blanks and . _ - and begin with a letter or digit")
    }
    feedURL = body.string("feed_url", Bounds.url)
    if !feedURL.isEmpty { do { _ = try TypedAddress(feedURL) } catch { body.refuse("feed_url", error.description) } }
    kind = Self.kind(body.choice("type", Self.typeWords))
    if case .family(let named) = kind { family = named }
    interval = body.optionalInteger("interval_s", Bounds.interval) ?? Bounds.usualInterval
    autoIncident = AutoIncident(&body)
    filter.components = body.optionalStrings("components", count: Bounds.filters, length: Bounds.filter) ?? []
    filter.regions = body.optionalStrings("regions", count: Bounds.filters, length: Bounds.filter) ?? []
    dependencies = DependencyEdge.list(&body, from: name)
    vendor = body.optionalString("vendor", Bounds.name) ?? ""
    aliases = body.optionalStrings("aliases", count: Bounds.aliases, length: Bounds.name) ?? []
    expectedText = body.optionalString("expected_text", Bounds.expectedText) ?? ""
    try body.check()
    if vendor.isEmpty { vendor = name }
    if aliases.isEmpty { aliases = [name] }
  }

  private static func kind(_ word: String) -> Kind {
    if word == "http" { return .probe }
    // A feed of the kind RSS may turn out to be Atom: the answer says.
    if word == "json" || word == "rss" { return .any(word) }
    return Family(rawValue: word).map(Kind.family) ?? .any("json")
  }

  private static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    func isAlphanumeric(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 }
    return bytes.first.map(isAlphanumeric) == true && bytes.allSatisfy { isAlphanumeric($0) || " ._-".utf8.contains($0) }
  }

  static func isAddress(_ text: String) -> Bool { (try? TypedAddress(text)) != nil }

  /// Host and port: one request at a time is sent there.
  var host: String { (try? TypedAddress(feedURL)).map { "\($0.host.lowercased()):\($0.port)" } ?? "" }

  var type: String {
    switch kind {
    case .any(let word): word
    case .family(let family): family.rawValue
    case .probe: "http"
    }
  }

  var members: [(String, JSONValue)] {
    [
      ("name", .string(name)), ("feed_url", .string(feedURL)), ("type", .string(type)),
      ("family", family.map { .string($0.rawValue) } ?? .null), ("interval_s", .integer(interval)),
      ("auto_incident", autoIncident.json), ("components", .array(filter.components.map(JSONValue.string))),
      ("regions", .array(filter.regions.map(JSONValue.string))), ("depends_on", .array(dependencies.map(\.json))),
      ("vendor", .string(vendor)), ("aliases", .array(aliases.map(JSONValue.string))), ("expected_text", .string(expectedText)),
    ]
  }
}

extension AutoIncident {
  private static let words = ["none", "minor", "major", "critical"]

  fileprivate init(_ body: inout FieldReader) {
    guard let given = body.optionalObject("auto_incident") else { return }
    var reader = FieldReader(given, prefix: "auto_incident.")
    if let word = reader.optionalChoice("min_impact", Self.words + ["never"]) { leastImpact = Impact(rawValue: word) }
    if let map = reader.optionalObject("sev_map") {
      var levels = FieldReader(map, prefix: "auto_incident.sev_map.")
      for word in Self.words {
        if let impact = Impact(rawValue: word), let level = levels.optionalInteger(word, Bounds.severity) { severities[impact] = level }
      }
      reader.refuse(levels.problems)
    }
    body.refuse(reader.problems)
  }

  fileprivate var json: JSONValue {
    let map = Self.words.compactMap { word in Impact(rawValue: word).map { (word, JSONValue.integer(severity(of: $0))) } }
    return [
      "min_impact": .string(leastImpact?.rawValue ?? "never"), "sev_map": .object(JSONObject(map)),
    ]
  }
}

extension DependencyEdge {
  /// Each `provider`, `provider:component`, or an object.
  fileprivate static func list(_ body: inout FieldReader, from name: String) -> [DependencyEdge] {
    var edges: [DependencyEdge] = []
    for (index, value) in (body.optionalArray("depends_on", count: Bounds.dependencies) ?? []).enumerated() {
      guard let object = value.string.map({ JSONObject([("on", .string($0))]) }) ?? value.object else {
        body.refuse("depends_on[\(index)]", "must be a provider's name or an object")
        continue
      }
      var reader = FieldReader(object, prefix: "depends_on[\(index)].")
      edges.append(DependencyEdge(&reader, from: name))
      body.refuse(reader.problems)
    }
    return edges
  }

  private init(_ reader: inout FieldReader, from name: String) {
    let parts = reader.string("on", Bounds.dependency).split(separator: ":", maxSplits: 1).map(String.init)
    let level = reader.optionalChoice("level", Level.allCases.map(\.rawValue)).flatMap(Level.init) ?? .a
    self.init(
      from: name, fromComponents: reader.optionalStrings("components", count: Bounds.filters, length: Bounds.filter) ?? [],
      to: parts.first ?? "",
      toComponents: reader.optionalStrings("to_components", count: Bounds.filters, length: Bounds.filter) ?? Array(parts.dropFirst()),
      region: reader.optionalString("region", Bounds.filter), level: level)
  }

  var json: JSONValue {
    [
      "on": .string(to), "level": .string(level.rawValue), "components": .array(fromComponents.map(JSONValue.string)),
      "region": .optional(region), "to_components": .array(toComponents.map(JSONValue.string)),
    ]
  }
}
