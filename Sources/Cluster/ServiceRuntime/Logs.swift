import JSONBytes
public import Logging
public import Reactor
public import StatusModel
import Synchronization

/// Log lines as JSON on standard output, one an event.
public final class Logs: Sendable {
  private let writer: LineWriter
  private let service: String
  private let clock: @Sendable () -> Int64
  let errorLines = ErrorLines()
  private let second = Mutex<(value: Int64, text: String)>((-1, ""))

  public init(service: ServiceName, writer: LineWriter, clock: @escaping @Sendable () -> Int64) {
    self.writer = writer
    self.service = service.rawValue
    self.clock = clock
  }

  /// A logger that writes here, lines of `level` and above. Nothing global: who has the logger, logs.
  public func logger(_ level: Logger.Level) -> Logger {
    var logger = Logger(label: service) { _ in LineHandler(logs: self) }
    logger.logLevel = level
    return logger
  }

  /// One line a request: method, path template, status, bytes, µs, caller kind.
  func access(_ line: AccessLine) {
    writer.write { bytes in
      start("info", cid: line.cid, to: &bytes)
      bytes.append(contentsOf: #","message":"request","method":""#.utf8)
      bytes.append(contentsOf: line.method.utf8)
      bytes.append(contentsOf: #"","route":""#.utf8)
      bytes.append(contentsOf: line.route.utf8)
      bytes.append(contentsOf: #"","status":"#.utf8)
      bytes.append(contentsOf: String(line.status).utf8)
      bytes.append(contentsOf: #","bytes":"#.utf8)
      bytes.append(contentsOf: String(line.bytes).utf8)
      bytes.append(contentsOf: #","us":"#.utf8)
      bytes.append(contentsOf: String(line.microseconds).utf8)
      bytes.append(contentsOf: #","caller":""#.utf8)
      bytes.append(contentsOf: line.caller.utf8)
      bytes.append(contentsOf: "\"}\n".utf8)
    }
  }

  fileprivate func event(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
    if level >= .error { errorLines.add(cid: CorrelationID.current, message, metadata) }
    writer.write { bytes in
      start(level.rawValue, cid: CorrelationID.current, to: &bytes)
      bytes.append(contentsOf: #","message":"#.utf8)
      JSONText.append(message, to: &bytes)
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
        bytes.append(UInt8(ascii: ","))
        JSONText.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        JSONText.append(value.description, to: &bytes)
      }
      bytes.append(contentsOf: "}\n".utf8)
    }
  }

  private func start(_ level: String, cid: String, to bytes: inout [UInt8]) {
    let now = clock()
    bytes.append(contentsOf: #"{"time":""#.utf8)
    bytes.append(contentsOf: secondText(now / 1000).utf8)
    bytes.append(UInt8(ascii: "."))
    let milliseconds = now % 1000
    if milliseconds < 100 { bytes.append(contentsOf: (milliseconds < 10 ? "00" : "0").utf8) }
    bytes.append(contentsOf: String(milliseconds).utf8)
    bytes.append(contentsOf: #"Z","level":""#.utf8)
    bytes.append(contentsOf: level.utf8)
    bytes.append(contentsOf: #"","service":""#.utf8)
    bytes.append(contentsOf: service.utf8)
    bytes.append(contentsOf: #"","cid":""#.utf8)
    bytes.append(contentsOf: cid.utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  /// `2026-03-01T09:30:00`, made once a second.
  private func secondText(_ now: Int64) -> String {
    second.withLock { cached in
      if cached.value != now { cached = (now, String(ISO8601.text(milliseconds: now * 1000).prefix(19))) }
      return cached.text
    }
  }
}

struct AccessLine {
  let cid: String
  let method: String
  /// The template, or `-` where no route matched: never a path, which may hold anything.
  let route: String
  let status: Int
  let bytes: Int
  let microseconds: UInt64
  let caller: String
}

private struct LineHandler: LogHandler {
  let logs: Logs
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(logs: Logs) { self.logs = logs }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    logs.event(event.level, "\(event.message)", metadata.merging(event.metadata ?? [:]) { _, new in new })
  }
}
