import Reactor
import StatusModel
import Synchronization

/// A plain socket that asks for the stream and keeps what comes.
final class StreamReader {
  private let socket: Socket
  private var received: [UInt8] = []

  init(port: Int, token: String, after position: String?, path: String = "/api/v1/incidents/stream") throws {
    socket = try Socket.connect(to: .internet(bytes: [127, 0, 0, 1], port: UInt16(port)))
    let resume = position.map { "Last-Event-ID: \($0)\r\n" } ?? ""
    request = Array("GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\(resume)\r\n".utf8)
  }
  private var request: [UInt8]

  var text: String { String(decoding: received, as: UTF8.self) }

  /// Reads until `words` have come, at most 20 s. Throws when they do not, or when the head is a refusal.
  func until(_ words: String) async throws {
    try await eventually {
      if !request.isEmpty, socket.write(request) == .bytes(request.count) { request = [] }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while case .bytes(let count) = socket.read(into: &buffer) { received.append(contentsOf: buffer[..<count]) }
      return text.contains(words)
    }
  }

  func close() { socket.close() }
}

extension Cluster {
  /// A reader of the stream of incidents; `position`: the event to go on after.
  func follow(_ token: String, after position: String? = nil) async throws -> StreamReader {
    try StreamReader(port: port(of: .incidents), token: token, after: position)
  }
}
