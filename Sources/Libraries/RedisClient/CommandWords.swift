/// The words of one command laid end to end, in memory that is used again for the next.
@safe struct CommandWords {
  private var bytes: [UInt8] = []
  private var lengths: [Int] = []
  private var pointers: [UnsafePointer<CChar>?] = unsafe []

  /// Beyond this many bytes the memory is given back after use.
  private static let keptBytes = 256 << 10

  mutating func lay(_ words: [RedisArgument]) {
    if bytes.capacity > Self.keptBytes { bytes = [] }
    bytes.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    for word in words {
      let start = bytes.count
      switch word {
      case .bytes(let some): bytes.append(contentsOf: some)
      case .string(let text): bytes.append(contentsOf: text.utf8)
      case .integer(let number): bytes.append(contentsOf: String(number).utf8)
      }
      lengths.append(bytes.count - start)
    }
  }

  var byteCount: Int { bytes.count }

  /// Calls `body` with count, start and length of the words, as hiredis' `…Argv` calls take them.
  mutating func withWords(_ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int>?) -> Int32) -> Int32 {
    unsafe bytes.withUnsafeBytes { raw in
      unsafe pointers.removeAll(keepingCapacity: true)
      // A command of empty words has no storage; any address serves for a length of 0.
      var next = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
      for length in lengths {
        unsafe pointers.append(next)
        unsafe next = next.map { unsafe $0 + length }
      }
      return unsafe pointers.withUnsafeMutableBufferPointer { pointers in
        unsafe lengths.withUnsafeBufferPointer { unsafe body(Int32($0.count), pointers.baseAddress, $0.baseAddress) }
      }
    }
  }
}
