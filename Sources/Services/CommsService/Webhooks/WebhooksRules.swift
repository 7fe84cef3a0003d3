import Messaging
import Signing

/// How the body of a call is written.
enum WebhookFormat: String, CaseIterable, Sendable {
  /// Standard Webhooks: `{type, timestamp, data}`.
  case standard
  /// What Atlassian Statuspage sends to its subscribers.
  case statuspage
  /// Slack's incoming webhooks.
  case slack
  case discord
}

enum WebhookState: String, CaseIterable, Sendable {
  case active
  /// A delivery failed to the end of its schedule, and none has arrived since; it is called all the same.
  case failing
  /// Not called: a person said so, or the endpoint did (410).
  case disabled
}

enum WebhookRules {
  static let endpointLimit = 500
  /// Deliveries kept for each endpoint; beyond that the oldest goes, sent or not.
  static let deliveryLimit = 1_000
  /// Attempts kept for each delivery.
  static let attemptLimit = 50
  static let retentionSeconds = 30 * 86_400
  /// How long the old secret signs beside the new one.
  static let rotationSeconds = 86_400
  /// Bytes of an answer that are kept.
  static let excerptBytes = 1_024
  static let timeLimit = Duration.seconds(15)
  /// After this time a sender that says nothing has died, and another takes over: well above `timeLimit`.
  static let lease = Duration.seconds(30)
  /// Seconds until the next attempt, after the first, the second, …
  static let schedule = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
  /// No Retry-After is waited for any longer (s).
  static let longestRetryAfter = 86_400
  /// Jitter makes a delay longer by up to this part of it.
  static let jitter = 0.1
}

// MARK: - Which events

extension WebhookRules {
  static let standardEvents = ["announcement.published", "component.status.changed", "maintenance.*"]
  private static let publicTopics: Set<Substring> = ["announcement", "component", "maintenance"]
  private static let internalTopics: Set<Substring> = ["incident", "csp", "flag"]

  /// Whether the event can be sent to anybody at all. What is about people, links and commands cannot.
  static func isSendable(_ event: String) -> Bool {
    let topic = event.prefix { $0 != "." }
    return publicTopics.contains(topic) || internalTopics.contains(topic)
  }

  static func isPublic(_ event: String) -> Bool { publicTopics.contains(event.prefix { $0 != "." }) }

  /// What is wrong with a pattern; nil when nothing is.
  static func refusal(ofPattern pattern: String) -> String? {
    let topics = (publicTopics.union(internalTopics)).sorted().map { "\($0).…" }.joined(separator: ", ")
    guard TopicPattern(pattern) != nil else { return "must hold names of events such as announcement.published, * for one word, # for any" }
    let topic = pattern.prefix { $0 != "." }
    guard topic == "*" || topic == "#" || publicTopics.contains(topic) || internalTopics.contains(topic) else {
      return "must hold events of \(topics)"
    }
    return nil
  }

  /// Internal events only when the pattern names what they are about: `#` means every public one.
  static func isSubscribed(_ patterns: [String], to event: String) -> Bool {
    patterns.contains { pattern in
      let isNamed = pattern.prefix { $0 != "." } == event.prefix { $0 != "." }
      return (isNamed || isPublic(event)) && isSendable(event) && TopicPattern(pattern)?.matches(event) == true
    }
  }
}

// MARK: - What an attempt means

/// What came of one attempt.
enum AttemptOutcome: Sendable, Equatable {
  /// `retryAfter` in seconds from now.
  case answer(status: Int, retryAfter: Int?)
  case noAnswer
}

enum DeliveryVerdict: Sendable, Equatable {
  case delivered
  /// In ms from now.
  case retry(after: Int64)
  case failed
  /// The endpoint wants no more calls.
  case gone
}

extension WebhookRules {
  /// `attempts` made since the delivery was made or replayed, this one included; `random` from 0 to 1. A test is sent once.
  static func verdict(_ outcome: AttemptOutcome, attempts: Int, isTest: Bool, random: Double) -> DeliveryVerdict {
    var asked = 0
    if case .answer(let status, let retryAfter) = outcome {
      if (200...299).contains(status) { return .delivered }
      if status == 410, !isTest { return .gone }
      if status == 429 || status == 503, let retryAfter { asked = min(max(retryAfter, 0), longestRetryAfter) }
    }
    guard !isTest, schedule.indices.contains(attempts - 1) else { return .failed }
    let seconds = Double(max(schedule[attempts - 1], asked))
    return .retry(after: Int64(seconds * 1_000 * (1 + jitter * random)))
  }
}

// MARK: - What is kept of an answer

extension WebhookRules {
  /// The beginning of an answer as text, without secrets: ours, and what the endpoint's address holds behind its host.
  static func excerpt(_ body: [UInt8], address: String, secrets: [String]) -> String {
    var text = SecretToken.redacted(String(decoding: body, as: UTF8.self))
    let beyondHost = address.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).dropFirst(2).first ?? ""
    let parts = beyondHost.split { "/?&=;".contains($0) }.filter { $0.utf8.count >= 6 }.map(String.init)
    let keys = secrets.map { $0.hasPrefix("whsec_") ? String($0.dropFirst(6)) : $0 }.filter { !$0.isEmpty }
    for part in (parts + keys).sorted(by: { $0.utf8.count > $1.utf8.count }) { text = text.replacing(part, with: "…") }
    guard text.utf8.count > excerptBytes else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: excerptBytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end])
  }
}
