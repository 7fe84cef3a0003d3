import Logging
import Reactor
import StatusModel
import Synchronization

/// The flags as this replica knows them. Evaluation reads them and nothing else.
final class FlagsMemory: Sendable {
  private let store: FlagsStore
  private let workers: WorkerPool
  private let logger: Logger
  private let current = Mutex<Snapshot?>(nil)

  /// Above so many bytes definitions are read on a worker.
  private static let bytesOnLoop = 64 * 1024
  /// How often, and how long apart, it is looked whether a revision has come.
  private static let looks = 200
  private static let pause = Duration.milliseconds(5)

  init(_ store: FlagsStore, workers: WorkerPool, logger: Logger) {
    self.store = store
    self.workers = workers
    self.logger = logger
  }

  /// Throws `.unavailable` before the first reading.
  var snapshot: Snapshot {
    get throws(Failure) {
      guard let snapshot = current.withLock({ $0 }) else {
        throw .unavailable("The flags could not be read yet: the store is away. Try again.", retryAfter: 1)
      }
      return snapshot
    }
  }

  /// The flags as they are now. Throws `.unavailable` while Redis is away.
  @discardableResult
  func refresh() async throws(Failure) -> Snapshot {
    let base = current.withLock { $0 }
    let changes = try await store.changes(since: base?.revision ?? 0)
    if let base, changes.revision == base.revision, !changes.areAll { return base }
    let bytes = (changes.flags + changes.segments).reduce(0) { $0 + $1.count }
    let next: Snapshot
    do {
      next =
        bytes > Self.bytesOnLoop
        ? try await workers.run { [logger] in Snapshot(base, changes, logger) } : Snapshot(base, changes, logger)
    } catch {
      throw .unavailable("Too much is going on here at the moment. Try again.", retryAfter: 1)
    }
    // Readings of several at once end in any order; a full one stands for itself, whatever its number.
    current.withLock { current in
      if let there = current, there.revision >= next.revision, !changes.areAll || there !== base { return }
      current = next
    }
    return next
  }

  /// Waits until `revision` has come here, at most a second: every replica follows the bus. On a loop.
  func reach(_ revision: Int) async {
    for _ in 0..<Self.looks {
      if let snapshot = try? snapshot, snapshot.revision >= revision { return }
      guard (try? await EventLoop.current.sleep(for: Self.pause)) != nil else { return }
    }
  }
}

extension Snapshot {
  /// `base` with what has changed. A record that cannot be read is left as it was, and logged.
  convenience init(_ base: Snapshot?, _ changes: FlagsStore.Changes, _ logger: Logger) {
    var flags = changes.areAll ? [:] : base?.flags ?? [:]
    var segments = changes.areAll ? [:] : base?.segments ?? [:]
    var names = changes.areAll ? AttributeNames() : base?.names ?? AttributeNames()
    for json in changes.flags {
      do {
        let flag = try Flag(json, &names)
        flags[flag.id] = flag
      } catch {
        logger.error("a flag in the store cannot be read", metadata: ["error": "\(error)"])
      }
    }
    for json in changes.segments {
      do {
        let segment = try CompiledSegment(json, &names)
        segments[segment.segment.name] = segment
      } catch {
        logger.error("a segment in the store cannot be read", metadata: ["error": "\(error)"])
      }
    }
    self.init(revision: changes.revision, flags: flags, segments: segments, names: names)
  }
}
