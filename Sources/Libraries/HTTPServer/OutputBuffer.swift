import Reactor

/// The bytes that wait to be sent to one client.
struct OutputBuffer {
  private(set) var bytes: [UInt8] = []
  /// Comes after `bytes` and is sent from where it is: a large body is not copied.
  private var body: [UInt8] = []
  /// Of both.
  private var sent = 0

  /// In bytes: the least body that is not copied. Below, one more vector costs more than the copy.
  private static let leastOwnBody = 4096

  enum Progress {
    case finished
    /// The client took some, or nothing, and must be waited for.
    case waiting(tookSome: Bool)
    case failed
  }

  var isEmpty: Bool { bytes.isEmpty }
  var unsent: Int { bytes.count + body.count - sent }

  mutating func append(_ write: (inout [UInt8]) -> Void) {
    joinBody()
    write(&bytes)
  }

  /// After a head.
  mutating func append(body new: [UInt8]) {
    joinBody()
    if new.count >= Self.leastOwnBody { body = new } else { bytes.append(contentsOf: new) }
  }

  private mutating func joinBody() {
    guard !body.isEmpty else { return }
    bytes.append(contentsOf: body)
    body = []
  }

  /// Sends what the kernel takes now.
  mutating func send(to socket: Socket) -> Progress {
    let before = sent
    while unsent > 0 {
      switch socket.write(bytes, body, from: sent) {
      case .bytes(let count): sent += count
      case .wouldBlock, .end:
        let tookSome = sent > before
        dropSent()
        return .waiting(tookSome: tookSome)
      case .failed: return .failed
      }
    }
    bytes.removeAll(keepingCapacity: bytes.capacity <= 2048)
    body = []
    sent = 0
    return .finished
  }

  /// A stream whose client always lags behind must not keep all that was ever sent.
  private mutating func dropSent() {
    guard sent > 64 * 1024, sent > unsent else { return }
    joinBody()
    bytes.removeFirst(sent)
    sent = 0
  }
}
