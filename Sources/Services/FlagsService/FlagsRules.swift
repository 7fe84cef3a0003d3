import StatusModel

/// The most a definition may have. Lengths are in characters.
enum Bounds {
  static let variation = 1...64
  static let variations = 1...50
  static let rules = 0...100
  /// Conditions of one `all` or `any`.
  static let conditions = 1...50
  /// How deep `all` and `any` may stand in each other.
  static let depth = 5
  static let attribute = 1...100
  static let operand = 1...500
  static let operands = 1...1000
  static let target = 1...200
  static let userTargets = 1000
  static let groupTargets = 100
  static let prerequisites = 0...10
  /// Flags that are evaluated to answer one, itself included.
  static let evaluations = 100
  static let schedule = 0...20
  static let owner = 0...200
  static let tag = 1...100
  static let tags = 0...20
  static let description = 0...2000
  /// Epoch seconds.
  static let time = 0...9_000_000_000
  /// Of a segment, listed one by one.
  static let segmentUsers = 0...10_000
  /// Flags and segments together.
  static let records = 5000
  /// Bytes of a definition or a segment as it is sent to us.
  static let definitionBytes = 128 * 1024
  /// Bytes of a request for an evaluation.
  static let contextBytes = 64 * 1024
}

enum FlagsRules {
  /// `[A-Za-z0-9][A-Za-z0-9_.-]{0,63}`
  static func isID(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 64, isAlphanumeric(first) else { return false }
    return bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  static let idExpectation = "must be 1 to 64 letters, digits, dots, underscores and hyphens, and begin with a letter or digit"

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 }

  /// Why a flag may be taken out of the code, or nothing. `now` in epoch seconds.
  static func staleness(of flag: FlagDefinition, changedAt: Int, now: Int) -> [Staleness] {
    var reasons: [Staleness] = []
    if let end = flag.expiresAt, end <= now { reasons.append(.expired) }
    guard !flag.isKillSwitch, changedAt <= now - staleAfter else { return reasons }
    if !flag.isOn {
      reasons.append(.off)
    } else if flag.isTheSameForAll {
      reasons.append(.settled)
    }
    return reasons
  }

  /// Seconds without a change after which a flag that gives everybody the same counts as stale.
  static let staleAfter = 30 * 86_400
}

enum Staleness: String {
  /// `expires_at` has passed.
  case expired
  /// Off, and unchanged for 30 days.
  case off
  /// On with the same variation for everybody, and unchanged for 30 days.
  case settled
}
