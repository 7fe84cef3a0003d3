import Reactor

/// One loop's part of a server: its listening sockets and its connections.
final class LoopServer {
  let loop: EventLoop
  let routes: RouteTable
  let limits: Limits
  let times: LimitTimes
  let onError: @Sendable (any Error, Request) -> Response
  let onRefusal: @Sendable (Refusal, SocketAddress) -> Response
  /// Where every connection of the loop reads, before it keeps what it needs.
  var scratch = [UInt8](repeating: 0, count: 64 * 1024)
  var date = DateField()
  private(set) var isStopping = false
  private let maxConnections: Int
  private var listeners: [Socket] = []
  private var connections: [Int32: Connection] = [:]
  var counts = Server.Statistics()
  private var unflushed: [Connection] = []
  private var flushing: [Connection] = []
  private var isAccepting = true
  private var sweep: EventLoop.TimerID?
  private var whenEmpty: [() -> Void] = []

  init(_ loop: EventLoop, _ configuration: Server.Configuration, router: Router, loops: Int) {
    self.loop = loop
    routes = router.table
    limits = configuration.limits
    times = LimitTimes(configuration.limits)
    onError = configuration.onError
    onRefusal = configuration.onRefusal
    maxConnections = max(1, configuration.limits.connections / loops)
  }

  // MARK: - Accepting

  /// `spread` gives accepted sockets to the loops in turn: for Unix sockets, which the kernel does not spread.
  func listen(on listener: Socket, spread: ((Socket, SocketAddress) -> Void)? = nil) {
    guard !isStopping else { return listener.close() }
    listeners.append(listener)
    let handOver = spread ?? { [self] socket, peer in take(socket, from: peer) }
    loop.watch(listener.descriptor, isAccepting ? .read : []) { [self] _ in accept(from: listener, handOver) }
  }

  /// Begins to serve an accepted socket.
  func take(_ socket: Socket, from peer: SocketAddress) {
    guard !isStopping else { return socket.close() }
    counts.accepted += 1
    connections[socket.descriptor] = Connection(socket, peer: peer, server: self)
    startSweeping()
  }

  private func accept(from listener: Socket, _ handOver: (Socket, SocketAddress) -> Void) {
    for _ in 0..<64 {
      guard connections.count < maxConnections else { return pauseAccepting() }
      switch listener.accept() {
      case .accepted(let socket, let peer): handOver(socket, peer)
      case .wouldBlock: return
      case .exhausted:
        pauseAccepting()
        loop.after(.milliseconds(100)) { [self] in resumeAccepting() }
        return
      }
    }
  }

  private func pauseAccepting() {
    isAccepting = false
    for listener in listeners { loop.watch(listener.descriptor, for: []) }
  }

  private func resumeAccepting() {
    guard !isAccepting, !isStopping else { return }
    isAccepting = true
    for listener in listeners { loop.watch(listener.descriptor, for: .read) }
  }

  func remove(_ connection: Connection) {
    connections[connection.descriptor] = nil
    if connections.count < maxConnections { resumeAccepting() }
    if connections.isEmpty, !whenEmpty.isEmpty {
      let waiting = whenEmpty
      whenEmpty = []
      for each in waiting { each() }
    }
  }

  // MARK: - Once a turn, and now and then

  func flushAtEndOfTurn(_ connection: Connection) {
    if unflushed.isEmpty { loop.atEndOfTurn { [self] in flush() } }
    unflushed.append(connection)
  }

  private func flush() {
    swap(&unflushed, &flushing)
    for connection in flushing { connection.flush() }
    flushing.removeAll(keepingCapacity: true)
  }

  private func startSweeping() {
    guard sweep == nil else { return }
    sweep = loop.after(limits.sweepInterval) { [self] in
      sweep = nil
      let now = EventLoop.now
      for connection in Array(connections.values) { connection.checkDeadlines(at: now) }
      if !connections.isEmpty { startSweeping() }
    }
  }

  // MARK: - Stopping

  /// Accepts no more, lets what runs finish for `grace`, then closes all.
  func stop(grace: Duration) async {
    isStopping = true
    for listener in listeners {
      loop.unwatch(listener.descriptor)
      listener.close()
    }
    listeners = []
    for connection in Array(connections.values) { connection.prepareToStop() }
    if !connections.isEmpty { await untilEmpty(atMost: grace) }
    for connection in Array(connections.values) { connection.close() }
    if let sweep { loop.cancel(sweep) }
  }

  private func untilEmpty(atMost grace: Duration) async {
    await withCheckedContinuation { continuation in
      var waiting: CheckedContinuation<Void, Never>? = continuation
      let finish = {
        waiting?.resume()
        waiting = nil
      }
      let timer = loop.after(grace, finish)
      whenEmpty.append { [loop] in
        loop.cancel(timer)
        finish()
      }
    }
  }

  var statistics: Server.Statistics {
    var statistics = counts
    statistics.open = connections.count
    return statistics
  }
}
