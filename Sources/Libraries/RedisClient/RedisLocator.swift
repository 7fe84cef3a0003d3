import Reactor

/// Finds the addresses of a place. Runs anew before each connection.
struct RedisLocator {
  let workers: WorkerPool

  /// In the order to try. Throws `unavailable` when the name has no address.
  func addresses(of place: RedisServer.Place) async throws(RedisFailure) -> [SocketAddress] {
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

/// What is said to a server before it is used.
struct RedisGreeting {
  private var words: [[RedisArgument]] = []
  /// Whether the server has to be a primary.
  private let isForPrimary: Bool
  private let timeout: Duration

  init(user: String, password: String?, database: Int = 0, isForPrimary: Bool = false, timeout: Duration) {
    self.isForPrimary = isForPrimary
    self.timeout = timeout
    if let password { words.append(user.isEmpty ? ["AUTH", .string(password)] : ["AUTH", .string(user), .string(password)]) }
    if database != 0 { words.append(["SELECT", .integer(database)]) }
    words.append(["PING"])
    if isForPrimary { words.append(["ROLE"]) }
  }

  /// Logs in, selects the database and makes sure that the server serves. Ends the connection when it cannot be used.
  /// Throws `unavailable`.
  func send(on connection: RedisConnection) async throws(RedisFailure) {
    for words in words {
      do throws(RedisFailure) {
        let reply = try await connection.send(words, within: timeout)
        guard words == ["ROLE"], let role = reply.array?.first?.string, role != "master" else { continue }
        throw .unavailable("it is a replica now")
      } catch .server(code: "NOPERM", _) where words == ["PING"] || words == ["ROLE"] {
        continue
      } catch {
        let why =
          switch error {
          case .connectionLost: connection.reason
          case .unavailable(let text): text
          default: "\(error)"
          }
        connection.end(why)
        throw .unavailable("\(connection.address): \(why)")
      }
    }
  }
}
