/// Secrets made here: a prefix that says what it is, then 256 random bits. Only the hash is stored.
public enum SecretToken {
  public enum Kind: String, CaseIterable, Sendable {
    case userToken = "psu_"
    case key = "psk_"
    case applicationID = "psa_"
    case link = "psl_"
    /// Standard Webhooks 1.0: what follows is base64 of the key's bytes.
    case webhookSecret = "whsec_"

    public var prefix: String { rawValue }
  }

  public static func make(_ kind: Kind) -> String {
    let bytes = SecureRandom.bytes(32)
    return kind.prefix + (kind == .webhookSecret ? Base64.encoded(bytes) : Hex.encoded(bytes))
  }

  /// SHA-256 of the whole token, in 64 hexadecimal digits.
  public static func hash(_ token: String) -> String { SHA256.hex(token) }

  /// `text` with every run that begins like one of our secrets cut to its prefix, wherever it stands.
  public static func redacted(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard let kept = cut(bytes) else { return text }
    return String(decoding: kept, as: UTF8.self)
  }

  /// The same on bytes, which need not be text.
  public static func redacted(_ bytes: [UInt8]) -> [UInt8] { cut(bytes) ?? bytes }

  /// Whether there is such a run in `text`.
  public static func isIn(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "_")) && cut(Array(text.utf8)) != nil }

  private static let prefixes = Kind.allCases.map { (bytes: Array($0.prefix.utf8), isBase64: $0 == .webhookSecret) }

  /// Nil when there is nothing to cut.
  private static func cut(_ bytes: [UInt8]) -> [UInt8]? {
    var kept: [UInt8] = []
    var copied = 0
    var place = 0
    while place < bytes.count {
      place += 1
      guard bytes[place - 1] == UInt8(ascii: "_") else { continue }
      guard let found = prefixes.first(where: { bytes[..<place].ends(with: $0.bytes) }) else { continue }
      let start = place
      while let length = secretLength(in: bytes, at: place, base64: found.isBase64) { place += length }
      if place > start {
        kept.append(contentsOf: bytes[copied..<start])
        copied = place
      }
    }
    if copied == 0 { return nil }
    return kept + bytes[copied...]
  }

  /// How many bytes the next character of a secret takes at `place`; nil when the run ends there.
  private static func secretLength(in bytes: [UInt8], at place: Int, base64: Bool) -> Int? {
    guard place < bytes.count else { return nil }
    switch bytes[place] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "%"):
      return 1
    case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return base64 ? 1 : nil
    case UInt8(ascii: "\\"):  // JSON may write a slash as \/
      return base64 && place + 1 < bytes.count && bytes[place + 1] == UInt8(ascii: "/") ? 2 : nil
    default: return nil
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with suffix: [UInt8]) -> Bool { count >= suffix.count && self.suffix(suffix.count).elementsEqual(suffix) }
}
