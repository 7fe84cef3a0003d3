import HTTPServer
import JSONBytes
import ServiceRuntime
import StatusModel

// Reading requests: each takes all it can and throws `Failure.invalid` with everything that cannot be accepted.

/// One visitor's word.
struct NewReport: Sendable {
  var provider: String
  var kind: CrowdReports.Kind
  var region: String

  private static let regionLength = 1...64

  init(_ body: consuming FieldReader) throws(Failure) {
    provider = body.string("provider", Bounds.name)
    kind = body.optionalChoice("kind", CrowdReports.Kind.allCases.map(\.rawValue)).flatMap(CrowdReports.Kind.init) ?? .outage
    region = body.optionalString("region", Self.regionLength) ?? ""
    try body.check()
  }
}

/// An incident that somebody declares because of a provider; incidents keeps it.
enum NewProviderIncident {
  static func read(_ body: consuming FieldReader) throws(Failure) -> JSONValue {
    let title = body.string("title", Bounds.title)
    let severity = body.integer("sev", Bounds.severity)
    let services = body.optionalStrings("services", count: Bounds.services, length: Bounds.service) ?? []
    let summary = body.optionalString("summary", Bounds.summary) ?? ""
    _ = body.optionalChoice("source", ["csp"])
    try body.check()
    return [
      "title": .string(title), "sev": .integer(severity), "services": .array(services.map(JSONValue.string)), "summary": .string(summary),
      "source": "csp",
    ]
  }
}

extension ProviderSettings {
  /// Of a body with nothing but `url`.
  static func toDetect(_ body: consuming FieldReader) throws(Failure) -> ProviderSettings {
    let url = body.string("url", Bounds.url)
    if !url.isEmpty { do { _ = try TypedAddress(url) } catch { body.refuse("url", error.description) } }
    try body.check()
    return try ProviderSettings(FieldReader(JSONObject([("name", "detect"), ("feed_url", .string(url)), ("type", "json")])))
  }
}

extension CSPStore.EventQuery {
  /// The filter and the page of a list.
  static func read(_ request: Request) throws(Failure) -> (CSPStore.EventQuery, Page) {
    var query = QueryReader(request)
    var filter = CSPStore.EventQuery()
    filter.provider = query.text("provider", Bounds.name)
    filter.isActive = query.flag("active") ?? false
    filter.from = query.integer("from", Bounds.time)
    filter.to = query.integer("to", Bounds.time)
    if let text = query.text("q", Bounds.search) {
      filter.words = Array(Words.of(text).prefix(Bounds.searchWords))
      if filter.words.isEmpty { query.refuse("q", "must hold a word of two letters or digits") }
    }
    let page: Page
    do { page = try request.page() } catch {
      if case .invalid(let problems) = error { throw .invalid(query.problems + problems) }
      throw error
    }
    try query.check()
    return (filter, page)
  }
}

/// Reads the query of a request and notes every key that cannot be accepted.
struct QueryReader {
  private let query: Query
  private(set) var problems: [FieldProblem] = []

  init(_ request: Request) { query = request.query }

  mutating func refuse(_ name: String, _ message: String) { problems.append(FieldProblem(field: name, message: message)) }

  func check() throws(Failure) {
    if !problems.isEmpty { throw .invalid(problems) }
  }

  mutating func text(_ name: String, _ length: ClosedRange<Int>) -> String? {
    guard let text = query[name] else { return nil }
    guard length.contains(text.unicodeScalars.count), !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
      refuse(name, "must have \(length.lowerBound) to \(length.upperBound) characters")
      return nil
    }
    return text
  }

  mutating func integer(_ name: String, _ range: ClosedRange<Int>) -> Int? {
    guard let text = query[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      refuse(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  mutating func flag(_ name: String) -> Bool? {
    switch query[name] {
    case nil: return nil
    case "true": return true
    case "false": return false
    default:
      refuse(name, "must be true or false")
      return nil
    }
  }
}

extension String {
  /// As one segment of a path (RFC 3986 section 3.3).
  var pathSegment: String {
    utf8.map { byte in
      let isPlain = byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || "-._~".utf8.contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
