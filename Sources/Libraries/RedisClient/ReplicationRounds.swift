import Reactor

/// The WAITs of one connection. A WAIT covers all that its connection wrote before it and stops what comes after it, so one
/// is under way at a time: it ends for all who were there when it was sent, and the next one is for all who came meanwhile.
struct ReplicationRounds {
  /// One WAIT to be, and who waits for it.
  final class Round {
    private var outcome: Result<Int, RedisFailure>?
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// How many replicas have what was written. Ends with WAIT, whose time is limited, also for a task that is cancelled.
    func replicas() async throws(RedisFailure) -> Int {
      if outcome == nil { await withCheckedContinuation { waiting.append($0) } }
      return try (outcome ?? .failure(.connectionLost)).get()
    }

    fileprivate func end(_ outcome: Result<Int, RedisFailure>) {
      self.outcome = outcome
      for each in waiting { each.resume() }
      waiting = []
    }
  }

  fileprivate var next: Round?
  fileprivate var isUnderWay = false
}

extension RedisConnection {
  /// The round that covers what is sent next, before anything else is awaited.
  func joinRound(_ configuration: RedisConfiguration) -> ReplicationRounds.Round {
    if let next = rounds.next { return next }
    let round = ReplicationRounds.Round()
    rounds.next = round
    if !rounds.isUnderWay { loop.atEndOfTurn { [self] in beginRound(configuration) } }
    return round
  }

  private func beginRound(_ configuration: RedisConfiguration) {
    guard let round = rounds.next else { return }
    rounds.next = nil
    rounds.isUnderWay = true
    loop.start { [self] in
      do throws(RedisFailure) {
        let wait: [RedisArgument] = ["WAIT", .integer(configuration.replicas), .integer(configuration.replicationTimeout.milliseconds)]
        let count = try await send(wait, within: configuration.commandTimeout).int
        round.end(.success(count ?? 0))
      } catch .server(let code, let message) {
        round.end(.failure(.unavailable("WAIT: \(code) \(message)")))
      } catch {
        round.end(.failure(error))
      }
      rounds.isUnderWay = false
      beginRound(configuration)
    }
  }
}

extension Duration {
  /// Whole milliseconds, 1 or more: WAIT takes 0 for ever.
  fileprivate var milliseconds: Int { max(1, Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)) }
}
