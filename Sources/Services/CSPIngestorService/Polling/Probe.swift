import HTTPTypes
import JSONBytes
import OutboundClient

/// What our own look at an address remembers: down after two failures in a row, up after two successes.
struct ProbeState: Sendable, Equatable {
  var failures = 0
  var successes = 0
  /// Of the failures in a row, epoch seconds.
  var firstFailureAt: Int?
  /// The event that is open, as the time in its id.
  var openSince: Int?
  var certificateExpiresAt: Int?
  /// The end of the certificate whose event is open.
  var openCertificate: Int?

  static let failuresUntilDown = 2
  static let successesUntilUp = 2
}

/// One look.
struct ProbeOutcome: Sendable, Equatable {
  /// Nil: it answered as it should.
  var failure: String?
  var certificateExpiresAt: Int?
}

extension ProbeState {
  /// Takes one look in and gives the probe's events as they stand then.
  mutating func take(_ outcome: ProbeOutcome, at now: Int, name: String) -> [ProviderEvent] {
    if let expiry = outcome.certificateExpiresAt { certificateExpiresAt = expiry }
    var events: [ProviderEvent] = []
    if let failure = outcome.failure {
      successes = 0
      failures += 1
      if failures == 1 { firstFailureAt = now }
      if failures >= Self.failuresUntilDown { openSince = openSince ?? firstFailureAt ?? now }
      if let since = openSince { events.append(Self.event(since: since, name: name, says: failure, state: .investigating)) }
    } else {
      failures = 0
      firstFailureAt = nil
      successes += 1
      if let since = openSince {
        let isUp = successes >= Self.successesUntilUp
        var event = Self.event(since: since, name: name, says: "It answers again.", state: isUp ? .resolved : .monitoring)
        if isUp {
          event.resolvedAt = now
          openSince = nil
        }
        events.append(event)
      }
    }
    return events + certificateEvents(at: now, name: name)
  }

  private static func event(since: Int, name: String, says text: String, state: EventState) -> ProviderEvent {
    var event = ProviderEvent(
      externalID: "probe:\(since)", kind: .probe, state: state, impact: .major, title: "\(name) does not answer as it should")
    event.startedAt = since
    event.updates = [ProviderUpdate(id: state.rawValue, state: state.rawValue, text: text, at: nil)]
    return event
  }

  /// Days before the end of a certificate from which it is minor, and major.
  private static let minorDays = 14
  private static let majorDays = 3

  /// Open from two weeks before a certificate ends; over once the server shows a later one.
  private mutating func certificateEvents(at now: Int, name: String) -> [ProviderEvent] {
    let ending = certificateExpiresAt.flatMap { $0 - now < Self.minorDays * 86_400 ? $0 : nil }
    var events: [ProviderEvent] = []
    if let open = openCertificate, open != ending {
      var event = Self.event(certificate: open, name: name, says: "The server shows a new one.", state: .resolved)
      event.resolvedAt = now
      events.append(event)
    }
    openCertificate = ending
    guard let ending else { return events }
    let text = ending < now ? "It has ended." : "Whole days left: \((ending - now) / 86_400)."
    var event = Self.event(certificate: ending, name: name, says: text, state: .investigating)
    if ending - now < Self.majorDays * 86_400 { event.impact = .major }
    return events + [event]
  }

  private static func event(certificate expiry: Int, name: String, says text: String, state: EventState) -> ProviderEvent {
    var event = ProviderEvent(
      externalID: "probe:certificate:\(expiry)", kind: .probe, state: state, impact: .minor, title: "The certificate of \(name) ends")
    event.startedAt = expiry - minorDays * 86_400
    event.updates = [ProviderUpdate(id: nil, state: nil, text: text, at: nil)]
    return event
  }
}

extension ProbeState {
  init(_ json: JSONValue?) {
    self.init()
    failures = json?["failures"]?.integer ?? 0
    successes = json?["successes"]?.integer ?? 0
    firstFailureAt = json?["first_failure_at"]?.integer
    openSince = json?["open_since"]?.integer
    certificateExpiresAt = json?["certificate_expires_at"]?.integer
    openCertificate = json?["open_certificate"]?.integer
  }

  var json: JSONValue {
    [
      "failures": .integer(failures), "successes": .integer(successes), "first_failure_at": .optional(firstFailureAt),
      "open_since": .optional(openSince), "certificate_expires_at": .optional(certificateExpiresAt),
      "open_certificate": .optional(openCertificate),
    ]
  }
}

/// Looks at an address as a visitor would.
struct Prober: Sendable {
  let client: OutboundClient

  /// Answers that show that somebody is there, though not for us.
  private static let reachable: Set = [401, 403, 429]

  func look(_ settings: ProviderSettings) async -> (outcome: ProbeOutcome, failure: OutboundFailure?) {
    var request = OutboundRequest(settings.feedURL)
    request.timeout = Fetcher.timeout
    request.connectTimeout = .seconds(5)
    request.responseLimit = Fetcher.bodyLimit
    request.maximumRedirects = Fetcher.redirects
    request.redirectsToHTTPSOnly = true
    request.acceptsGzip = true
    request.usesOwnConnection = true
    request.headerFields[.userAgent] = "PolyStatus csp-ingestor"
    let sent = request
    do {
      let answer = try await client.send(sent)
      return (ProbeOutcome(failure: Self.failure(of: answer, settings), certificateExpiresAt: answer.certificateExpiresAt), nil)
    } catch {
      return (ProbeOutcome(failure: error.description), error)
    }
  }

  private static func failure(of answer: OutboundResponse, _ settings: ProviderSettings) -> String? {
    let code = answer.status.code
    if reachable.contains(code) { return nil }
    guard (200..<400).contains(code) else { return "The server answered \(code)." }
    guard settings.expectedText.isEmpty || String(decoding: answer.body, as: UTF8.self).contains(settings.expectedText) else {
      return "The answer does not hold the expected text."
    }
    return nil
  }
}
