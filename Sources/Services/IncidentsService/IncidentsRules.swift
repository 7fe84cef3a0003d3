import StatusModel

/// Where an incident stands.
enum Status: String, CaseIterable {
  case open, mitigated, resolved

  /// Where it may go from here.
  var next: [Status] {
    switch self {
    case .open: [.mitigated, .resolved]
    case .mitigated: [.open, .resolved]
    case .resolved: [.open]
    }
  }

  /// Where it may have come from.
  var previous: [Status] { Status.allCases.filter { $0.next.contains(self) } }

  /// Why it cannot go from here to `wanted`.
  func refusal(of wanted: Status) -> Failure {
    .conflict("An incident that is \(rawValue) can become \(next.map(\.rawValue).joined(separator: " or ")), not \(wanted.rawValue).")
  }
}

/// Who declared an incident: a person, a provider's event, an alert.
enum Source: String, CaseIterable { case manual, csp, alert }

/// What somebody does in the response.
enum IncidentRole: String, CaseIterable {
  case commander, scribe, responder
  case commsLead = "comms_lead"

  var title: String { self == .commsLead ? "communications lead" : rawValue }
}

/// What people write on a timeline. Scripts write other kinds.
enum EntryKind: String, CaseIterable { case update, note, mitigation, resolution }

enum Visibility: String, CaseIterable { case `internal`, `public` }

enum PostmortemState: String, CaseIterable { case draft, published }

/// How much of everything; the swagger says the same. Texts in characters (Unicode scalars).
enum Bounds {
  static let severity = 1...4
  static let title = 1...200
  static let summary = 0...10_000
  static let services = 0...50
  static let service = 1...100
  static let message = 1...10_000
  static let userID = 1...64
  static let provider = 1...100
  static let externalID = 1...300
  static let url = 0...2000
  static let search = 1...500
  static let searchWords = 10
  /// Of an incident, and as many that lead to it.
  static let links = 100
  static let linkTarget = 1...401
  static let templates = 200
  static let templateName = 1...100
  static let templateKey = 1...64
  static let groupKey = 1...10_000
  static let truncatedAlerts = 0...1_000_000_000
  /// Epoch seconds; their microseconds are exact in a double.
  static let time = 0...9_000_000_000
  static let timelineEntries = 10_000
  /// Of the timeline in the answer about one incident.
  static let shownEntries = 1000
  static let postmortemText = 20_000
  static let factors = 0...50
  static let factor = 1...1000
  static let actionItems = 100
  static let actionTitle = 1...500
}

enum IncidentID {
  private static let digits = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// `INC-` and 6 or 7 Crockford base-32 digits, as it is stored: small letters are raised, and O, I, L read as 0, 1, 1, so that an id
  /// can be told over the telephone. Nil when no incident can have it.
  static func canonical(_ text: String) -> String? {
    if isCanonical(text) { return text }
    let raised = text.uppercased()
    guard raised.hasPrefix("INC-") else { return nil }
    let read = raised.dropFirst(4).map { $0 == "O" ? "0" : $0 == "I" || $0 == "L" ? "1" : $0 }
    let id = "INC-" + String(read)
    return isCanonical(id) ? id : nil
  }

  private static func isCanonical(_ text: String) -> Bool {
    let bytes = text.utf8
    return (10...11).contains(bytes.count) && bytes.starts(with: "INC-".utf8) && bytes.dropFirst(4).allSatisfy(digits.contains)
  }
}

enum Words {
  /// Of a text, each once: runs of letters and digits (marks belong to them), lower-cased. Single characters are passed over, long words
  /// cut at 32; the first 200 count.
  static func of(_ text: String) -> [String] {
    var seen: Set<String> = []
    var words: [String] = []
    for run in text.lowercased().unicodeScalars.split(whereSeparator: { !isPart($0) }) {
      let word = String(String.UnicodeScalarView(run.prefix(32)))
      guard word.unicodeScalars.count > 1, seen.insert(word).inserted else { continue }
      words.append(word)
      if words.count == 200 { break }
    }
    return words
  }

  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x30...0x39, 0x61...0x7A: true
    case 0..<0x80: false
    default:
      switch scalar.properties.generalCategory {
      case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
        .otherNumber, .nonspacingMark, .spacingMark:
        true
      default: false
      }
    }
  }
}
