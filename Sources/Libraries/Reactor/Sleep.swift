extension EventLoop {
  /// Suspends the current task, which must run on this loop, for `delay`.
  /// Throws `CancellationError` as soon as the task is cancelled or the loop stops.
  public func sleep(for delay: Duration) async throws {
    preconditionCurrent()
    try Task.checkCancellation()
    let sleeper = Sleeper()
    add(sleeper)
    let timer = after(delay) { sleeper.finish(.success(())) }
    defer {
      cancel(timer)
      remove(sleeper)
    }
    let bound = LoopBound(sleeper, on: self)
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { bound.value.wait($0) }
    } onCancel: {
      bound.onLoop { $0.finish(.failure(CancellationError())) }
    }
  }
}

/// Resumes its continuation exactly once, also when the outcome came first.
final class Sleeper {
  private var continuation: CheckedContinuation<Void, any Error>?
  private var outcome: Result<Void, any Error>?

  func wait(_ continuation: CheckedContinuation<Void, any Error>) {
    if let outcome { continuation.resume(with: outcome) } else { self.continuation = continuation }
  }

  func finish(_ outcome: Result<Void, any Error>) {
    guard self.outcome == nil else { return }
    self.outcome = outcome
    continuation?.resume(with: outcome)
    continuation = nil
  }
}
