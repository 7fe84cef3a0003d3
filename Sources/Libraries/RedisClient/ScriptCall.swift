import Reactor

/// A script with what it is given.
struct ScriptCall {
  let script: RedisScript
  private let keys: [RedisArgument]
  private let arguments: [RedisArgument]

  init(_ script: RedisScript, _ keys: [RedisArgument], _ arguments: [RedisArgument]) {
    self.script = script
    self.keys = keys
    self.arguments = arguments
  }

  fileprivate func words(_ sha: String) -> [RedisArgument] {
    ["EVALSHA", .string(sha), .integer(keys.count)] + keys + arguments
  }
}

extension RedisConnection {
  func run(_ call: ScriptCall, within timeout: Duration) async throws(RedisFailure) -> RedisValue {
    do {
      return try await send(call.words(try await sha(of: call.script, within: timeout)), within: timeout)
    } catch .server(code: "NOSCRIPT", _) {
      scripts[call.script] = nil
      return try await send(call.words(try await sha(of: call.script, within: timeout)), within: timeout)
    }
  }

  /// The answer, and whether enough replicas have confirmed it.
  func runReplicated(
    _ call: ScriptCall, _ configuration: RedisConfiguration
  ) async throws(RedisFailure) -> (value: RedisValue, isReplicated: Bool) {
    do {
      return try await evaluate(call, configuration)
    } catch .server(code: "NOSCRIPT", _) {
      scripts[call.script] = nil
      return try await evaluate(call, configuration)
    }
  }

  /// The script, and in the same turn the WAIT that covers it.
  private func evaluate(
    _ call: ScriptCall, _ configuration: RedisConfiguration
  ) async throws(RedisFailure) -> (value: RedisValue, isReplicated: Bool) {
    let sha = try await sha(of: call.script, within: configuration.commandTimeout)
    let round = joinRound(configuration)
    let value = try await send(call.words(sha), within: configuration.commandTimeout)
    return (value, try await round.replicas() >= configuration.replicas)
  }

  /// What Redis knows the script by, from SCRIPT LOAD the first time.
  private func sha(of script: RedisScript, within timeout: Duration) async throws(RedisFailure) -> String {
    if let known = scripts[script] { return known }
    return try await load(script, within: timeout)
  }

  /// SCRIPT LOAD, once for all who ask at the same time.
  private func load(_ script: RedisScript, within timeout: Duration) async throws(RedisFailure) -> String {
    let task =
      loading[script]
      ?? loop.start { [self] in
        do throws(RedisFailure) {
          let sha = try await send(["SCRIPT", "LOAD", .string(script.source)], within: timeout).string ?? ""
          scripts[script] = sha
          return .success(sha)
        } catch {
          return .failure(error)
        }
      }
    loading[script] = task
    defer { loading[script] = nil }
    return try await task.value.get()
  }
}
