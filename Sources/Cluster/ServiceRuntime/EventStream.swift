public import HTTPServer
import HTTPTypes
public import Messaging
import Reactor
import StatusModel
import Synchronization

/// Messages of the bus as server-sent events: `id` is the place in the bus. Each address may hold a share of streams open.
public struct EventStream: Sendable {
  /// What one message becomes.
  public struct Event: Sendable {
    public let name: String
    /// Without line breaks.
    public let data: [UInt8]

    public init(name: String, data: [UInt8]) {
      self.name = name
      self.data = data
    }
  }

  private let watcher: Watcher
  private let readers = Readers()
  private let streamsPerAddress: Int

  /// A client that hears nothing for this long is sent a comment, so that nobody between takes the connection for dead.
  private static let quietTime = Duration.seconds(15)

  /// `streamsPerAddress` in this process.
  public init(_ watcher: Watcher, streamsPerAddress: Int = 20) {
    self.watcher = watcher
    self.streamsPerAddress = streamsPerAddress
  }

  /// The messages whose names pass, as they are.
  public func answer(_ request: Request, passing: @escaping @Sendable (_ eventName: String) -> Bool) throws -> Response {
    try answer(request) { passing($0.message.name) ? Event(name: $0.message.name, data: $0.bytes) : nil }
  }

  /// With `Last-Event-ID` it goes on after that event, as far as the bus still has what followed. What becomes nil is passed over;
  /// `event` may wait for what the client will ask for next. Throws `Failure.invalid`, `.tooMany`.
  public func answer(_ request: Request, _ event: @escaping @Sendable (Watcher.Entry) async -> Event?) throws -> Response {
    var resumed: BusPosition?
    if let text = request.header(.lastEventID), !text.isEmpty {
      guard let position = BusPosition(text) else {
        throw Failure.invalid("Last-Event-ID", "must be the id of an event of this stream, such as 1795332880178-0")
      }
      resumed = position
    }
    let address = Caller.current.address.isEmpty ? request.peer.host : Caller.current.address
    guard readers.enter(address, atMost: streamsPerAddress) else {
      throw Failure.tooMany("At most \(streamsPerAddress) streams may be open at once. Close one first.", retryAfter: 5)
    }
    let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    return Response(
      headerFields: fields,
      body: .stream { [readers, watcher, resumed] stream in
        defer { readers.leave(address) }
        try await Self.send(watcher, after: resumed, to: stream, event)
      })
  }

  private static func send(
    _ watcher: Watcher, after resumed: BusPosition?, to stream: ResponseStream, _ event: @Sendable (Watcher.Entry) async -> Event?
  ) async throws {
    let events = watcher.subscribe()
    try await stream.write(Array("retry: 2000\n\n".utf8))
    var sent = resumed
    while let after = sent {
      let missed = try await watcher.messages(after: after)
      guard let newest = missed.last?.position else { break }
      for entry in missed { try await write(await event(entry), of: entry, to: stream) }
      sent = newest
    }
    var quietSince = EventLoop.now
    for await happened in events {
      if case .entry(let entry) = happened, sent.map({ entry.position > $0 }) ?? true, let event = await event(entry) {
        try await write(event, of: entry, to: stream)
        quietSince = EventLoop.now
      } else if EventLoop.now &- quietSince >= UInt64(quietTime.components.seconds) * 1_000_000_000 {
        try await stream.write(Array(": quiet\n\n".utf8))
        quietSince = EventLoop.now
      }
    }
  }

  private static func write(_ event: Event?, of entry: Watcher.Entry, to stream: ResponseStream) async throws {
    guard let event else { return }
    try await stream.write(Array("id: \(entry.position)\nevent: \(event.name)\ndata: ".utf8) + event.data + Array("\n\n".utf8))
  }
}

/// How many streams each address has open.
private final class Readers: Sendable {
  private let open = Mutex<[String: Int]>([:])

  func enter(_ address: String, atMost limit: Int) -> Bool {
    open.withLock { open in
      guard open[address, default: 0] < limit else { return false }
      open[address, default: 0] += 1
      return true
    }
  }

  func leave(_ address: String) {
    open.withLock { open in
      let left = open[address, default: 1] - 1
      open[address] = left > 0 ? left : nil
    }
  }
}

extension HTTPTypes.HTTPField.Name {
  fileprivate static let lastEventID = Self("Last-Event-ID")!
}
