import Reactor

/// One loop's way to Redis: its pipelined connection, made again when lost or when another server is to be used, and its
/// connections for blocking commands.
/// Confined to its loop.
final class RedisLink {
  private enum State {
    /// The first attempt: commands wait for it.
    case connecting
    case up(RedisConnection)
    /// Attempts go on in the background.
    case away(reason: String)
    case closed
  }

  private let configuration: RedisConfiguration
  private let locator: RedisLocator
  private let loop: EventLoop
  private var home = SlotHome()
  /// The one that answered last comes first.
  private var sentinels: [RedisServer.Place]
  /// To the node that takes over the slot, while it does.
  private var guest: (place: RedisServer.Place, connection: RedisConnection)?
  private var state = State.connecting
  private var backoff: Backoff
  /// Ends the wait for the first attempt, or begins the next one.
  private var timer: EventLoop.TimerID?
  /// Every connection that has not ended, those being opened included.
  private var connections: [RedisConnection] = []
  private var spare: [RedisConnection] = []
  private var blockingCount = 0
  /// In the order they came.
  private var waiting: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
  private var lastWaiting: UInt64 = 0

  /// Begins to connect.
  init(_ configuration: RedisConfiguration, on loop: EventLoop, workers: WorkerPool) {
    self.configuration = configuration
    self.loop = loop
    locator = RedisLocator(workers: workers)
    sentinels = configuration.server.places
    backoff = Backoff(first: configuration.firstReconnectDelay, longest: configuration.longestReconnectDelay)
    timer = loop.after(configuration.commandTimeout) { self.stopWaiting() }
    loop.start { await self.connect() }
  }

  var isUp: Bool { if case .up = state { true } else { false } }

  /// The connection to use now. Throws `unavailable`, `cancelled`.
  func connection() async throws(RedisFailure) -> RedisConnection {
    while case .connecting = state {
      if Task.isCancelled { throw .cancelled }
      await firstAttempt()
    }
    switch state {
    case .up(let connection): return connection
    case .away(let reason): throw .unavailable(reason)
    case .connecting, .closed: throw .unavailable("the client is closed")
    }
  }

  /// Sends `command` on a connection of its own, which is closed when the command is given up.
  func blocking(_ command: [RedisArgument], within timeout: Duration) async throws(RedisFailure) -> RedisValue {
    _ = try await connection()
    guard blockingCount < configuration.blockingLimit else { throw .overloaded }
    blockingCount += 1
    defer { blockingCount -= 1 }
    let own = if let kept = spare.popLast() { kept } else { try await open() }
    do {
      return try await send(command, on: own, within: timeout)
    } catch {
      return try await follow(error, by: own) { _, asking throws(RedisFailure) in
        if asking { throw Self.beingMoved }
        return try await send(command, on: try await open(), within: timeout)
      }
    }
  }

  /// Keeps `own` for the next command unless this one is given up or refused by this server.
  private func send(
    _ command: [RedisArgument], on own: RedisConnection, within timeout: Duration
  ) async throws(RedisFailure) -> RedisValue {
    do throws(RedisFailure) {
      let value = try await own.send(command, within: timeout)
      keep(own)
      return value
    } catch {
      if case .server = error, Redirection(error, from: own.address.host) == nil {
        keep(own)
      } else {
        own.end("a blocking command was given up")
      }
      throw error
    }
  }

  private func keep(_ connection: RedisConnection) { if connection.isOpen { spare.append(connection) } }

  /// Closes every connection; commands in flight throw `connectionLost`, later ones `unavailable`.
  func close() {
    become(.closed)
    for connection in connections { connection.end("the client is closed") }
  }

  // MARK: - Another server

  /// How often one command is sent on to another node.
  private static let redirectionLimit = 5

  /// Thrown for what cannot be asked of two nodes: it needs keys of which some have moved and some have not.
  static let beingMoved = RedisFailure.unavailable("the keys are being moved to another node of the Redis Cluster")

  /// What to do about a command that `connection` refused with `failure`: goes where the refusal points and calls `body` with
  /// the connection to repeat it on, and whether ASKING is to come before it. Any other failure is thrown again.
  func follow<Value>(
    _ failure: RedisFailure, by connection: RedisConnection, _ body: (RedisConnection, Bool) async throws(RedisFailure) -> Value
  ) async throws(RedisFailure) -> Value {
    var failure = failure
    var connection = connection
    for _ in 0..<Self.redirectionLimit {
      var asking = false
      switch Redirection(failure, from: connection.address.host) {
      case .moved(let place):
        if connection === guest?.connection { leaveGuest() } else { move(to: place, from: connection) }
        connection = try await self.connection()
      case .ask(let place):
        connection = try await visit(place)
        asking = true
      case nil:
        if case .unavailable(let text) = failure, text.hasPrefix("READONLY") { leave(connection) }
        throw failure
      }
      do throws(RedisFailure) { return try await body(connection, asking) } catch { failure = error }
    }
    throw .unavailable("sent on from node to node: \(failure)")
  }

  /// Unless the connection in use is to another server than `old`, which then spoke of a past.
  private func move(to place: RedisServer.Place, from old: RedisConnection) {
    guard case .up(let current) = state, current.address == old.address else { return }
    home.move(to: place)
    current.retire()
    leaveOthers()
    become(.connecting)
    timer = loop.after(configuration.commandTimeout) { self.stopWaiting() }
    loop.start { await self.connect() }
  }

