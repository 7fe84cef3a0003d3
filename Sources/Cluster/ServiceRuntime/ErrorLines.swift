import JSONBytes
import Logging
import Messaging
import Reactor
import RedisClient
import Signing
import StatusModel
import Synchronization

/// Log lines of level error on their way to the bus, as `audit.log` messages: whoever looks at a correlation id there sees the line that
/// explains it. Logging never waits; when too many come at once, the rest is not sent, and counted.
final class ErrorLines: Sendable {
  struct Line: Sendable {
    let cid: String
    let message: String
    let error: String
  }
  /// Lines that may wait.
  private static let limit = 200
  /// Characters of a text.
  private static let length = 1_000
  private static let period = Duration.seconds(1)
  private static let script = MutationScript(name: "audit.log", source: "publish('audit.log', arg(1)) return { 'ok' }")

  private let waiting = Mutex<(lines: [Line], dropped: Int)>(([], 0))

  var dropped: Int { waiting.withLock { $0.dropped } }

  /// `metadata` may name an `error`; else everything in it is told.
  func add(cid: String, _ message: String, _ metadata: Logger.Metadata) {
    let told =
      metadata["error"].map { "\($0)" } ?? metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let line = Line(cid: cid, message: Self.cut(message), error: Self.cut(told))
    waiting.withLock { waiting in
      if waiting.lines.count < Self.limit { waiting.lines.append(line) } else { waiting.dropped += 1 }
    }
  }

  private static func cut(_ text: String) -> String { SecretToken.redacted(String(text.prefix(length))) }

  /// Sends until cancelled, on a loop; while Redis is away the lines wait.
  func run(_ mutations: Mutations, _ service: ServiceName) async {
    while (try? await EventLoop.current.sleep(for: Self.period)) != nil {
      while let line = waiting.withLock({ $0.lines.first }) {
        let members =
          #""service":"\#(service.rawValue)","message":\#(JSONText.quoted(line.message)),"error":\#(JSONText.quoted(line.error))"#
        let sent = await CorrelationID.$current.withValue(line.cid) {
          (try? await mutations.run(Self.script, [.string(members)])) != nil
        }
        guard sent else { break }
        waiting.withLock { _ = $0.lines.removeFirst() }
      }
    }
  }
}
