import Signing

/// Whether a mail has gone out.
enum MailState: String, CaseIterable, Sendable {
  case queued, sent, failed
  /// There is no mail server: it is a file in `mail/` of POLYSTATUS_HOME.
  case kept
}

/// Who a mail is for. The address is asked for when it is sent.
enum MailRecipient: Sendable, Hashable {
  case subscription(String)
  case user(String)
  /// A user who wants to be called instead.
  case contact(String)

  /// `subscription:<id>`, `user:<id>` or `contact:<id>`; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch parts.first {
    case "subscription" where parts.count == 2: self = .subscription(parts[1])
    case "user" where parts.count == 2: self = .user(parts[1])
    case "contact" where parts.count == 2: self = .contact(parts[1])
    default: return nil
    }
  }

  var text: String {
    switch self {
    case .subscription(let id): "subscription:\(id)"
    case .user(let id): "user:\(id)"
    case .contact(let id): "contact:\(id)"
    }
  }
}

/// What waits to go out: calls do not wait for the mail server.
enum MailQueue: String, CaseIterable, Sendable {
  case mails = "mail-queue"
  case calls = "call-queue"
}

/// What became of an attempt to send.
enum MailOutcome: Sendable, Equatable {
  case sent, kept
  /// Nothing will change it.
  case failed(String)
  /// To be tried again; the fault is the mail's, or a neighbour's it needs.
  case postponed(String)
  /// To be tried again; there is no session with the server.
  case unreachable(String)
}

/// The rules of sending: no I/O.
enum MailRules {
  /// Mails under way at once, each on a connection of its own: the most that a kill can repeat.
  static let connections = 4
  /// Calls to people's webhooks under way at once.
  static let calls = 4
  /// What a webhook did not take so many times is mailed.
  static let callAttempts = 3
  /// For so long nobody else takes a mail that is under way, in milliseconds; renewed while it lasts.
  static let lease = 30_000
  /// A mail that could not be sent for so long has failed, in seconds.
  static let patience = 2 * 86_400
  /// Mails kept for want of a server go out when there is one, if they are no older, in seconds.
  static let keptLife = 3_600
  /// A file of a kept mail is removed after so many seconds, as its record is.
  static let fileLife = 7 * 86_400
  /// Waits between attempts, in seconds; the last for all that follow.
  static let waits = [30, 120, 300, 900, 1_800, 3_600, 7_200, 14_400]
  /// The longest wait while the server is away, in seconds: it has nothing to do with the mail.
  static let longestAbsence = 300

  /// The id of one person's mail of one event, and what its Message-ID is made of: whatever is repeated, it is the same mail.
  static func mailID(event: String, _ recipient: MailRecipient) -> String { String(SHA256.hex("\(event)|\(recipient.text)").prefix(32)) }

  /// State, wait in milliseconds and error to note after an attempt. `attempts` were made before; `age` in seconds; `chance` is 0..<1.
  static func settlement(
    _ outcome: MailOutcome, attempts: Int, age: Int, chance: Double
  ) -> (state: MailState, wait: Int, error: String?) {
    switch outcome {
    case .sent: return (.sent, 0, nil)
    case .kept: return (.kept, 0, nil)
    case .failed(let error): return (.failed, 0, error)
    case .postponed(let error), .unreachable(let error):
      if age > patience { return (.failed, 0, error) }
      var wait = waits[min(attempts, waits.count - 1)]
      if case .unreachable = outcome { wait = min(wait, longestAbsence) }
      return (.queued, Int(Double(wait) * (800 + 400 * chance)), error)
    }
  }
}
