import PrivateServers
import Reactor
import RedisClient

/// Runs `body` on a loop with a client of `server`; closes the client and ends the loops afterwards.
func withClient<Value: Sendable>(
  of server: PrivateRedis, url: String? = nil, loops count: Int = 1, _ change: (inout RedisConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (Redis) async throws -> Value
) async throws -> Value {
  var configuration = try RedisConfiguration(url: url ?? server.url)
  change(&configuration)
  let loops = LoopGroup(count: count)
  let workers = WorkerPool(threads: 1)
  let redis = Redis(configuration, loops: loops, workers: workers)
  loops.start()
  defer {
    loops.stop()
    workers.stop()
  }
  let result: Result<Value, any Error>
  do {
    result = .success(try await Task(executorPreference: loops.loops[0]) { try await body(redis) }.value)
  } catch {
    result = .failure(error)
  }
  await redis.close()
  return try result.get()
}

/// As `withClient`, with a server of its own.
func withRedis<Value: Sendable>(
  server arguments: [String] = [], _ change: (inout RedisConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (Redis, PrivateRedis) async throws -> Value
) async throws -> Value {
  let server = try await PrivateRedis(arguments: arguments)
  let value = try await withClient(of: server, change) { try await body($0, server) }
  await server.stop()
  return value
}

/// Asks until `condition` holds; false when it does not within `limit`.
func eventually(within limit: Duration = .seconds(10), _ condition: () async throws -> Bool) async rethrows -> Bool {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(2))
  }
  return false
}

extension Redis {
  /// The outcome as a value.
  func outcome(_ words: RedisArgument...) async -> Result<RedisValue, RedisFailure> {
    do { return .success(try await command(words)) } catch { return .failure(error) }
  }

  func blockingOutcome(_ words: [RedisArgument], timeout: Duration = .seconds(60)) async -> Result<RedisValue, RedisFailure> {
    do { return .success(try await blocking(words, timeout: timeout)) } catch { return .failure(error) }
  }

  func runOutcome(_ script: RedisScript) async -> Result<RedisValue, RedisFailure> {
    do { return .success(try await run(script, keys: [], arguments: [])) } catch { return .failure(error) }
  }

  /// A number of INFO, such as `total_reads_processed`.
  func info(_ name: String) async throws -> Int? {
    let text = try await command("INFO", "everything").string ?? ""
    return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }.flatMap { Int($0.dropFirst(name.count + 1)) }
  }

  /// How often Redis has run a command, such as `get` or `script|load`.
  func calls(of name: String) async throws -> Int {
    let text = try await command("INFO", "commandstats").string ?? ""
    let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(name):calls=") }
    return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0.isNumber }) } ?? 0
  }

  func clientCount() async throws -> Int { try await info("connected_clients") ?? -1 }
}

extension Result where Failure == RedisFailure {
  var failure: RedisFailure? { if case .failure(let failure) = self { failure } else { nil } }
  var isUnavailable: Bool { if case .failure(.unavailable) = self { true } else { false } }
}
