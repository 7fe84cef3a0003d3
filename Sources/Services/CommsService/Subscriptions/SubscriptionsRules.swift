import JSONBytes

/// What a subscriber wants to hear of.
struct SubscriptionFilter: Sendable, Equatable {
  /// Keys of components; none: all.
  var components: [String] = []
  /// 1 to 4; none: all.
  var severities: [Int] = []
}

/// What is told: an announcement, or a maintenance, which has no severity.
struct Subject: Sendable, Equatable {
  /// Keys of the components it is about; none: everything.
  var components: [String]
  var severity: Int?

  /// Of the `data` of `announcement.published` or `maintenance.*`.
  init(_ data: JSONValue) {
    let told = data["announcement"] ?? data["maintenance"]
    components = (told?["services"] ?? told?["components"])?.array?.compactMap { $0.string ?? $0["key"]?.string } ?? []
    severity = told?["sev"]?.integer
  }

  init(components: [String], severity: Int?) {
    self.components = components
    self.severity = severity
  }
}

extension SubscriptionFilter {
  /// Whether somebody with this filter hears of `subject`: one of their components is concerned (names compare ignoring case), or no
  /// component is named on either side; and its severity is one of theirs, or one side names none.
  func admits(_ subject: Subject) -> Bool {
    let wanted = Set(components.map { $0.lowercased() })
    let concerns = components.isEmpty || subject.components.isEmpty || subject.components.contains { wanted.contains($0.lowercased()) }
    return concerns && (severities.isEmpty || subject.severity.map(severities.contains) ?? true)
  }
}

/// Limits of subscriptions.
enum SubscriptionBounds {
  static let components = 0...50
  static let component = 1...64
  static let severities = 0...4
  static let severity = 1...4
  static let search = 1...200
  static let searchWords = 8
  /// Seconds between two mails that answer a request for the same address.
  static let pause = 86_400
  /// Mails to confirm that an address gets in all, while it does not.
  static let confirmations = 3
  /// Somebody who does not confirm is forgotten so many seconds after the last mail.
  static let pendingLife = 30 * 86_400

  /// The words an address is found by: letters and digits, lower case, at most 16 of at most 40 characters.
  static func words(_ text: String) -> [String] {
    var words: [String] = []
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let word = String(word.prefix(40))
      if !words.contains(word), words.count < 16 { words.append(word) }
    }
    return words
  }
}
