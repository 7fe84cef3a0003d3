import Foundation

/// The bounds of a profile.
enum ProfileRules {
  /// Languages it may have texts in.
  static let languages = 10
  static let aboutCharacters = 4_000
  /// Words of `about` it is found by.
  static let aboutWords = 200
  static let specialities = 20
  static let skills = 50
  static let skillCharacters = 40
  /// From having seen it to teaching it.
  static let levels = 1...5
  static let spoken = 20
  /// The Common European Framework's, and one's own language.
  static let spokenLevels = ["A1", "A2", "B1", "B2", "C1", "C2", "native"]
  static let links = 10
  static let addressCharacters = 1_000

  /// An absolute address without a name and password. Nil when it is one.
  static func problem(withAddress text: String) -> String? {
    let wrong = "must be an address such as https://example.org/ada"
    guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }), text.count <= addressCharacters else {
      return wrong
    }
    let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    guard !authority.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return wrong }
    return authority.contains("@") ? "must not hold a name or password" : nil
  }

  /// As the time zone database calls it. Nil when it does.
  static func problem(withTimeZone name: String) -> String? {
    TimeZone(identifier: name) == nil ? "must be a time zone such as Europe/Paris" : nil
  }
}
