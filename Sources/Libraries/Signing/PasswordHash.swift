internal import CCrypt
internal import COpenSSL

/// Passwords as bcrypt hashes (`$2b$`). Every call takes about a quarter of a second of a core: make it on a worker.
public enum PasswordHash {
  public enum Problem: Error, Equatable, Sendable {
    /// bcrypt reads no more than 72 bytes.
    case tooLong
    /// A zero byte would end the password early.
    case containsZero
  }
  /// Longer passwords are refused rather than cut.
  public static let maximumBytes = 72

  /// `cost` is the base-2 logarithm of the rounds, 4...31. Throws `Problem`.
  public static func make(_ password: String, cost: Int = 12) throws(Problem) -> String {
    precondition((4...31).contains(cost), "bcrypt costs 4 to 31")
    if let problem = problem(with: password) { throw problem }
    guard let setting = setting(cost: cost), let hash = crypt(password, setting) else {
      preconditionFailure("the system's crypt library has no bcrypt")
    }
    return hash
  }

  /// Whether `hash` was made from `password`. Without a hash (no such account, no password yet) it is false, and just as slow.
  public static func verify(_ password: String, against hash: String?) -> Bool {
    let usable = problem(with: password) == nil
    let known = hash.flatMap { $0.hasPrefix("$2") && $0.utf8.count == 60 ? $0 : nil }
    let computed = crypt(usable ? password : "-", known ?? nobodys)
    guard usable, let known, let computed else { return false }
    return constantTimeEqual(computed, known)
  }

  /// A hash of cost 12 for accounts that do not exist; nobody knows its password.
  private static let nobodys = "$2b$12$oyV22RrWS80MxQ3skxMB5uSr0uI7d0CLUoFHj9j3q5.j1C.dRg0pG"

  private static func problem(with password: String) -> Problem? {
    if password.utf8.count > maximumBytes { return .tooLong }
    return password.utf8.contains(0) ? .containsZero : nil
  }

  private static func setting(cost: Int) -> String? {
    let salt = SecureRandom.bytes(16).map { CChar(bitPattern: $0) }
    var text = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
    guard unsafe crypt_gensalt_rn("$2b$", UInt(cost), salt, Int32(salt.count), &text, Int32(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Nil when `setting` is none of bcrypt.
  private static func crypt(_ password: String, _ setting: String) -> String? {
    let state = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
    let size = MemoryLayout<crypt_data>.size
    unsafe UnsafeMutableRawPointer(state).initializeMemory(as: UInt8.self, repeating: 0, count: size)
    defer {
      unsafe OPENSSL_cleanse(state, size)
      unsafe state.deallocate()
    }
    guard let result = unsafe crypt_r(password, setting, state), unsafe result.pointee != CChar(UInt8(ascii: "*")) else { return nil }
    return unsafe String(cString: result)
  }
}
