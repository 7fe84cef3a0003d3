import Testing

@testable import HTTPServer

/// A request is refused for the same reason and at the same byte, however the network cuts it. Each of these once was not.
@Suite struct CutTests {
  private static let limits: Limits = {
    var limits = Limits()
    limits.headBytes = 64
    limits.targetBytes = 32
    limits.chunkExtensionBytes = 8
    return limits
  }()

  /// How many bytes it took and what came of them.
  private func head(_ text: String, step: Int) -> String {
    var come: [UInt8] = []
    var scanned = 0
    let bytes = Array(text.utf8)
    while come.count < bytes.count {
      come += bytes[come.count..<min(come.count + step, bytes.count)]
      do {
        if let end = try RequestHeadParser.end(in: come, from: 0, scanned: &scanned, limits: Self.limits) { return "\(end)" }
      } catch { return "\(error)" }
    }
    return "more"
  }

  @Test(arguments: [
    ("\rX", "badRequest(\"the method is not a token\")"),
    ("\r:GET / HTTP/1.1\r\n\r\n", "badRequest(\"the method is not a token\")"),
    ("GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 64) + "\n", "headTooLarge(limit: 64)"),
    ("GET /" + String(repeating: "y", count: 64) + "\n", "targetTooLong(limit: 32)"),
    ("\r\nGET / HTTP/1.0\r\n\r\n", "20"),
  ])
  func aHeadIsTheSame(text: String, outcome: String) {
    for step in 1...text.utf8.count { #expect(head(text, step: step) == outcome, "by \(step)") }
  }

  private func body(_ text: String, step: Int) -> String {
    var input = InputBuffer()
    let bytes = Array(text.utf8)
    do {
      var decoder = try BodyDecoder(.chunked, limit: 64, limits: Self.limits)
      for start in stride(from: 0, to: bytes.count, by: step) {
        input.append(bytes[start..<min(start + step, bytes.count)])
        try input.takeBody(&decoder)
      }
      return decoder.isDone ? String(decoding: decoder.body, as: UTF8.self) : "more"
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    ("2 P" + String(repeating: "y", count: 9), "badRequest(\"a chunk size is not hexadecimal\")"),
    ("2" + String(repeating: " ", count: 9) + "P", "badRequest(\"a chunk extension is too long\")"),
    ("2;" + String(repeating: "y", count: 9), "badRequest(\"a chunk extension is too long\")"),
    ("2  \r\nhi\r\n0\r\n\r\n", "badRequest(\"a chunk size is followed by a blank\")"),
    ("2 ;a=b\r\nhi\r\n0\r\n\r\n", "hi"),
  ])
  func aBodyIsTheSame(text: String, outcome: String) {
    for step in 1...text.utf8.count { #expect(body(text, step: step) == outcome, "by \(step)") }
  }
}
