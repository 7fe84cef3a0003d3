import HTTPServer
import HTTPTypes
import Reactor
import StatusModel
import Synchronization

/// Tells open pages, as server-sent events, that there is a newer one: `event: page`, `id` the number of the snapshot.
final class LiveStream: Sendable {
  private struct Readers {
    var waiting: [Int: AsyncStream<Int>.Continuation] = [:]
    var addresses: [String: Int] = [:]
    var last = 0
  }
  private let readers = Mutex(Readers())

  /// Streams one address may hold open in one process.
  private static let streamsPerAddress = 20
  private static let quiet = Duration.seconds(20)

  func tell(_ number: Int) {
    for reader in readers.withLock({ Array($0.waiting.values) }) { reader.yield(number) }
  }

  /// Open streams.
  var count: Int { readers.withLock { $0.waiting.count } }

  /// Throws `.tooMany`.
  func answer(_ address: String) throws(Failure) -> Response {
    guard enter(address) else {
      throw .tooMany("At most \(Self.streamsPerAddress) pages may follow at once. Close one first.", retryAfter: 5)
    }
    let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
    return Response(headerFields: fields, body: .stream { [self] stream in try await send(to: stream, address) })
  }

  private func enter(_ address: String) -> Bool {
    readers.withLock { readers in
      guard readers.addresses[address, default: 0] < Self.streamsPerAddress else { return false }
      readers.addresses[address, default: 0] += 1
      return true
    }
  }

  private func leave(_ address: String) {
    readers.withLock { readers in
      let left = readers.addresses[address, default: 1] - 1
      readers.addresses[address] = left > 0 ? left : nil
    }
  }

  private func send(to stream: ResponseStream, _ address: String) async throws {
    defer { leave(address) }
    let (numbers, reader) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let place = readers.withLock { readers in
      readers.last += 1
      readers.waiting[readers.last] = reader
      return readers.last
    }
    defer { readers.withLock { $0.waiting[place] = nil } }
    try await stream.write(Array("retry: 2000\n\n".utf8))
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { try await Self.stayOpen(stream) }
      for await number in numbers { try await stream.write(Array("id: \(number)\nevent: page\ndata: \(number)\n\n".utf8)) }
      group.cancelAll()
    }
  }

  /// A comment now and then, so that nobody between takes the connection for dead.
  private static func stayOpen(_ stream: ResponseStream) async throws {
    while true {
      try await EventLoop.current.sleep(for: quiet)
      try await stream.write(Array(": quiet\n\n".utf8))
    }
  }
}
