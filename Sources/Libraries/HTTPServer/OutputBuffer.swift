import Reactor

/// The bytes that wait to be sent to one client.
struct OutputBuffer {
  private(set) var bytes: [UInt8] = []
  private var sent = 0

  enum Progress {
    case finished
    /// The client took some, or nothing, and must be waited for.
    case waiting(tookSome: Bool)
    case failed
  }

  var isEmpty: Bool { bytes.isEmpty }
  var unsent: Int { bytes.count - sent }

  mutating func append(_ write: (inout [UInt8]) -> Void) { write(&bytes) }

  /// Sends what the kernel takes now.
  mutating func send(to socket: Socket) -> Progress {
    let before = sent
    while sent < bytes.count {
      switch socket.write(bytes, from: sent) {
      case .bytes(let count): sent += count
      case .wouldBlock, .end:
        let tookSome = sent > before
        dropSent()
        return .waiting(tookSome: tookSome)
      case .failed: return .failed
      }
    }
    bytes.removeAll(keepingCapacity: bytes.capacity <= 2048)
    sent = 0
    return .finished
  }

  /// A stream whose client always lags behind must not keep all that was ever sent.
  private mutating func dropSent() {
    guard sent > 64 * 1024, sent > bytes.count / 2 else { return }
    bytes.removeFirst(sent)
    sent = 0
  }
}
