internal import COpenSSL
import Synchronization

/// Random bytes fit for secrets, from OpenSSL's generator, drawn in blocks. From any thread.
/// Traps when the system gives no randomness: nothing that follows could be trusted.
public enum SecureRandom {
  private struct Block {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var used = 4096
  }
  private static let block = Mutex(Block())

  public static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    if count > 256 { fill(&bytes) } else { take(count) { bytes[$0] = $1 } }
    return bytes
  }

  /// Gives `count` (at most 256) bytes of the block to `each`, one by one with their index; they are wiped as they go.
  fileprivate static func take(_ count: Int, _ each: (Int, UInt8) -> Void) {
    block.withLock { block in
      if block.used + count > block.bytes.count {
        fill(&block.bytes)
        block.used = 0
      }
      for index in 0..<count {
        each(index, block.bytes[block.used])
        block.bytes[block.used] = 0
        block.used += 1
      }
    }
  }

  private static func fill(_ bytes: inout [UInt8]) {
    let done = unsafe RAND_bytes(&bytes, Int32(bytes.count))
    precondition(done == 1, "the system gave no random bytes")
  }
}

/// UUIDs as text (RFC 9562), lower case, without Foundation.
public enum UUIDText {
  /// A version 4 UUID.
  public static func random() -> String {
    unsafe String(unsafeUninitializedCapacity: 36) { text in
      var place = 0
      SecureRandom.take(16) { index, byte in
        let byte =
          switch index {
          case 6: byte & 0x0F | 0x40
          case 8: byte & 0x3F | 0x80
          default: byte
          }
        if index == 4 || index == 6 || index == 8 || index == 10 {
          unsafe text[place] = UInt8(ascii: "-")
          place += 1
        }
        unsafe text[place] = Hex.digit(byte >> 4)
        unsafe text[place + 1] = Hex.digit(byte & 15)
        place += 2
      }
      return place
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
