import HTTPTypes
import OutboundClient
import Reactor

/// Asks for a feed, conditionally.
struct Fetcher: Sendable {
  /// Reaches public addresses, and what is allowed beside them.
  let client: OutboundClient
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// Bytes, after decompression.
  static let bodyLimit = 8 << 20
  static let timeout = Duration.seconds(10)
  static let redirects = 3

  enum Result: Sendable {
    case body([UInt8], contentType: String?, PollState.Validators, isGzip: Bool)
    case notModified
    /// `backsOff`: the server wants to be left alone, or is not there.
    case refused(Refusal, String, backsOff: Bool)
  }

  struct Answer: Sendable {
    let result: Result
    /// Milliseconds.
    let latency: Int
    /// Seconds the answer stays fresh (Cache-Control); nil: nothing is said.
    var freshFor: Int?
    /// Seconds the server asks to be left alone.
    var retryAfter: Int?
  }

  func fetch(_ address: String, _ known: PollState.Validators?) async -> Answer {
    var request = OutboundRequest(address)
    request.timeout = Self.timeout
    request.connectTimeout = .seconds(5)
    request.responseLimit = Self.bodyLimit
    request.maximumRedirects = Self.redirects
    request.redirectsToHTTPSOnly = true
    request.acceptsGzip = true
    request.headerFields[.accept] = "application/json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
    request.headerFields[.userAgent] = "PolyStatus csp-ingestor"
    let tags = [known?.gzip, known?.identity].compactMap(\.self)
    if !tags.isEmpty { request.headerFields[.ifNoneMatch] = tags.joined(separator: ", ") }
    request.headerFields[.ifModifiedSince] = known?.modified
    let isConditional = !tags.isEmpty || known?.modified != nil
    let begun = EventLoop.now
    let sent = request
    let answer: OutboundResponse
    do { answer = try await client.send(sent) } catch {
      let refusal: Refusal = error == .tooLarge ? .tooLarge : .transport
      return Answer(result: .refused(refusal, error.description, backsOff: refusal == .transport), latency: Self.milliseconds(since: begun))
    }
    return Answer(
      result: Self.result(of: answer, isConditional: isConditional), latency: Self.milliseconds(since: begun),
      freshFor: Self.freshness(answer.headerFields), retryAfter: answer.retryAfter(now: clock()))
  }

  static func milliseconds(since begun: UInt64) -> Int { Int((EventLoop.now - begun) / 1_000_000) }

  private static func result(of answer: OutboundResponse, isConditional: Bool) -> Result {
    let fields = answer.headerFields
    switch answer.status.code {
    case 200:
      let isGzip = fields[.contentEncoding]?.lowercased().contains("gzip") == true
      var validators = PollState.Validators(modified: fields[.lastModified])
      if let tag = fields[.eTag], tag.utf8.count <= 300 {
        if isGzip { validators.gzip = tag } else { validators.identity = tag }
      }
      return .body(answer.body, contentType: fields[.contentType], validators, isGzip: isGzip)
    case 304 where isConditional: return .notModified
    case let code:
      return .refused(.httpStatus, "The server answered \(code).", backsOff: code == 403 || code == 429 || code >= 500)
    }
  }

  /// `max-age` less the `Age` in a cache on the way (RFC 9111 section 4.2).
  static func freshness(_ fields: HTTPFields) -> Int? {
    for directive in (fields[.cacheControl] ?? "").split(separator: ",") {
      let parts = directive.lowercased().split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == "max-age" else { continue }
      guard let seconds = Int(parts[1].filter { $0 != "\"" && $0 != " " }), seconds > 0 else { return nil }
      return max(0, seconds - (fields[.age].flatMap { Int($0) } ?? 0))
    }
    return nil
  }
}
