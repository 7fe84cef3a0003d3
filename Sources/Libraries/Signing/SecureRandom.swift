internal import COpenSSL
import Synchronization

/// Random bytes fit for secrets, from OpenSSL's generator, drawn in blocks. From any thread.
/// Traps when the system gives no randomness: nothing that follows could be trusted.
public enum SecureRandom {
  private struct Block {
    private var bytes = [UInt8](repeating: 0, count: 4096)
    private var used = 4096

    /// The next byte, wiped here.
    mutating func next() -> UInt8 {
      if used == bytes.count {
        SecureRandom.fill(&bytes)
        used = 0
      }
      defer {
        bytes[used] = 0
        used += 1
      }
      return bytes[used]
    }
  }
  private static let block = Mutex(Block())

  public static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    if count > 256 {
      fill(&bytes)
    } else {
      block.withLock { block in
        for index in bytes.indices { bytes[index] = block.next() }
      }
    }
    return bytes
  }

  /// 128 bits.
  fileprivate static func words() -> (UInt64, UInt64) {
    block.withLock { block in
      var first: UInt64 = 0
      var second: UInt64 = 0
      for _ in 0..<8 { first = first << 8 | UInt64(block.next()) }
      for _ in 0..<8 { second = second << 8 | UInt64(block.next()) }
      return (first, second)
    }
  }

  fileprivate static func fill(_ bytes: inout [UInt8]) {
    let done = unsafe RAND_bytes(&bytes, Int32(bytes.count))
    precondition(done == 1, "the system gave no random bytes")
  }
}

/// UUIDs as text (RFC 9562), lower case, without Foundation.
public enum UUIDText {
  /// A version 4 UUID.
  public static func random() -> String {
    var (high, low) = SecureRandom.words()
    high = high & ~0xF000 | 0x4000
    low = low & ~(0b11 << 62) | 0b10 << 62
    return unsafe String(unsafeUninitializedCapacity: 36) { text in
      var bits = high
      for place in 0..<36 {
        switch place {
        case 8, 13, 18, 23: unsafe text[place] = UInt8(ascii: "-")
        default:
          if place == 19 { bits = low }
          unsafe text[place] = Hex.digit(UInt8(bits >> 60))
          bits <<= 4
        }
      }
      return 36
    }
  }

  /// Whether `text` is 8-4-4-4-12 hexadecimal digits, in either case, and nothing else.
  public static func isValid(_ text: String) -> Bool {
    guard text.utf8.count == 36 else { return false }
    for (index, byte) in text.utf8.enumerated() {
      switch index {
      case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
      default: guard Hex.value(byte) != nil else { return false }
      }
    }
    return true
  }
}
