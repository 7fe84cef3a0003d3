import HTTPServer
import HTTPTypes
import Messaging
import ServiceRuntime
import StatusModel
import Synchronization

/// Changes of incidents as server-sent events: `id` is the place in the bus, `event` the message's name, `data` the message.
struct IncidentsStream: Sendable {
  let watcher: Watcher
  private let readers = Readers()

  /// Streams one address may hold open in one process.
  private static let streamsPerAddress = 20

  init(_ watcher: Watcher) { self.watcher = watcher }

  /// With `Last-Event-ID` it goes on after that event, as far as the bus still has what followed.
  func answer(_ request: Request) throws -> Response {
    var resumed: BusPosition?
    if let text = request.header(.lastEventID), !text.isEmpty {
      guard let position = BusPosition(text) else {
        throw Failure.invalid("Last-Event-ID", "must be the id of an event of this stream, such as 1795332880178-0")
      }
      resumed = position
    }
    let address = Caller.current.address
    guard readers.enter(address, atMost: Self.streamsPerAddress) else {
      throw Failure.tooMany("At most \(Self.streamsPerAddress) streams may be open at once. Close one first.", retryAfter: 5)
    }
    let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    return Response(
      headerFields: fields,
      body: .stream { [readers, watcher, resumed] stream in
        defer { readers.leave(address) }
        try await Self.send(watcher, after: resumed, to: stream)
      })
  }

  private static func send(_ watcher: Watcher, after resumed: BusPosition?, to stream: ResponseStream) async throws {
    let events = watcher.subscribe()
    try await stream.write(Array("retry: 2000\n\n".utf8))
    var sent = resumed
    while let after = sent {
      let missed = try await watcher.messages(after: after)
      guard let newest = missed.last?.position else { break }
      for entry in missed { try await write(entry, to: stream) }
      sent = newest
    }
    for await event in events {
      switch event {
      case .quiet: try await stream.write(Array(": quiet\n\n".utf8))
      case .entry(let entry):
        if let sent, entry.position <= sent { continue }
        try await write(entry, to: stream)
      }
    }
  }

  private static func write(_ entry: Watcher.Entry, to stream: ResponseStream) async throws {
    guard entry.message.name.hasPrefix("incident.") else { return }
    try await stream.write(Array("id: \(entry.position)\nevent: \(entry.message.name)\ndata: ".utf8) + entry.bytes + Array("\n\n".utf8))
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
