internal import CLinux
import Glibc
import Synchronization

/// The loops of a process, each on a thread of its own.
public final class LoopGroup: Sendable {
  public let loops: [EventLoop]
  private let threads = Mutex<[pthread_t]>([])

  /// `count` is 1 or more; the number of cores by default.
  public init(count: Int = LoopGroup.cores) {
    precondition(count >= 1, "a group has at least one loop")
    loops = (0..<count).map { EventLoop(index: $0) }
  }

  public static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Starts the threads. Signals are left to the other threads of the process.
  public func start() {
    threads.withLock { threads in
      precondition(threads.isEmpty, "a group starts once")
      threads = loops.map { loop in startThread(named: "loop-\(loop.index)") { loop.run() } }
    }
  }

  /// Stops every loop and waits for its thread. Not from one of them.
  public func stop() {
    precondition(!loops.contains { $0.isCurrent }, "a loop cannot wait for itself")
    for loop in loops { loop.stop() }
    let joining = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in joining { pthread_join(thread, nil) }
  }

  /// Runs `body` once on every loop and waits for all.
  public func onEach(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for loop in loops { group.addTask(executorPreference: loop) { try await body(loop) } }
      try await group.waitForAll()
    }
  }
}

/// A thread with all signals blocked. `body` is its whole life.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t {
  final class Box {
    let name: String
    let body: @Sendable () -> Void
    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
  var thread = pthread_t()
  var every = sigset_t()
  var before = sigset_t()
  unsafe sigfillset(&every)
  unsafe pthread_sigmask(SIG_SETMASK, &every, &before)
  let box = unsafe Unmanaged.passRetained(Box(name, body)).toOpaque()
  let failure = unsafe pthread_create(
    &thread, nil,
    { pointer in
      guard let pointer = unsafe pointer else { return nil }
      let box = unsafe Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue()
      unsafe clinux_name_thread(box.name)
      box.body()
      return nil
    }, box)
  unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  precondition(failure == 0, "no thread could be started (errno \(failure))")
  return thread
}
