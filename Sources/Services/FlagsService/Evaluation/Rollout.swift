import Glibc
import Signing

/// Who gets what of a roll-out: weighted rendezvous hashing. Each variation draws a number in (0, 1] from (flag, variation, user); the one
/// with the least −ln(number) ÷ weight wins. It needs no memory, and raising one weight against the others moves users only into it.
struct Rollout: Sendable {
  /// What the weights of a roll-out sum to.
  static let whole = 100_000

  private struct Contender: Sendable {
    let variation: Int
    let weight: Double
    let seed: UInt64
  }
  private let contenders: [Contender]

  /// `shares`: places in the flag's variations, their names and their weights; at least one weight is not 0.
  init(flag: String, shares: [(variation: Int, name: String, weight: Int)]) {
    contenders = shares.filter { $0.weight > 0 }.map {
      Contender(variation: $0.variation, weight: Double($0.weight), seed: Self.head(of: SHA256.bytes("\(flag)\u{0}\($0.name)")))
    }
  }

  /// The first variation that has a weight: for somebody without a key.
  var first: Int { contenders.first?.variation ?? 0 }

  /// `user` as `digest(of:)` gives it.
  func variation(for user: UInt64) -> Int {
    var best = first
    var least = Double.infinity
    for contender in contenders {
      let drawn = Self.mixed(Self.mixed(user ^ contender.seed) &+ contender.seed)
      let arrival = -log((Double(drawn >> 11) + 1) * 0x1p-53) / contender.weight
      if arrival < least { (best, least) = (contender.variation, arrival) }
    }
    return best
  }

  static func digest(of user: String) -> UInt64 { head(of: SHA256.bytes(user)) }

  /// The first eight bytes, big-endian.
  private static func head(of digest: [UInt8]) -> UInt64 { digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

  /// The finalizer of SplitMix64: every bit of the argument changes half of the result.
  private static func mixed(_ bits: UInt64) -> UInt64 {
    var bits = bits &+ 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
