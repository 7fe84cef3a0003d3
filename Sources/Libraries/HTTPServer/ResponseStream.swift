import Reactor

/// Where a streamed body is written. Holds back its producer while the client does not read.
public final class ResponseStream: Sendable {
  /// The client has gone, or the server stops.
  public struct Closed: Error {}

  private let connection: LoopBound<Connection>
  init(_ connection: LoopBound<Connection>) { self.connection = connection }

  /// Sends `bytes`, soon; waits while `Limits.streamBytes` are unsent. Throws `Closed`, `CancellationError`.
  public func write(_ bytes: [UInt8]) async throws {
    try Task.checkCancellation()
    try await connection.value.writeChunk(bytes)
  }
}

/// Those who wait until a client has taken more of its stream. Lives on one loop.
final class WaitingProducers {
  private var continuations: [Int: CheckedContinuation<Void, any Error>] = [:]
  private var last = 0

  /// Throws what `resume` is given, or `CancellationError`.
  func wait(on loop: EventLoop) async throws {
    last += 1
    let number = last
    let me = LoopBound(self, on: loop)
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        if Task.isCancelled { continuation.resume(throwing: CancellationError()) } else { me.value.continuations[number] = continuation }
      }
    } onCancel: {
      me.onLoop { $0.continuations.removeValue(forKey: number)?.resume(throwing: CancellationError()) }
    }
  }

  func resume(_ result: Result<Void, any Error>) {
    guard !continuations.isEmpty else { return }
    let waiting = continuations.values
    continuations = [:]
    for continuation in waiting { continuation.resume(with: result) }
  }
}
