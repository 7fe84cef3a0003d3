import Glibc
import HTTPTypes

/// Puts a response head on the wire (RFC 9112 section 4).
enum ResponseWriter {
  /// How the end of the body is shown to the client.
  enum Framing {
    case length(Int)
    case chunked
    case untilClose
    /// 204, 304 and 1xx have no body and no length.
    case none
  }

  static func appendHead(_ response: Response, framing: Framing, keepAlive: Bool, isHTTP10: Bool, date: [UInt8], to output: inout [UInt8]) {
    appendStatusLine(response.status, to: &output)
    for field in response.headerFields {
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

/// The `Date` field, formatted once a second (RFC 9110 section 5.6.7).
struct DateField {
  private var second: Int = -1
  private var line: [UInt8] = []

  mutating func bytes() -> [UInt8] {
    let now = time(nil)
    if now != second {
      second = now
      line = Array("Date: \(Self.text(now))\r\n".utf8)
    }
    return line
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`; the civil calendar from days since 1970.
  static func text(_ seconds: Int) -> String {
    let days = seconds / 86_400
    let time = seconds % 86_400
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(weekdays[days % 7]), \(two(day)) \(months[month]) \(year) \(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }
}
