import Reactor

/// Rebuilds something from its records: at the start, when a message that concerns it is on the bus (bursts joined), after a gap, and
/// every 60 s. A rebuild that throws is repeated, after a second.
public final class Follower: Sendable {
  private let watcher: Watcher
  private let concerns: @Sendable (_ eventName: String) -> Bool
  private let rebuild: @Sendable () async throws -> Void
  private let period: Duration

  /// How long a burst is waited for.
  private static let pause = Duration.milliseconds(20)
  private static let retryDelay = Duration.seconds(1)

  public init(
    _ watcher: Watcher, every period: Duration = .seconds(60), concerns: @escaping @Sendable (_ eventName: String) -> Bool,
    rebuild: @escaping @Sendable () async throws -> Void
  ) {
    self.watcher = watcher
    self.period = period
    self.concerns = concerns
    self.rebuild = rebuild
  }

  /// Follows until cancelled, on a loop. The watcher has to run too.
  public func run() async {
    // One call that waits stands for all that come before it is answered.
    let (calls, caller) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withDiscardingTaskGroup { group in
      group.addTask { await self.listen(caller) }
      group.addTask { [period] in
        while (try? await EventLoop.current.sleep(for: period)) != nil { caller.yield() }
        caller.finish()
      }
      for await _ in calls {
        guard (try? await EventLoop.current.sleep(for: Self.pause)) != nil else { break }
        do { try await rebuild() } catch {
          guard (try? await EventLoop.current.sleep(for: Self.retryDelay)) != nil else { break }
          caller.yield()
        }
      }
      group.cancelAll()
    }
  }

  private func listen(_ caller: AsyncStream<Void>.Continuation) async {
    while !Task.isCancelled {
      // Subscribed first: what comes while it is being rebuilt calls again.
      let events = watcher.subscribe()
      caller.yield()
      for await event in events {
        switch event {
        case .entry(let entry): if concerns(entry.message.name) { caller.yield() }
        case .gap: caller.yield()
        case .quiet: break
        }
      }
      try? await EventLoop.current.sleep(for: Self.retryDelay)
    }
  }
}
