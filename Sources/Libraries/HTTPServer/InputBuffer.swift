/// The bytes of one client that have come and are not taken yet.
struct InputBuffer {
  private var bytes: [UInt8] = []
  private var start = 0
  private var scanned = 0

  var isEmpty: Bool { start == bytes.count }
  var count: Int { bytes.count - start }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if isEmpty { drop() } else if start > count { dropTaken() }
    bytes.append(contentsOf: more)
  }

  /// Without it, a client whose reads never end where a request does would have all it ever sent kept.
  private mutating func dropTaken() {
    bytes.removeFirst(start)
    scanned -= start
    start = 0
  }

  mutating func drop() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= 2048)
    start = 0
    scanned = 0
  }

  /// The next request's head; nil while it is incomplete. The head shares the buffer, so nothing is copied.
  mutating func takeHead(limits: Limits) throws(Refusal) -> RequestHead? {
    guard let length = try RequestHeadParser.end(in: bytes, from: start, scanned: &scanned, limits: limits) else { return nil }
    let head = try RequestHeadParser.parse(bytes, start..<start + length, limits: limits)
    start += length
    scanned = start
    return head
  }

  /// Moves what belongs to the body to `decoder`. An unfinished chunk line stays.
  mutating func takeBody(_ decoder: inout BodyDecoder) throws(Refusal) {
    try decoder.take(from: bytes, at: &start)
    scanned = start
    if isEmpty {
      drop()
    } else if !decoder.isDone, start > 0 {
      dropTaken()
    }
  }
}
