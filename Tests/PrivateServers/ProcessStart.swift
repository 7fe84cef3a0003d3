public import Foundation
import Synchronization

extension Process {
  /// Held while a process starts: Foundation reads the table of descriptors meanwhile, and nothing must be inherited on the way.
  static let starting = Mutex(())

  /// `run`, one at a time in this process. Tests start processes with this and nothing else.
  public func start() throws { try Self.starting.withLock { _ in try run() } }
}
