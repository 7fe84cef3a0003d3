import Reactor

/// Has the plan of maintenances done, in every replica; the plan sees to it that each step is done once.
struct MaintenancesClock: Sendable {
  let maintenances: MaintenancesStore
  private static let tick = Duration.seconds(1)

  /// Until cancelled, on a loop. While Redis is away nothing is done, and afterwards what was missed.
  func run() async {
    while (try? await EventLoop.current.sleep(for: Self.tick)) != nil { try? await maintenances.tick() }
  }
}
