import HTTPTypes
import JSONBytes
public import Messaging
import Reactor
public import ServiceRuntime
public import StatusModel
import Synchronization

/// The cluster's own flags as this process knows them: asked of flags at start, at every change and once a minute. While flags is away the
/// last answers hold, and before the first one `ClusterFlag.standard`.
public final class FlagsClient: Sendable {
  private let neighbours: Neighbours
  private let watcher: Watcher
  private let known = Mutex<[ClusterFlag: Bool]>([:])

  /// Nanoseconds after which everything is asked anew.
  private static let lifetime: UInt64 = 60_000_000_000
  /// Between two attempts while flags is away.
  private static let pause = Duration.seconds(1)

  /// `watcher` is the node's.
  public init(_ neighbours: Neighbours, watcher: Watcher) {
    self.neighbours = neighbours
    self.watcher = watcher
  }

  /// From memory, on any thread.
  public func isOn(_ flag: ClusterFlag) -> Bool { known.withLock { $0[flag] } ?? flag.standard }

  /// Keeps the answers fresh until cancelled. On a loop.
  public func run() async {
    while !Task.isCancelled {
      let events = watcher.subscribe()
      await readAll()
      var readAt = EventLoop.now
      for await event in events {
        switch event {
        case .entry(let entry) where entry.message.name.hasPrefix("flag."):
          await readAll(at: entry.message.data["revision"]?.integer)
        case .gap: await readAll()
        case .entry, .quiet:
          guard EventLoop.now &- readAt > Self.lifetime else { continue }
          await readAll()
        }
        readAt = EventLoop.now
      }
      // The watcher has ended, or this reader fell behind: begin anew.
      try? await EventLoop.current.sleep(for: Self.pause)
    }
  }

  /// Until it has succeeded. `revision`: flags answers from this state of the flags or a later one.
  private func readAll(at revision: Int? = nil) async {
    while !Task.isCancelled {
      do {
        for flag in ClusterFlag.allCases { try await read(flag, at: revision) }
        return
      } catch {
        try? await EventLoop.current.sleep(for: Self.pause)
      }
    }
  }

  private func read(_ flag: ClusterFlag, at revision: Int?) async throws {
    let query = revision.map { "?flagConfigEtag=%22r\($0)%22" } ?? ""
    let answer = try await neighbours.call(.flags, .post, "/ofrep/v1/evaluate/flags/\(flag.rawValue)\(query)", body: ["context": [:]])
    guard let isOn = answer["value"]?.bool else { throw Failure.defect }
    known.withLock { $0[flag] = isOn }
  }
}
