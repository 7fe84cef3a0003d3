internal import CHiredis
import Glibc
import Reactor

/// One connection, from connect to its end; it is never made again. Everything sent in one turn of the loop leaves in one write.
/// Confined to its loop, which holds it until it ends. (A weak reference to it would make every other one slow.)
@safe final class RedisConnection {
  private typealias Context = UnsafeMutablePointer<redisAsyncContext>

  let loop: EventLoop
  let address: SocketAddress
  private let inFlightLimit: Int
  private let unsentByteLimit: Int
  private let stall: UInt64
  private let onEnd: (RedisConnection) -> Void
  private var context: Context?
  private var descriptor: Int32 = -1
  private var pipeline = Pipeline<ReplyWaiter>()
  private var words = CommandWords()
  private var lastID: UInt64 = 0
  private var sweepAt = UInt64.max
  private var sweepTimer: EventLoop.TimerID?
  /// A write is due: at the end of this turn, or when the kernel can take more.
  private var writeDue = false
  /// Why it ended, for people.
  private(set) var reason = ""
  /// Scripts known to be loaded, with their SHA-1, and those being loaded.
  var scripts: [RedisScript: String] = [:]
  var loading: [RedisScript: Task<Result<String, RedisFailure>, Never>] = [:]
  /// The WAIT that is under way, and the one that comes next.
  var rounds = ReplicationRounds()

  /// Begins to connect; commands may be sent at once. `onEnd` is called once, unless this throws `unavailable`.
  init(
    to address: SocketAddress, on loop: EventLoop, _ configuration: RedisConfiguration, onEnd: @escaping (RedisConnection) -> Void
  ) throws(RedisFailure) {
    loop.preconditionCurrent()
    self.loop = loop
    self.address = address
    self.onEnd = onEnd
    inFlightLimit = configuration.inFlightLimit
    unsentByteLimit = configuration.unsentByteLimit
    stall = configuration.stallTimeout.nanoseconds
    BrokenPipe.ignore
    let made =
      switch address {
      case .unix(let path): unsafe redisAsyncConnectUnix(path)
      case .internet(_, let port): unsafe redisAsyncConnect(address.host, Int32(port))
      }
    guard let made = unsafe made else { throw .unavailable("out of memory") }
    guard unsafe made.pointee.err == 0 else {
      let reason = unsafe String(cString: made.pointee.errstr)
      unsafe redisAsyncFree(made)
      throw .unavailable("\(address): \(reason)")
    }
    unsafe context = made
    descriptor = unsafe made.pointee.c.fd
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    if case .internet = address { unsafe redisEnableKeepAlive(&made.pointee.c) }
    unsafe attach(made)
    writeDue = true
    loop.watch(descriptor, [.read, .write]) { ready in self.react(to: ready) }
  }

  var isOpen: Bool { unsafe context != nil }

  /// Closes it; commands in flight throw `connectionLost`. No effect on one that has ended.
  func end(_ reason: String) {
    loop.preconditionCurrent()
    guard let context = unsafe context else { return }
    self.reason = reason
    unsafe redisAsyncFree(context)
  }

  /// Takes no more commands, and ends when those in flight are answered.
  func retire() {
    loop.preconditionCurrent()
    guard let context = unsafe context else { return }
    reason = "another server is to be used"
    unsafe redisAsyncDisconnect(context)
  }

  // MARK: - Commands

  /// Sends a command and waits for its reply. An error reply is thrown.
  /// `asking` puts ASKING before it: a node that takes over a slot then serves it.
  func send(_ command: [RedisArgument], asking: Bool = false, within timeout: Duration) async throws(RedisFailure) -> RedisValue {
    loop.preconditionCurrent()
    if asking { begin(["ASKING"], nextID(), timeout, nil) }
    let id = nextID()
    let me = LoopBound(self, on: loop)
    let answer = await withTaskCancellationHandler {
      await unsafe withUnsafeContinuation { begin(command, id, timeout, unsafe ReplyWaiter($0)) }
    } onCancel: {
      me.onLoop { $0.giveUp(id) }
    }
    return try answer.get()
  }

  private func nextID() -> UInt64 {
    lastID &+= 1
    return lastID
  }

  private func begin(_ command: [RedisArgument], _ id: UInt64, _ timeout: Duration, _ waiter: ReplyWaiter?) {
    if let refusal = refusal(of: command) { return waiter?.resume(.failure(refusal)) ?? () }
    guard let context = unsafe context else { return waiter?.resume(.failure(.connectionLost)) ?? () }
    words.lay(command)
    let result = unsafe words.withWords { count, starts, lengths in
      unsafe redisAsyncCommandArgv(context, replied, UnsafeMutableRawPointer(bitPattern: UInt(id)), count, starts, lengths)
    }
    guard result == REDIS_OK else { return waiter?.resume(.failure(.connectionLost)) ?? () }
    let deadline = EventLoop.now &+ timeout.nanoseconds
    pipeline.append(id: id, deadline: deadline, waiter)
    sweep(by: deadline)
  }

  /// What keeps a command from being sent.
  private func refusal(of command: [RedisArgument]) -> RedisFailure? {
    if Task.isCancelled { return .cancelled }
    guard pipeline.count < inFlightLimit, unsentBytes < unsentByteLimit else { return .overloaded }
    guard let first = command.first else { return .server(code: "ERR", message: "a command has at least one word") }
    return first.changesConnection ? .server(code: "ERR", message: "this command is not for a shared connection") : nil
  }

