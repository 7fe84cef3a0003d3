import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import ServiceRuntime

/// Tells those who asked for all their flags when to ask again: server-sent events of OFREP 0.3 (`refetchEvaluation`).
/// They say that something has changed and not what, so anybody may listen.
struct FlagEvents: Sendable {
  static let path = "/ofrep/v1/events"

  /// The member of bulk answers that names the stream, relative to where the client asks.
  static let streams = #""eventStreams":[{"type":"sse","endpoint":{"requestUri":"\#(path)"},"inactivityDelaySec":120}]"#

  private let stream: EventStream
  private let memory: FlagsMemory

  init(_ stream: EventStream, _ memory: FlagsMemory) {
    self.stream = stream
    self.memory = memory
  }

  /// Each event comes once this replica answers accordingly. Throws `Failure.invalid`, `.tooMany`.
  func answer(_ request: Request) throws -> Response {
    var answer = try stream.answer(request) { [memory] entry in
      guard entry.message.name.hasPrefix("flag."), let revision = entry.message.data["revision"]?.integer else { return nil }
      await memory.reach(revision)
      let data: JSONValue = [
        "type": "refetchEvaluation", "etag": .string(OFREP.tag(of: revision)),
        "lastModified": .integer(Int(entry.position.milliseconds / 1000)),
      ]
      return EventStream.Event(name: "message", data: data.bytes)
    }
    answer.headerFields[.accessControlAllowOrigin] = "*"
    return answer
  }
}
