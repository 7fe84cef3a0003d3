@testable import HTTPServer

/// One client's bytes give the same requests and the same refusal however they are cut into reads.
func fuzzHTTPConnection(_ bytes: [UInt8]) {
  let whole = Reading.of(bytes, step: max(1, bytes.count))
  for step in [1, 7, 1 + choice(bytes, below: max(1, bytes.count))] {
    let parts = Reading.of(bytes, step: step)
    expect(parts == whole, "read by \(step) it is something else:\n\(parts.events)\n\(whole.events)")
  }
  expectLinearTime(bytes) { long in
    for step in [16, 4096, long.count] { _ = Reading.of(long, step: step, isTimed: true) }
  }
}

/// What a connection makes of its client's bytes, as `Connection` does it, without answers.
private struct Reading: Equatable {
  private(set) var events: [String] = []
  /// What is left when no more comes.
  private var left = 0
  private let isTimed: Bool
  private var limits: Limits { isTimed ? Limits() : smallLimits }

  /// When it is timed nothing is noted: that takes longer than reading, and the limits are the usual ones.
  static func of(_ bytes: [UInt8], step: Int, isTimed: Bool = false) -> Reading {
    var reading = Reading(isTimed: isTimed)
    var input = InputBuffer()
    var exchange: (head: RequestHead, decoder: BodyDecoder)?
    do throws(Refusal) {
      for start in stride(from: 0, to: bytes.count, by: step) {
        input.append(bytes[start..<min(start + step, bytes.count)])
        guard try reading.take(&input, &exchange) else { return reading }
      }
    } catch {
      reading.note("\(error)")
      return reading
    }
    reading.left = input.count
    reading.note(exchange == nil ? "waits for a head" : "waits for a body")
    return reading
  }

  /// All that is complete. False when the client is not listened to any more.
  private mutating func take(
    _ input: inout InputBuffer, _ exchange: inout (head: RequestHead, decoder: BodyDecoder)?
  ) throws(Refusal) -> Bool {
    while true {
      if case (let head, var decoder)? = exchange {
        exchange = nil
        try input.takeBody(&decoder)
        expect(decoder.body.count <= limits.bodyBytes, "a body of \(decoder.body.count) bytes is taken")
        guard decoder.isDone else {
          exchange = (head, decoder)
          return true
        }
        note(shown(decoder.body))
        if !isTimed { expectSameInOneChunk(decoder.body) }
        guard head.keepsAlive else { return false }
      }
      guard !input.isEmpty, let head = try input.takeHead(limits: limits) else { return true }
      note("\(ReadHead.Head(head))")
      exchange = (head, try BodyDecoder(head.framing, limit: limits.bodyBytes, limits: limits))
    }
  }

  private mutating func note(_ event: @autoclosure () -> String) {
    if !isTimed { events.append(event()) }
  }

  private func expectSameInOneChunk(_ body: [UInt8]) {
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