  private func giveUp(_ id: UInt64) {
    if let waiter = pipeline.giveUp(id: id) { waiter.resume(.failure(.cancelled)) }
  }

  /// The reply to the oldest command, null when the connection has died.
  fileprivate func receive(_ reply: UnsafePointer<redisReply>?, id: UInt64) {
    let (expected, waiter) = pipeline.removeFirst()
    precondition(expected == id, "replies out of order")
    guard let waiter else { return }
    guard let reply = unsafe reply else { return waiter.resume(.failure(.connectionLost)) }
    let value = unsafe RedisValue(reply)
    if case .error(let text) = value {
      waiter.resume(.failure(RedisFailure(reply: text)))
    } else {
      waiter.resume(.success(value))
    }
  }

  // MARK: - Time

  /// Time-outs are kept in steps of this many nanoseconds.
  private static let step: UInt64 = 10_000_000

  private func sweep(by time: UInt64) {
    guard time < sweepAt else { return }
    if let sweepTimer { loop.cancel(sweepTimer) }
    sweepAt = time
    let now = EventLoop.now
    let delay = Duration.nanoseconds(Int64(clamping: max(time, now &+ Self.step) - now))
    sweepTimer = loop.after(delay) { self.sweep() }
  }

  /// One timer for all commands, because their time-outs come in the order they were sent.
  private func sweep() {
    sweepTimer = nil
    sweepAt = .max
    let now = EventLoop.now
    for waiter in pipeline.giveUpOverdue(at: now) { waiter.resume(.failure(.timedOut)) }
    guard let oldest = pipeline.oldestDeadline else { return }
    if oldest &+ stall <= now { return end("no reply for too long") }
    sweep(by: min(pipeline.nextDeadline ?? .max, oldest &+ stall))
  }

  // MARK: - hiredis

  private func attach(_ context: Context) {
    unsafe context.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    unsafe context.pointee.ev.data = context.pointee.data
    unsafe context.pointee.ev.addWrite = { data in unsafe connection(data)?.writeAtEndOfTurn() }
    unsafe context.pointee.ev.cleanup = { data in unsafe connection(data)?.ended() }
  }

  private func writeAtEndOfTurn() {
    guard !writeDue else { return }
    writeDue = true
    loop.atEndOfTurn { [self] in write() }
  }

  /// Stays `writeDue` until all is written.
  private func write() {
    guard let open = unsafe context else { return }
    unsafe redisAsyncHandleWrite(open)
    guard unsafe context != nil else { return }
    let isConnected = unsafe open.pointee.c.flags & REDIS_CONNECTED != 0
    writeDue = unsentBytes > 0 || !isConnected
    loop.watch(descriptor, for: writeDue ? [.read, .write] : .read)
  }

  private var unsentBytes: Int { unsafe context.map { unsafe sdslen($0.pointee.c.obuf) } ?? 0 }

  private func react(to ready: EventLoop.Readiness) {
    if ready.contains(.write) { write() }
    if ready.contains(.read), let context = unsafe context { unsafe redisAsyncHandleRead(context) }
  }

  /// hiredis has answered every command and frees its context next.
  private func ended() {
    guard let ending = unsafe context else { return }
    if unsafe reason.isEmpty && ending.pointee.err != 0 { reason = unsafe String(cString: ending.pointee.errstr) }
    unsafe context = nil
    loop.unwatch(descriptor)
    if let sweepTimer { loop.cancel(sweepTimer) }
    onEnd(self)
  }
}

/// Who waits for one reply; whoever holds it resumes it exactly once.
@safe private struct ReplyWaiter {
  private let continuation: UnsafeContinuation<Result<RedisValue, RedisFailure>, Never>
  init(_ continuation: UnsafeContinuation<Result<RedisValue, RedisFailure>, Never>) { unsafe self.continuation = continuation }
  func resume(_ result: Result<RedisValue, RedisFailure>) { unsafe continuation.resume(returning: result) }
}

/// The connection behind a hiredis context; nil once it is gone.
private func connection(_ data: UnsafeMutableRawPointer?) -> RedisConnection? {
  unsafe data.map { unsafe Unmanaged<RedisConnection>.fromOpaque($0).takeUnretainedValue() }
}

private func replied(
  _ context: UnsafeMutablePointer<redisAsyncContext>?, _ reply: UnsafeMutableRawPointer?, _ id: UnsafeMutableRawPointer?
) {
  guard let context = unsafe context, let connection = unsafe connection(context.pointee.data) else { return }
  unsafe connection.receive(reply?.assumingMemoryBound(to: redisReply.self), id: UInt64(UInt(bitPattern: id)))
}

/// hiredis writes with write(2): a dead peer would raise SIGPIPE on a loop that runs on a thread with signals open.
private enum BrokenPipe {
  static let ignore: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}

extension Duration {
  /// Whole nanoseconds, from 0 to what fits in 62 bits.
  fileprivate var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return seconds > 4_000_000_000 ? 1 << 62 : UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
  }
}

extension RedisArgument {
  /// Whether it begins a command after which a connection no longer answers one reply to each command in RESP2.
  fileprivate var changesConnection: Bool {
    guard case .string(let name) = self, let first = name.utf8.first, "hmpsuHMPSU".utf8.contains(first) else { return false }
    guard name.utf8.count >= 5 else { return false }
    return ["HELLO", "MONITOR", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"].contains(name.uppercased())
  }
}
