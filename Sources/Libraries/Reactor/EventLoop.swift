internal import CLinux
import Glibc
import Synchronization

/// One epoll loop on one thread. Tasks started here, file-descriptor watches and timers all run on that thread,
/// so what they share needs no lock.
///
/// A turn: run queued jobs until none is left, fire due timers, run what was deferred to the end of the turn,
/// then wait for the kernel.
/// `@unchecked Sendable`: `enqueue`, `submit`, `stop` and `index` may be used from any thread; all else traps elsewhere.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
  /// Numbers the loops of a group from 0.
  public let index: Int
  private let epoll: Int32
  private let wakeUp: Int32
  private let thread = Atomic<UInt>(0)
  private let remote = Mutex(Remote())
  private var jobs: [UnownedJob] = []
  private var running: [UnownedJob] = []
  private var deferred: [() -> Void] = []
  private var deferring: [() -> Void] = []
  /// By descriptor.
  private var watches: [Watch?] = []
  private var batch: UInt64 = 0
  private var timers = Timers()
  private var sleepers: [ObjectIdentifier: Sleeper] = [:]
  private var stopping = false

  /// What other threads hand over, and whether the loop has been told.
  private struct Remote {
    var jobs: [UnownedJob] = []
    var work: [@Sendable () -> Void] = []
    var woken = false
  }

  /// Traps when the process is out of file descriptors.
  public init(index: Int = 0) {
    self.index = index
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeUp = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    precondition(epoll >= 0 && wakeUp >= 0, "no file descriptor left for an event loop (errno \(clinux_errno()))")
    control(EPOLL_CTL_ADD, wakeUp, .read)
  }

  deinit {
    _ = close(wakeUp)
    _ = close(epoll)
  }

  // MARK: - Where am I

  /// The loop whose thread this is, or nil elsewhere.
  public static var currentIfAny: EventLoop? {
    guard let loop = unsafe clinux_current_loop() else { return nil }
    return unsafe Unmanaged<EventLoop>.fromOpaque(loop).takeUnretainedValue()
  }

  /// The loop whose thread this is; traps on other threads.
  public static var current: EventLoop {
    guard let loop = currentIfAny else { preconditionFailure("not on an event loop") }
    return loop
  }

  public var isCurrent: Bool { UInt(pthread_self()) == thread.load(ordering: .relaxed) }

  public func preconditionCurrent(file: StaticString = #fileID, line: UInt = #line) {
    precondition(isCurrent, "not on the thread of loop \(index)", file: file, line: line)
  }

  // MARK: - Work

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent { jobs.append(job) } else { handOver { $0.jobs.append(job) } }
  }

  /// Runs `work` on the loop, soon. From any thread; dropped once the loop has ended.
  public func submit(_ work: @escaping @Sendable () -> Void) { handOver { $0.work.append(work) } }

  /// Starts `body` here and now; it stays on this loop, children included, so it may use what is confined to it.
  @discardableResult
  public func start<Value>(_ body: @escaping () async -> sending Value) -> Task<Value, Never> {
    preconditionCurrent()
    nonisolated(unsafe) let body = body
    return Task.immediate(executorPreference: self) { unsafe await body() }
  }

  /// The same for what has no result, which costs less.
  @discardableResult
  public func start(_ body: @escaping () async -> Void) -> Task<Void, Never> {
    preconditionCurrent()
    nonisolated(unsafe) let body = body
    return Task.immediate(executorPreference: self) { unsafe await body() }
  }

  /// Runs `body` on this loop, children included, and comes back with its result. From anywhere.
  public func perform<Value, Failure: Error>(_ body: () async throws(Failure) -> Value) async throws(Failure) -> Value {
    try await withTaskExecutorPreference(self) { () async throws(Failure) -> Value in
      // Without a statement that needs the right thread, the compiler (6.3) drops the hop to it.
      preconditionCurrent()
      return try await body()
    }
  }

  /// Runs `work` when everything now runnable has run, before the loop waits: the place to flush buffers once.
  public func atEndOfTurn(_ work: @escaping () -> Void) {
    preconditionCurrent()
    deferred.append(work)
  }

  private func handOver(_ change: (inout sending Remote) -> Void) {
    let first = remote.withLock { remote in
      change(&remote)
      defer { remote.woken = true }
      return !remote.woken
    }
    if first { eventfd_write(wakeUp, 1) }
  }

  // MARK: - Timers

  public struct TimerID: Hashable, Sendable { fileprivate let number: UInt64 }

  /// Calls `action` once, `delay` from now (0 or more).
  @discardableResult
  public func after(_ delay: Duration, _ action: @escaping () -> Void) -> TimerID {
    preconditionCurrent()
    return TimerID(number: timers.add(at: Self.now &+ delay.clampedNanoseconds, action))
  }

  /// No effect when the timer has fired or was cancelled.
  public func cancel(_ timer: TimerID) {
    preconditionCurrent()
    timers.cancel(timer.number)
  }

  /// Nanoseconds of the monotonic clock.
  public static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  // MARK: - File descriptors

  /// Calls `handler` whenever `descriptor` is ready for one of `interest`, or has failed (then with all of
  /// `.read`, `.write` and `.hungUp`).
  /// One watch a descriptor; take it away with `unwatch` before closing.
  public func watch(_ descriptor: Int32, _ interest: Readiness, _ handler: @escaping (Readiness) -> Void) {
    preconditionCurrent()
    precondition(watched(descriptor) == nil, "descriptor \(descriptor) is watched already")
    let missing = Int(descriptor) + 1 - watches.count
    if missing > 0 { watches.append(contentsOf: repeatElement(nil, count: max(missing, watches.count))) }
    watches[Int(descriptor)] = Watch(interest: interest, since: batch, handler: handler)
    control(EPOLL_CTL_ADD, descriptor, interest)
  }

  /// Changes what a watched descriptor waits for; an empty interest keeps the watch for errors alone.
  public func watch(_ descriptor: Int32, for interest: Readiness) {
    preconditionCurrent()
    guard let watch = watched(descriptor), watch.interest != interest else { return }
    watch.interest = interest
    control(EPOLL_CTL_MOD, descriptor, interest)
  }

  /// No effect on a descriptor that is not watched.
  public func unwatch(_ descriptor: Int32) {
    preconditionCurrent()
    guard watched(descriptor) != nil else { return }
    watches[Int(descriptor)] = nil
    control(EPOLL_CTL_DEL, descriptor, [])
  }

  private func watched(_ descriptor: Int32) -> Watch? {
    watches.indices.contains(Int(descriptor)) ? watches[Int(descriptor)] : nil
  }

  public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let read = Readiness(rawValue: EPOLLIN.rawValue)
    public static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has shut down its writing side (a half-close).
    public static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are closed, or the connection has failed. Reported whatever the interest.
    public static let hungUp = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
  }

  private final class Watch {
    var interest: Readiness
    /// The batch of events during which it was made: those events are of an earlier owner of the descriptor.
    let since: UInt64
    let handler: (Readiness) -> Void
    init(interest: Readiness, since: UInt64, handler: @escaping (Readiness) -> Void) {
      self.interest = interest
      self.since = since
      self.handler = handler
    }
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Readiness) {
    let result = clinux_epoll_control(epoll, operation, descriptor, interest.rawValue)
    precondition(result == 0 || operation == EPOLL_CTL_DEL, "epoll_ctl(\(operation), \(descriptor)): errno \(clinux_errno())")
  }

  // MARK: - The loop

  /// Runs on the calling thread until `stop`.
  public func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    unsafe clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
    var events = [clinux_ready](repeating: clinux_ready(), count: 256)
    while !stopping {
      runJobs()
      fireTimers()
      runJobs()
      runDeferred()
      let count = unsafe clinux_epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds)
      batch &+= 1
      for index in 0..<max(0, Int(count)) { deliver(events[index]) }
    }
    finish()
  }

  /// Ends `run` after the current turn. From any thread.
  public func stop() { submit { self.stopping = true } }

  private func deliver(_ event: clinux_ready) {
    let descriptor = event.descriptor
    if descriptor == wakeUp {
      var count: eventfd_t = 0
      unsafe eventfd_read(wakeUp, &count)
      return
    }
    guard let watch = watched(descriptor), watch.since != batch else { return }
    var ready = Readiness(rawValue: event.events)
    if !ready.isDisjoint(with: .hungUp) { ready.formUnion([.read, .write, .hungUp]) }
    watch.handler(ready)
  }

  /// Until none is left, but not forever: tasks that keep each other busy must not keep the kernel's events waiting.
  private func runJobs() {
    for _ in 0..<64 {
      if jobs.isEmpty {
        takeRemote()
        if jobs.isEmpty { return }
      }
      swap(&jobs, &running)
      for job in running { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
      running.removeAll(keepingCapacity: true)
    }
  }

  private func takeRemote() {
    let taken = remote.withLock { remote -> Remote? in
      guard remote.woken else { return nil }
      defer { remote = Remote() }
      return remote
    }
    guard let taken else { return }
    jobs.append(contentsOf: taken.jobs)
    for work in taken.work { work() }
  }

  private func fireTimers() {
    guard timers.next != nil else { return }
    let now = Self.now
    while let action = timers.takeDue(at: now) { action() }
  }

  private func runDeferred() {
    guard !deferred.isEmpty else { return }
    swap(&deferred, &deferring)
    for work in deferring { work() }
    deferring.removeAll(keepingCapacity: true)
  }

  /// 0 while something is left to do, -1 when only the kernel can wake us.
  private var waitMilliseconds: Int32 {
    if !jobs.isEmpty || !deferred.isEmpty || stopping { return 0 }
    guard let next = timers.next else { return -1 }
    let now = Self.now
    return next <= now ? 0 : Int32(clamping: (next - now + 999_999) / 1_000_000)
  }

  /// What was started must not be left hanging: who sleeps is woken with `CancellationError`, and the last jobs run.
  private func finish() {
    for sleeper in sleepers.values { sleeper.finish(.failure(CancellationError())) }
    runJobs()
    runDeferred()
    runJobs()
    clinux_set_current_loop(nil)
    thread.store(0, ordering: .relaxed)
  }

  // MARK: - Sleepers

  func add(_ sleeper: Sleeper) { sleepers[ObjectIdentifier(sleeper)] = sleeper }
  func remove(_ sleeper: Sleeper) { sleepers[ObjectIdentifier(sleeper)] = nil }
}

extension Duration {
  /// Whole nanoseconds, from 0 to what fits in 63 bits.
  var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return seconds > 9_000_000_000 ? UInt64(Int64.max) : UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
  }
}
