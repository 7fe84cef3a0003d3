import Reactor
import RedisClient
import Signing

/// Trims the bus: what every worker group has done, beyond a window that stays to be seen, and at the latest what lies beyond the bound.
/// A group that thereby misses messages goes on from the oldest kept, and a `bus.gap` message says so. Every process runs one; the holder
/// of a lease does the work.
public final class BusKeeper: Sendable {
  private let mutations: Mutations
  private let busLimit: Int
  private let window: Int
  private let clock: @Sendable () -> Int64
  private let name = UUIDText.random()

  private static let script = Bus.mutation("bus.keep", Embedded.busKeepLua)
  public static let period = Duration.seconds(5)
  /// Milliseconds after which another process takes over.
  private static let lease = 15_000
  /// Messages looked at in one step, and steps in one round.
  private static let step = 1_000
  private static let steps = 20

  /// `busLimit` is BUS_MAX; `window` the messages that stay although all have done them. `clock` gives milliseconds since the epoch.
  public init(_ mutations: Mutations, busLimit: Int, window: Int? = nil, clock: @escaping @Sendable () -> Int64) {
    self.mutations = mutations
    self.busLimit = busLimit
    self.window = min(window ?? Bus.window, busLimit)
    self.clock = clock
  }

  /// Keeps until cancelled, on a loop; while Redis is away it waits.
  public func run() async {
    while (try? await EventLoop.current.sleep(for: Self.period)) != nil { try? await keep() }
  }

  /// One round. Throws `Failure.unavailable`.
  public func keep() async throws {
    for _ in 0..<Self.steps {
      let now = clock()
      let answer = try await mutations.run(
        Self.script,
        [
          .string(name), .integer(Self.lease), .integer(busLimit), .string("\(now - Bus.longestStay)"), .integer(window),
          .string("\(now - Bus.doneLifetime)"), .integer(Bus.doneKept), .integer(Self.step),
        ])
      guard answer.count == 2, answer[1].int ?? 0 >= Self.step else { return }
    }
  }
}
