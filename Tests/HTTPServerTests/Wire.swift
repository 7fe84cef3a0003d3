import HTTPServer
import Reactor

/// A client that sends and receives literal bytes. Lives on one loop.
final class Wire {
  struct Missing: Error, CustomStringConvertible {
    let what: String
    let received: String
    var description: String { "no \(what); received: \(received.debugDescription)" }
  }

  private let socket: Socket
  private let loop: EventLoop
  private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
  private var resume: (() -> Void)?
  private var isWritable = false
  /// What has come and was not yet taken by `answer()`.
  private(set) var received: [UInt8] = []
  /// How many bytes have ever come.
  private(set) var count = 0
  /// The server has closed its side.
  private(set) var isEnded = false
  private(set) var isReset = false
  var isReading = true { didSet { updateInterest() } }
  private var isWaitingToWrite = false { didSet { updateInterest() } }

  init(to address: SocketAddress) throws {
    loop = EventLoop.current
    socket = try Socket.connect(to: address)
    loop.watch(socket.descriptor, .read) { [unowned self] in ready($0) }
  }
  deinit { close() }

  func close() {
    if loop.isCurrent { loop.unwatch(socket.descriptor) }
    socket.close()
  }

  private func updateInterest() {
    var interest: EventLoop.Readiness = isReading && !isEnded ? .read : []
    if isWaitingToWrite { interest.insert(.write) }
    loop.watch(socket.descriptor, for: interest)
  }

  private func ready(_ readiness: EventLoop.Readiness) {
    if readiness.contains(.write) { isWaitingToWrite = false }
    if readiness.contains(.read), isReading || readiness.contains(.hungUp) {
      switch socket.read(into: &buffer) {
      case .bytes(let count):
        received.append(contentsOf: buffer[..<count])
        self.count += count
      case .end: isEnded = true
      case .failed:
        isEnded = true
        isReset = true
      case .wouldBlock: break
      }
      if isEnded { loop.unwatch(socket.descriptor) }
    }
    resume?()
  }

  // MARK: - Sending

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws {
    var start = 0
    while start < bytes.count {
      switch socket.write(bytes, from: start) {
      case .bytes(let count): start += count
      case .wouldBlock, .end:
        isWaitingToWrite = true
        try await wait("room to send") { !$0.isWaitingToWrite || $0.isEnded }
        if isEnded { return }
      case .failed: return
      }
    }
  }

  /// One byte in one packet each, as far as the kernel lets us say so.
  func sendByteByByte(_ text: String) async throws {
    for byte in text.utf8 {
      try await send([byte])
      try await loop.sleep(for: .milliseconds(1))
    }
  }

  /// The client's half of the connection ends.
  func finishSending() { socket.finishWriting() }

  // MARK: - Receiving

  func wait(_ what: String, for time: Duration = .seconds(60), until condition: @escaping (Wire) -> Bool) async throws {
    if condition(self) { return }
    let came = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
      let timer = loop.after(time) { [unowned self] in
        resume = nil
        continuation.resume(returning: false)
      }
      resume = { [unowned self] in
        guard condition(self) else { return }
        resume = nil
        loop.cancel(timer)
        continuation.resume(returning: true)
      }
    }
    guard came else { throw Missing(what: what, received: text) }
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  /// All that comes until the server closes.
  func untilClosed() async throws -> String {
    try await wait("end") { $0.isEnded }
    return text
  }

  func until(_ marker: String) async throws -> String {
    try await wait(marker.debugDescription) { $0.text.contains(marker) }
    return text
  }

  /// One whole answer, taken from what has come.
  func answer(toHead: Bool = false) async throws -> Answer {
    try await wait("head of an answer") { $0.text.contains("\r\n\r\n") || $0.isEnded }
    guard let (head, bodyStart) = Answer.head(of: received) else { throw Missing(what: "answer", received: text) }
    var answer = Answer(head: head)
    received.removeFirst(bodyStart)
    if toHead || [204, 304].contains(answer.status) { return answer }
    if answer["Transfer-Encoding"] == "chunked" {
      try await wait("last chunk") { $0.text.hasPrefix("0\r\n\r\n") || $0.text.contains("\r\n0\r\n\r\n") }
      answer.bytes = takeChunks()
    } else if let length = answer["Content-Length"].flatMap({ Int($0) }) {
      try await wait("body of \(length) bytes") { $0.received.count >= length }
      answer.bytes = Array(received[..<length])
      received.removeFirst(length)
    }
    return answer
  }

  private func takeChunks() -> [UInt8] {
    var body: [UInt8] = []
    while let lineEnd = received.firstIndex(of: 0x0D) {
      let size = Int(String(decoding: received[..<lineEnd], as: UTF8.self), radix: 16) ?? 0
      body += received[(lineEnd + 2)..<(lineEnd + 2 + size)]
      received.removeFirst(lineEnd + 4 + size)
      if size == 0 { break }
    }
    return body
  }
}

struct Answer {
  let status: Int
  let statusLine: String
  let fields: [(name: String, value: String)]
  var bytes: [UInt8] = []
  var body: String { String(decoding: bytes, as: UTF8.self) }

  init(head: String) {
    var lines = head.split(separator: "\r\n").map(String.init)
    statusLine = lines.removeFirst()
    status = Int(statusLine.split(separator: " ")[1]) ?? 0
    fields = lines.map { line in
      let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return (parts[0], parts.count > 1 ? parts[1] : "")
    }
  }

  /// The head as text and where the body begins.
  static func head(of bytes: [UInt8]) -> (String, Int)? {
    guard bytes.count >= 4 else { return nil }
    for index in 0...(bytes.count - 4) where Array(bytes[index..<index + 4]) == [0x0D, 0x0A, 0x0D, 0x0A] {
      return (String(decoding: bytes[..<(index + 2)], as: UTF8.self), index + 4)
    }
    return nil
  }

  subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
}
