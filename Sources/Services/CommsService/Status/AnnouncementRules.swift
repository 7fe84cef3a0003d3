import JSONBytes

/// What is said to the public of an incident's progress.
enum AnnouncementState: String, CaseIterable, Sendable { case investigating, identified, monitoring, resolved }

/// Where an incident stands, as incidents says it.
enum IncidentStatus: String, CaseIterable, Sendable { case open, mitigated, resolved }

/// What somebody wants to announce, read and checked.
struct NewAnnouncement: Sendable {
  var incidentID: String
  var message: String
  /// The same in French; nil: subscribers who read French get `message`.
  var messageFrench: String?
  var state: AnnouncementState
  /// The public title; nil: the one it has, at first the incident's.
  var title: String?
}

/// What is nil stays as it is.
struct AnnouncementCorrection: Sendable {
  enum French: Sendable { case keep, none, set(String) }
  var message: String?
  var messageFrench = French.keep
  var state: AnnouncementState?
  var title: String?
}

/// `<incident>-<number>`: an announcement names its incident.
struct AnnouncementID: Sendable, Equatable {
  let incident: String
  let number: Int

  /// Nil when no announcement can have it.
  init?(_ text: String) {
    guard text.utf8.count <= 80, let hyphen = text.lastIndex(of: "-") else { return nil }
    let digits = text[text.index(after: hyphen)...]
    guard digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(digits), number > 0, String(number) == digits,
      PublicIncidentID.isValid(String(text[..<hyphen])), text[..<hyphen].last != "-"
    else { return nil }
    incident = String(text[..<hyphen])
    self.number = number
  }
}

enum PublicIncidentID {
  /// Whether it can be the id of an incident: letters, digits and hyphens.
  static func isValid(_ text: String) -> Bool {
    (1...StatusBounds.incidentID.upperBound).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
