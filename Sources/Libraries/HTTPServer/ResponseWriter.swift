import HTTPTypes

/// Puts a response head on the wire (RFC 9112 section 4).
enum ResponseWriter {
  static func appendHead(
    _ response: Response, framing: Response.Framing, keepAlive: Bool, isHTTP10: Bool, date: [UInt8], to output: inout [UInt8]
  ) {
    appendStatusLine(response.status, to: &output)
    for field in response.headerFields where !isOurs(field.name) {
      output.append(contentsOf: field.name.rawName.utf8)
      output.append(0x3A)
      output.append(0x20)
      output.append(contentsOf: field.value.utf8)
      output.append(0x0D)
      output.append(0x0A)
    }
    output.append(contentsOf: date)
    switch framing {
    case .length(let length):
      output.append(contentsOf: contentLength)
      appendDecimal(length, to: &output)
      output.append(contentsOf: lineEnd)
    case .chunked: output.append(contentsOf: chunked)
    case .untilClose, .none: break
    }
    if !keepAlive {
      output.append(contentsOf: close)
    } else if isHTTP10 {
      output.append(contentsOf: stay)
    }
    output.append(contentsOf: lineEnd)
  }

  private static let ok = Array("HTTP/1.1 200 OK\r\n".utf8)
  private static let version = Array("HTTP/1.1 ".utf8)
  private static let contentLength = Array("Content-Length: ".utf8)
  private static let chunked = Array("Transfer-Encoding: chunked\r\n".utf8)
  private static let close = Array("Connection: close\r\n".utf8)
  private static let stay = Array("Connection: keep-alive\r\n".utf8)
  private static let lineEnd: [UInt8] = [0x0D, 0x0A]

  /// Fields that say how this message is sent: only the server knows.
  private static func isOurs(_ name: HTTPField.Name) -> Bool {
    switch name.rawName.utf8.count {
    case 4: name.canonicalName == "date"
    case 10: name.canonicalName == "connection"
    case 14: name.canonicalName == "content-length"
    case 17: name.canonicalName == "transfer-encoding"
    default: false
    }
  }

  private static func appendStatusLine(_ status: HTTPResponse.Status, to output: inout [UInt8]) {
    if status.code == 200 { return output.append(contentsOf: ok) }
    output.append(contentsOf: version)
    appendDecimal(status.code, to: &output)
    output.append(0x20)
    output.append(contentsOf: status.reasonPhrase.utf8)
    output.append(contentsOf: lineEnd)
  }

  static func appendChunk(_ bytes: [UInt8], to output: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    output.append(contentsOf: String(bytes.count, radix: 16).utf8)
    output.append(contentsOf: lineEnd)
    output.append(contentsOf: bytes)
    output.append(contentsOf: lineEnd)
  }

  /// Digits by hand: a String costs ten times as much.
  private static func appendDecimal(_ number: Int, to output: inout [UInt8]) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      output.append(0x30 + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}

extension Response {
  /// How the end of the body is shown to the client (RFC 9112 section 6).
  enum Framing {
    case length(Int)
    case chunked
    case untilClose
    /// 204, 304 and 1xx have no body and no length.
    case none
  }

  var mayHaveBody: Bool { status.kind != .informational && status != .noContent && status != .notModified }

  func framing(isHTTP10: Bool) -> Framing {
    guard mayHaveBody else { return .none }
    return switch body {
    case .none: .length(0)
    case .bytes(let bytes): .length(bytes.count)
    case .stream: isHTTP10 ? .untilClose : .chunked
    }
  }
}
