import JSONBytes
import Signing

/// What an incident's timeline reads of a provider's event.
struct IncidentWords {
  let provider: String
  let event: String

  struct News {
    let message: String
    /// The same for the same words about the same event.
    let key: String
  }

  /// Updates that are told at most at once, the newest.
  private static let updateLimit = 20
  private static let messageLimit = 10_000

  /// The updates of the event that the incident has not been told yet, the oldest first.
  func news(_ document: EventDocument, untold told: [String]) -> [News] {
    document.updates.suffix(Self.updateLimit).compactMap { update in
      let text = update["text"]?.string ?? ""
      guard !text.isEmpty else { return nil }
      let state = update["state"]?.string.map { " (\($0))" } ?? ""
      let message = "\(provider)\(state): \(text)".cut(at: Self.messageLimit)
      let news = News(message: message, key: key("\(update["id"]?.string ?? "") \(message)"))
      return told.contains(news.key) ? nil : news
    }
  }

  func over(_ event: TrackedEvent) -> String {
    switch event.known.resolution {
    case .absentFromFeed: "\(provider) lists this event no more: it is over."
    case .expired: "\(provider) has not mentioned this event for a day: it counts as over."
    case .declared, .probeOK, nil: "\(provider) says that this event is over."
    }
  }

  var parted: String { "\(provider) is not watched any more: this event counts as over." }
  var again: String { "\(provider) says that this event is not over after all." }
  var touched: String { "People work on this incident, so its status stays as it is." }
  var others: String { "Other events of this outage still last." }

  func key(_ text: String) -> String { "csp-\(SHA256.hex("\(event) \(text)").prefix(40))" }
}
