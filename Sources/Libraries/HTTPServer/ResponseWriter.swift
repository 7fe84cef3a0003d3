import HTTPTypes

/// Puts a response head on the wire (RFC 9112 section 4).
enum ResponseWriter {
  static func appendHead(_ response: Response, framing: Response.Framing, keepAlive: Bool, isHTTP10: Bool, date: [UInt8], to output: inout [UInt8]) {
    appendStatusLine(response.status, to: &output)
    for field in response.headerFields where !isOurs(field.name) {
      output.append(contentsOf: field.name.rawName.utf8)
      output.append(contentsOf: [0x3A, 0x20])
      output.append(contentsOf: field.value.utf8)
      output.append(contentsOf: [0x0D, 0x0A])
    }
    output.append(contentsOf: date)
    switch framing {
    case .length(let length):
      append("Content-Length: ", to: &output)
      appendDecimal(length, to: &output)
      append("\r\n", to: &output)
    case .chunked: append("Transfer-Encoding: chunked\r\n", to: &output)
    case .untilClose, .none: break
    }
    if !keepAlive {
      append("Connection: close\r\n", to: &output)
    } else if isHTTP10 {
      append("Connection: keep-alive\r\n", to: &output)
    }
    append("\r\n", to: &output)
  }

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
    switch status.code {
    case 200: append("HTTP/1.1 200 OK\r\n", to: &output)
    case 201: append("HTTP/1.1 201 Created\r\n", to: &output)
    case 304: append("HTTP/1.1 304 Not Modified\r\n", to: &output)
    default:
      append("HTTP/1.1 ", to: &output)
      appendDecimal(status.code, to: &output)
      output.append(0x20)
      output.append(contentsOf: status.reasonPhrase.utf8)
      append("\r\n", to: &output)
    }
  }

  static func appendChunk(_ bytes: [UInt8], to output: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    output.append(contentsOf: String(bytes.count, radix: 16).utf8)
    output.append(contentsOf: [0x0D, 0x0A])
    output.append(contentsOf: bytes)
    output.append(contentsOf: [0x0D, 0x0A])
  }

  private static func append(_ literal: String, to output: inout [UInt8]) { output.append(contentsOf: literal.utf8) }

  private static func appendDecimal(_ number: Int, to output: inout [UInt8]) { output.append(contentsOf: String(number).utf8) }
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
