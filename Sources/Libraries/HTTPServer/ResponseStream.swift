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