  /// Asks the sentinels anew when what they named is no primary any more; without sentinels there is nowhere else to go.
  private func leave(_ old: RedisConnection) {
    guard configuration.server.sentinels != nil, case .up(let current) = state, current.address == old.address else { return }
    retry(after: .unavailable("\(current.address): it is a replica now"))
    current.retire()
    leaveOthers()
  }

  private func leaveOthers() {
    leaveGuest()
    let left = spare
    spare = []
    for connection in left { connection.end("another server is to be used") }
  }

  private func visit(_ place: RedisServer.Place) async throws(RedisFailure) -> RedisConnection {
    if let guest, guest.place == place, guest.connection.isOpen { return guest.connection }
    leaveGuest()
    let connection = try await open(at: place)
    if let guest, guest.place == place, guest.connection.isOpen {
      connection.end("another visit was faster")
      return guest.connection
    }
    leaveGuest()
    guest = (place, connection)
    return connection
  }

  private func leaveGuest() {
    let left = guest
    guest = nil
    left?.connection.retire()
  }

  // MARK: - Connecting

  private func connect() async {
    do throws(RedisFailure) {
      let connection = try await open()
      guard connection.isOpen else { throw RedisFailure.connectionLost }
      backoff.reset()
      become(.up(connection))
    } catch {
      retry(after: error)
    }
  }

  private func retry(after failure: RedisFailure) {
    if case .closed = state { return }
    let reason = if case .unavailable(let reason) = failure { reason } else { "\(configuration.address): \(failure)" }
    become(.away(reason: reason))
    timer = loop.after(backoff.next()) {
      guard case .away = self.state else { return }
      self.loop.start { await self.connect() }
    }
  }

  /// A connection to the server to use, which has answered. Throws `unavailable`.
  private func open() async throws(RedisFailure) -> RedisConnection {
    if let group = configuration.server.sentinels { return try await openPrimary(of: group) }
    var failure = RedisFailure.unavailable("\(configuration.address) has no address")
    for place in home.candidates(configuration.server.places) {
      do { return try await open(at: place) } catch { failure = error }
    }
    throw failure
  }

  /// Asks the sentinels in turn, until what one of them names proves to be a primary.
  private func openPrimary(of group: RedisServer.Sentinels) async throws(RedisFailure) -> RedisConnection {
    var failure = RedisFailure.unavailable("\(configuration.address) has no address")
    var tried: [RedisServer.Place] = []
    for sentinel in sentinels {
      do {
        let place = try await primary(of: group, askedOf: sentinel)
        guard !tried.contains(place) else { continue }
        tried.append(place)
        let connection = try await open(at: place)
        sentinels = [sentinel] + sentinels.filter { $0 != sentinel }
        return connection
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// `SENTINEL get-master-addr-by-name`
  private func primary(
    of group: RedisServer.Sentinels, askedOf sentinel: RedisServer.Place
  ) async throws(RedisFailure) -> RedisServer.Place {
    let timeout = configuration.sentinelTimeout
    let greeting = RedisGreeting(user: group.user, password: group.password, timeout: timeout)
    let connection = try await open(at: sentinel, greeting)
    defer { connection.end("the sentinel was asked") }
    do throws(RedisFailure) {
      let reply = try await connection.send(["SENTINEL", "get-master-addr-by-name", .string(group.primary)], within: timeout)
      if let host = reply.array?.first?.string, let port = reply.array?.last?.int.flatMap({ UInt16(exactly: $0) }) {
        return .host(host, port: port)
      }
    } catch {
      throw .unavailable("the sentinel at \(sentinel): \(error)")
    }
    throw .unavailable("the sentinel at \(sentinel) knows no primary \(group.primary)")
  }

  private func open(at place: RedisServer.Place) async throws(RedisFailure) -> RedisConnection {
    let server = configuration.server
    let greeting = RedisGreeting(
      user: server.user, password: server.password, database: server.database, isForPrimary: server.sentinels != nil,
      timeout: configuration.connectTimeout)
    return try await open(at: place, greeting)
  }

  private func open(at place: RedisServer.Place, _ greeting: RedisGreeting) async throws(RedisFailure) -> RedisConnection {
    var failure = RedisFailure.unavailable("\(place) has no address")
    for address in try await locator.addresses(of: place) {
      if case .closed = state { throw .unavailable("the client is closed") }
      do {
        let connection = try RedisConnection(to: address, on: loop, configuration) { self.lost($0) }
        connections.append(connection)
        try await greeting.send(on: connection)
        return connection
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private func lost(_ connection: RedisConnection) {
    connections.removeAll { $0 === connection }
    spare.removeAll { $0 === connection }
    if guest?.connection === connection { guest = nil }
    guard case .up(let current) = state, current === connection else { return }
    retry(after: .unavailable("\(connection.address): \(connection.reason)"))
  }

  private func become(_ new: State) {
    state = new
    if let timer { loop.cancel(timer) }
    let resumed = waiting
    waiting = []
    for each in resumed { each.continuation.resume() }
  }

  // MARK: - Waiting for the first attempt

  private func firstAttempt() async {
    lastWaiting += 1
    let id = lastWaiting
    let me = LoopBound(self, on: loop)
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { continuation.resume() } else { waiting.append((id, continuation)) }
      }
    } onCancel: {
      me.onLoop { $0.stopWaiting(id) }
    }
  }

  private func stopWaiting(_ id: UInt64) {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
    waiting.remove(at: index).continuation.resume()
  }

  private func stopWaiting() {
    if case .connecting = state { become(.away(reason: "\(configuration.address) takes long to connect")) }
  }
}
