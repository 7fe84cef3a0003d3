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
      unsafe COpenSSL.SHA256(message.baseAddress, message.count, target.baseAddress)
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

private enum Digest {
  case sha1, sha256
  var length: Int { self == .sha1 ? 20 : 32 }
  var algorithm: OpaquePointer? { self == .sha1 ? unsafe EVP_sha1() : unsafe EVP_sha256() }
}

private func hmac(_ digest: Digest, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
  unsafe key.withUnsafeBytes { key in unsafe message.withUnsafeBytes { unsafe hmac(digest, key, $0) } }
}

private func hmac(_ digest: Digest, _ key: String, _ message: String) -> [UInt8] {
  unsafe withBytes(of: key) { key in unsafe withBytes(of: message) { unsafe hmac(digest, key, $0) } }
}

private func hmac(_ digest: Digest, _ key: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer) -> [UInt8] {
  unsafe [UInt8](unsafeUninitializedCapacity: digest.length) { target, count in
    let data = unsafe message.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let done = unsafe HMAC(digest.algorithm, key.baseAddress, Int32(key.count), data, message.count, target.baseAddress, nil)
    precondition(unsafe done != nil, "the cryptographic library refused HMAC")
    count = digest.length
  }
}

private func withBytes<Value>(of text: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
  var text = text
  return text.withUTF8 { unsafe body(UnsafeRawBufferPointer($0)) }
}
