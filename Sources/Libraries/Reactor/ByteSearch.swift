import Glibc

extension [UInt8] {
  /// The first place of `byte` at or after `start` (0…count); memchr(3).
  public func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    precondition(start <= count)
    return unsafe withUnsafeBytes { buffer -> Int? in
      guard start < buffer.count, let base = buffer.baseAddress else { return nil }
      guard let found = unsafe memchr(base + start, Int32(byte), buffer.count - start) else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }
}
