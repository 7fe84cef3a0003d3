import Reactor

/// One loop's way to Redis: its pipelined connection, made again when lost, and its connections for blocking commands.
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
    locator = RedisLocator(place: configuration.server.place, workers: workers)
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
      let value = try await own.send(command, within: timeout)
      keep(own)
      return value
    } catch {
      if case .server = error { keep(own) } else { own.end("a blocking command was given up") }
      throw error
    }
  }

  private func keep(_ connection: RedisConnection) { if connection.isOpen { spare.append(connection) } }

  /// Closes every connection; commands in flight throw `connectionLost`, later ones `unavailable`.
  func close() {
    become(.closed)
    for connection in connections { connection.end("the client is closed") }
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

  /// A connection that has answered. Throws `unavailable`.
  private func open() async throws(RedisFailure) -> RedisConnection {
    var failure = RedisFailure.unavailable("\(configuration.address) has no address")
    for address in try await locator.addresses() {
      if case .closed = state { throw .unavailable("the client is closed") }
      do {
        let connection = try RedisConnection(to: address, on: loop, configuration) { self.lost($0) }
        connections.append(connection)
        try await connection.greet(configuration)
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
    guard case .up(let current) = state, current === connection else { return }
    retry(after: .unavailable("\(configuration.address): \(connection.reason)"))
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

extension RedisConnection {
  /// Logs in, selects the database and makes sure that the server serves. Ends the connection when it cannot be used.
  /// Throws `unavailable`.
  fileprivate func greet(_ configuration: RedisConfiguration) async throws(RedisFailure) {
    let server = configuration.server
    var greetings: [[RedisArgument]] = []
    if let password = server.password {
      greetings.append(server.user.isEmpty ? ["AUTH", .string(password)] : ["AUTH", .string(server.user), .string(password)])
    }
    if server.database != 0 { greetings.append(["SELECT", .integer(server.database)]) }
    greetings.append(["PING"])
    for greeting in greetings {
      do {
        _ = try await send(greeting, within: configuration.connectTimeout)
      } catch .server(code: "NOPERM", _) where greeting == ["PING"] {
        return
      } catch {
        let why = error == .connectionLost ? reason : "\(error)"
        end(why)
        throw .unavailable("\(configuration.address): \(why)")
      }
    }
  }
}

/// Finds where to connect, in the order to try. Runs anew before each connection.
struct RedisLocator {
  let place: RedisServer.Place
  let workers: WorkerPool

  /// Throws `unavailable` when the name has no address.
  func addresses() async throws(RedisFailure) -> [SocketAddress] {
    switch place {
    case .path(let path): return [.unix(path: path)]
    case .host(let host, let port):
      if let numeric = SocketAddress(address: host, port: port) { return [numeric] }
      do {
        return try await workers.run { try SocketAddress.resolve(host, port: port) }
      } catch {
        throw .unavailable("\(error)")
      }
    }
  }
}
