import Logging
import Reactor
import Signing
import StatusModel

/// Polls what is due. Every replica runs one; what each polls is settled by claims.
struct Poller: Sendable {
  let store: CSPStore
  let refresher: Refresher
  let logger: Logger
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// Polls under way at once in one process.
  private static let concurrency = 32
  /// Milliseconds between two looks at what is due, at most: a provider may have been registered elsewhere.
  private static let longestPause: Int64 = 1_000
  private static let shortestPause: Int64 = 100

  /// Until cancelled. Runs on a loop.
  func run() async {
    await withDiscardingTaskGroup { group in
      let running = Running(limit: Self.concurrency)
      while !Task.isCancelled {
        var pause = Self.longestPause
        do {
          let (claims, next) = try await store.claimDue(at: clock(), most: running.room)
          for claim in claims {
            let place = running.enter()
            group.addTask {
              await pollAll(from: claim)
              place.leave()
            }
          }
          if let next { pause = min(max(next - clock(), Self.shortestPause), Self.longestPause) }
        } catch {
          // Redis is away: it comes back by itself.
        }
        guard (try? await EventLoop.current.sleep(for: .milliseconds(pause))) != nil else { return }
      }
    }
  }

  /// One claim and what is due after it, so that many feeds of one host follow each other without pause.
  private func pollAll(from first: Claim) async {
    var next: Claim? = first
    while let claim = next, !Task.isCancelled {
      await CorrelationID.$current.withValue(UUIDText.random()) { await poll(claim) }
      next = try? await store.claimDue(at: clock(), most: 1).claims.first
    }
  }

  private func poll(_ claim: Claim) async {
    let name = claim.settings.name
    do {
      let outcome = try await refresher.poll(claim)
      if let refusal = outcome.refusal {
        logger.info(
          "not refreshed", metadata: ["provider": "\(name)", "refusal": "\(refusal.why.rawValue)", "detail": "\(refusal.detail)"])
      } else if outcome.counts.opened + outcome.counts.updated + outcome.counts.resolved > 0 {
        logger.info(
          "refreshed",
          metadata: [
            "provider": "\(name)", "opened": "\(outcome.counts.opened)", "updated": "\(outcome.counts.updated)",
            "resolved": "\(outcome.counts.resolved)",
          ])
      }
    } catch {
      logger.warning("not refreshed", metadata: ["provider": "\(name)", "error": "\(error.detail)"])
    }
  }
}

/// How many polls run; on one loop.
private final class Running {
  private let limit: Int
  private var count = 0

  init(limit: Int) { self.limit = limit }

  var room: Int { limit - count }

  func enter() -> Place {
    count += 1
    return Place(LoopBound(self, on: EventLoop.current))
  }

  struct Place: Sendable {
    private let running: LoopBound<Running>
    init(_ running: LoopBound<Running>) { self.running = running }
    func leave() { running.value.count -= 1 }
  }
}
