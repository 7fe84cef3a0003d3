@testable import HTTPServer

/// One client's bytes give the same requests and the same refusal however they are cut into reads.
func fuzzHTTPConnection(_ bytes: [UInt8]) {
  let whole = Reading.of(bytes, step: max(1, bytes.count), smallLimits)
  for step in [1, 7, 1 + choice(bytes, below: max(1, bytes.count))] {
    let parts = Reading.of(bytes, step: step, smallLimits)
    expect(parts == whole, "read by \(step) it is something else:\n\(parts.events)\n\(whole.events)")
  }
  expectLinearTime(bytes) { long in
    for step in [16, 4096, long.count] { _ = Reading.of(long, step: step, Limits()) }
  }
}

/// What a connection makes of its client's bytes, as `Connection` does it, without answers.
private struct Reading: Equatable {
  private(set) var events: [String] = []
  /// What is left when no more comes.
  private var left = 0

  static func of(_ bytes: [UInt8], step: Int, _ limits: Limits) -> Reading {
    var reading = Reading()
    var input = InputBuffer()
    var exchange: (head: RequestHead, decoder: BodyDecoder)?
    do throws(Refusal) {
      for start in stride(from: 0, to: bytes.count, by: step) {
        input.append(bytes[start..<min(start + step, bytes.count)])
        guard try reading.take(&input, &exchange, limits) else { return reading }
      }
    } catch {
      reading.events.append("\(error)")
      return reading
    }
    reading.left = input.count
    reading.events.append(exchange == nil ? "waits for a head" : "waits for a body")
    return reading
  }

  /// All that is complete. False when the client is not listened to any more.
  private mutating func take(
    _ input: inout InputBuffer, _ exchange: inout (head: RequestHead, decoder: BodyDecoder)?, _ limits: Limits
  ) throws(Refusal) -> Bool {
    while true {
      if var (head, decoder) = exchange {
        exchange = nil
        try input.takeBody(&decoder)
        expect(decoder.body.count <= limits.bodyBytes, "a body of \(decoder.body.count) bytes is taken")
        guard decoder.isDone else {
          exchange = (head, decoder)
          return true
        }
        events.append(shown(decoder.body))
        if limits.bodyBytes == smallLimits.bodyBytes { expectSameInOneChunk(decoder.body, limits) }
        guard head.keepsAlive else { return false }
        head = RequestHead(bytes: [])
      }
      guard !input.isEmpty, let head = try input.takeHead(limits: limits) else { return true }
      events.append("\(ReadHead.Head(head))")
      exchange = (head, try BodyDecoder(head.framing, limit: limits.bodyBytes, limits: limits))
    }
  }

  private func expectSameInOneChunk(_ body: [UInt8], _ limits: Limits) {
    let last = Array("0\r\n\r\n".utf8)
    let size = Array(String(body.count, radix: 16).utf8)
    let chunk = body.isEmpty ? last : size + [0x0D, 0x0A] + body + [0x0D, 0x0A] + last
    var start = 0
    do throws(Refusal) {
      var decoder = try BodyDecoder(.chunked, limit: limits.bodyBytes, limits: limits)
      try decoder.take(from: chunk + [0x41], at: &start)
      expect(decoder.isDone && decoder.body == body && start == chunk.count, "in one chunk it is another body")
    } catch { fatalError("a body in one chunk is refused: \(error)") }
  }
}
