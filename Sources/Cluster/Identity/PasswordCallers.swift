public import Reactor
import Signing
public import StatusModel

/// Callers who send `X-Polystatus-Username` and `X-Polystatus-Password` with every request. A pair that was good is remembered for 60 s,
/// under its HMAC with a key of this process; role, deletion and a new password still bite within 5 s.
public final class PasswordCallers: Sendable {
  /// A pair that holds: whose it is, and which of that person's passwords it was.
  public struct Checked: Sendable, Equatable {
    public let userID: String
    public let passwordVersion: Int
    public init(userID: String, passwordVersion: Int) {
      self.userID = userID
      self.passwordVersion = passwordVersion
    }
  }
  public typealias Check = @Sendable (_ username: String, _ password: String) async throws(Failure) -> Checked?

  private let identity: Identity
  private let clock: @Sendable () -> Int64
  private let check: Check
  private let processKey = SecureRandom.bytes(32)
  private let remembered: PerLoop<Memory>

  /// `check` runs bcrypt (users) or asks users (the others), limits included; it answers nil for a pair that does not hold.
  public init(identity: Identity, clock: @escaping @Sendable () -> Int64, loops: LoopGroup, check: @escaping Check) {
    self.identity = identity
    self.clock = clock
    self.check = check
    remembered = PerLoop(loops: loops.loops.count) { _ in Memory() }
  }

  /// Nil when the pair does not hold. Fails as `check` does, and with `unavailable` without Redis.
  public func person(username: String, password: String) async throws(Failure) -> Person? {
    let pair = Base64.encoded(HMACSHA256.bytes(key: processKey, message: Array(username.utf8) + [0] + Array(password.utf8)))
    if let checked = remembered.here.pairs.find(pair, at: clock()) {
      if let account = try await identity.account(id: checked.userID), account.passwordVersion == checked.passwordVersion {
        return account.person
      }
      remembered.here.pairs.drop(pair)
    }
    guard let checked = try await check(username, password) else { return nil }
    remembered.here.pairs.keep(checked, for: pair, at: clock())
    return try await identity.account(id: checked.userID)?.person
  }

  private final class Memory {
    var pairs = ExpiringCache<Checked>(limit: 10_000, lifetime: 60_000)
  }
}
