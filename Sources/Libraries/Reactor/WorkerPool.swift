import Glibc
import Synchronization

/// A few threads for calls that block (password hashing, name resolution, files), so that no loop ever does.
public final class WorkerPool: Sendable {
  /// The queue is full: say so to the caller rather than let work pile up.
  public struct Full: Error {
    public init() {}
  }

  private struct State {
    var queue: [@Sendable () -> Void] = []
    var stopping = false
  }
  private let state = Mutex(State())
  private let semaphore = Semaphore()
  private let queueLimit: Int
  private let threads = Mutex<[pthread_t]>([])

  /// `threads` run at once; `queueLimit` calls may wait for one.
  public init(threads count: Int = 2, queueLimit: Int = 256, name: String = "worker") {
    self.queueLimit = queueLimit
    threads.withLock { threads in
      threads = (0..<count).map { number in startThread(named: "\(name)-\(number)") { [self] in work() } }
    }
  }

  /// Runs `body` on a worker and comes back to the caller's executor with its result.
  /// Throws `Full`, or what `body` throws. A cancelled caller still waits: a blocking call cannot be taken back.
  public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let accepted = state.withLock { state in
        guard !state.stopping, state.queue.count < queueLimit else { return false }
        state.queue.append { continuation.resume(with: Result { try body() }) }
        return true
      }
      if accepted { semaphore.signal() } else { continuation.resume(throwing: Full()) }
    }
  }

  /// Finishes what is queued and waits for the threads. Not from a worker.
  public func stop() {
    state.withLock { $0.stopping = true }
    let joining = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for _ in joining { semaphore.signal() }
    for thread in joining { pthread_join(thread, nil) }
  }

  private func work() {
    while true {
      semaphore.wait()
      let (next, stopping) = state.withLock { state in
        (state.queue.isEmpty ? nil : state.queue.removeFirst(), state.stopping)
      }
      if let next { next() } else if stopping { return }
    }
  }
}

/// `@unchecked Sendable`: a `sem_t` is made for many threads; its address never changes.
@safe private final class Semaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  init() { unsafe sem_init(semaphore, 0, 0) }
  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }
  func signal() { unsafe sem_post(semaphore) }
  func wait() { while unsafe sem_wait(semaphore) != 0 {} }
}
