internal import CLinux
import Glibc
import Synchronization

/// Writes lines to a descriptor such as standard output without ever blocking a loop: what one turn produces leaves in one write,
/// what a full pipe does not take waits, and beyond a bound whole lines are dropped and counted.
public final class LineWriter: Sendable {
  private struct State {
    var waiting: [UInt8] = []
    var isFlushScheduled = false
    var dropped = 0
  }
  private let state = Mutex(State())
  private let descriptor: Int32
  private let limit: Int
  /// A file always takes what it is given.
  private let isFile: Bool
  /// A pipe takes at least this much when it is ready at all (POSIX PIPE_BUF).
  private static let portion = 4096

  /// `limit` is in bytes.
  public init(descriptor: Int32 = 1, limit: Int = 1 << 20) {
    self.descriptor = descriptor
    self.limit = limit
    var status = stat()
    unsafe fstat(descriptor, &status)
    isFile = status.st_mode & S_IFMT == S_IFREG
  }

  /// Lines given up so far because nobody read.
  public var dropped: Int { state.withLock { $0.dropped } }

  /// `append` adds one line with its line feed. From any thread.
  public func write(_ append: (inout [UInt8]) -> Void) {
    let loop = EventLoop.currentIfAny
    let schedules = state.withLock { state in
      if state.waiting.count >= limit { state.dropped += 1 } else { append(&state.waiting) }
      defer { if loop != nil { state.isFlushScheduled = true } }
      return !state.isFlushScheduled
    }
    guard let loop else { return flush() }
    if schedules { loop.atEndOfTurn { self.flush() } }
  }

  /// Writes what the descriptor takes now.
  public func flush() {
    state.withLock { state in
      state.isFlushScheduled = false
      var start = 0
      while start < state.waiting.count, isReady {
        let rest = state.waiting.count - start
        let count = isFile ? rest : min(Self.portion, rest)
        let written = unsafe state.waiting.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress! + start, count) }
        if written <= 0 { break }
        start += written
      }
      start == state.waiting.count ? state.waiting.removeAll(keepingCapacity: true) : state.waiting.removeFirst(start)
    }
  }

  private var isReady: Bool {
    if isFile { return true }
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe Glibc.poll(&poll, 1, 0) == 1
  }
}
