internal import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  /// 32 bytes.
  public static func bytes(_ message: [UInt8]) -> [UInt8] { unsafe message.withUnsafeBytes { unsafe digest($0) } }
  public static func bytes(_ message: String) -> [UInt8] { unsafe withBytes(of: message) { unsafe digest($0) } }
  /// 64 lower-case hexadecimal digits.
  public static func hex(_ message: [UInt8]) -> String { Hex.encoded(bytes(message)) }
  public static func hex(_ message: String) -> String { Hex.encoded(bytes(message)) }

  private static func digest(_ message: UnsafeRawBufferPointer) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 32) { target, count in
      let done = unsafe EVP_Digest(message.baseAddress, message.count, target.baseAddress, nil, Fetched.sha256.pointer, nil)
      precondition(done == 1, "the cryptographic library refused SHA-256")
      count = 32
    }
  }
}

/// HMAC with SHA-1 (RFC 2104): the one the signature scheme of the original uses. Not broken by SHA-1's collisions.
public enum HMACSHA1 {
  /// 20 bytes.
  public static func bytes(key: [UInt8], message: [UInt8]) -> [UInt8] { hmac(.sha1, key, message) }
  /// Standard base64, 28 characters.
  public static func base64(key: String, message: String) -> String { Base64.encoded(hmac(.sha1, key, message)) }
}

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
  /// 32 bytes.
  public static func bytes(key: [UInt8], message: [UInt8]) -> [UInt8] { hmac(.sha256, key, message) }
  public static func bytes(key: String, message: String) -> [UInt8] { hmac(.sha256, key, message) }
  /// Standard base64, 44 characters.
  public static func base64(key: [UInt8], message: [UInt8]) -> String { Base64.encoded(bytes(key: key, message: message)) }
  public static func base64(key: String, message: String) -> String { Base64.encoded(bytes(key: key, message: message)) }
}

/// In a time that tells nothing of where they differ; only the lengths show.
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  unsafe a.withUnsafeBytes { a in unsafe b.withUnsafeBytes { unsafe equal(a, $0) } }
}

/// Compares the UTF-8 bytes: texts that only look alike (Unicode equivalence) differ.
public func constantTimeEqual(_ a: String, _ b: String) -> Bool {
  unsafe withBytes(of: a) { a in unsafe withBytes(of: b) { unsafe equal(a, $0) } }
}

private func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
  guard a.count == b.count else { return false }
  guard let first = a.baseAddress, let second = b.baseAddress else { return true }
  return unsafe CRYPTO_memcmp(first, second, a.count) == 0
}

/// What OpenSSL 3 looks up by name at every call of its older functions, looked up once.
/// `@unchecked Sendable`: never changed after it was made; copies are worked with.
@safe private final class Fetched: @unchecked Sendable {
  let pointer: OpaquePointer

  static let sha256 = unsafe Fetched(EVP_MD_fetch(nil, "SHA256", nil))
  static let hmacSHA1 = Fetched(hmac: "SHA1")
  static let hmacSHA256 = Fetched(hmac: "SHA256")

  private init(_ found: OpaquePointer?) {
    guard let found = unsafe found else { preconditionFailure("the cryptographic library lacks what every build of it has") }
    unsafe pointer = unsafe found
  }

  private convenience init(hmac digest: String) {
    unsafe self.init(EVP_MAC_CTX_new(EVP_MAC_fetch(nil, "HMAC", nil)))
    var name = Array(digest.utf8CString)
    let done = unsafe name.withUnsafeMutableBufferPointer { name in
      let parameters = unsafe [OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0), OSSL_PARAM_construct_end()]
      return unsafe EVP_MAC_CTX_set_params(pointer, parameters)
    }
    precondition(done == 1, "the cryptographic library has no HMAC with \(digest)")
  }
}

private enum Digest {
  case sha1, sha256
  var length: Int { self == .sha1 ? 20 : 32 }
  var template: Fetched { self == .sha1 ? .hmacSHA1 : .hmacSHA256 }
}

private func hmac(_ digest: Digest, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
  unsafe key.withUnsafeBytes { key in unsafe message.withUnsafeBytes { unsafe hmac(digest, key, $0) } }
}

private func hmac(_ digest: Digest, _ key: String, _ message: String) -> [UInt8] {
  unsafe withBytes(of: key) { key in unsafe withBytes(of: message) { unsafe hmac(digest, key, $0) } }
}

private func hmac(_ digest: Digest, _ key: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer) -> [UInt8] {
  unsafe [UInt8](unsafeUninitializedCapacity: digest.length) { target, count in
    let context = unsafe EVP_MAC_CTX_dup(digest.template.pointer)
    defer { unsafe EVP_MAC_CTX_free(context) }
    var nothing: UInt8 = 0
    let done = unsafe withUnsafePointer(to: &nothing) { nothing in
      // An empty key has no address, which OpenSSL would take for "no key given".
      let key = unsafe UnsafeBufferPointer(start: key.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing, count: key.count)
      let data = unsafe message.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return unsafe EVP_MAC_init(context, key.baseAddress, key.count, nil) == 1 && EVP_MAC_update(context, data, message.count) == 1
        && EVP_MAC_final(context, target.baseAddress, &count, target.count) == 1
    }
    precondition(done && count == digest.length, "the cryptographic library refused HMAC")
  }
}

private func withBytes<Value>(of text: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
  var text = text
  return text.withUTF8 { unsafe body(UnsafeRawBufferPointer($0)) }
}
