import HTTPTypes
import Reactor

/// Reads one request head (RFC 9112 sections 2 to 6), strictly: what a front proxy could read differently is refused.
/// The one leniency RFC 9112 section 2.2 asks for: one empty line before the request line is skipped.
struct RequestHeadParser {
  private let bytes: [UInt8]
  private let limits: Limits
  private var index: Int
  private let end: Int
  private var head: RequestHead
  private var hostCount = 0
  private var contentLength: Int?
  private var transferCoding: Range<Int>?
  private var isClosing = false

  /// The number of bytes of `input`, from `start`, up to and with the empty line; nil when it has not come yet.
  /// `scanned` is where looking goes on with the next bytes. Throws as soon as it is clear that this becomes no head:
  /// too large, another protocol, a bare line feed.
  static func end(in input: [UInt8], from start: Int, scanned: inout Int, limits: Limits) throws(Refusal) -> Int? {
    let headStart = skipEmptyLine(input, start)
    var index = max(scanned, headStart)
    if headStart < input.count, !input[headStart].isTokenCharacter {
      let mayBecomeAnEmptyLine = input[headStart] == 0x0D && headStart == start && headStart + 1 == input.count
      guard mayBecomeAnEmptyLine else { throw .badRequest("the method is not a token") }
    }
    while let lineFeed = input.firstIndex(of: 0x0A, from: index) {
      guard lineFeed - headStart < limits.headBytes else { throw tooLarge(input, headStart, limits) }
      guard lineFeed > headStart, input[lineFeed - 1] == 0x0D else { throw .badRequest("a line does not end with CR LF") }
      if lineFeed - headStart >= 3, input[lineFeed - 2] == 0x0A { return lineFeed + 1 - start }
      index = lineFeed + 1
    }
    scanned = input.count
    if input.count - headStart > limits.headBytes { throw tooLarge(input, headStart, limits) }
    return nil
  }

  private static func skipEmptyLine(_ input: [UInt8], _ start: Int) -> Int {
    start + 1 < input.count && input[start] == 0x0D && input[start + 1] == 0x0A ? start + 2 : start
  }

  /// The target is what is too long when the first line alone does not fit.
  private static func tooLarge(_ input: [UInt8], _ start: Int, _ limits: Limits) -> Refusal {
    let lineEnd = input[start...].firstIndex(of: 0x0A) ?? input.count
    return lineEnd - start > limits.targetBytes ? .targetTooLong(limit: limits.targetBytes) : .headTooLarge(limit: limits.headBytes)
  }

  /// Parses the head that `end(in:from:scanned:limits:)` found, `range` of `bytes`.
  static func parse(_ bytes: [UInt8], _ range: Range<Int>, limits: Limits) throws(Refusal) -> RequestHead {
    var parser = RequestHeadParser(bytes: bytes, range: range, limits: limits)
    try parser.requestLine()
    try parser.fields()
    try parser.checkWhole()
    return parser.head
  }

  private init(bytes: [UInt8], range: Range<Int>, limits: Limits) {
    self.bytes = bytes
    self.limits = limits
    index = Self.skipEmptyLine(bytes, range.lowerBound)
    end = range.upperBound
    head = RequestHead(bytes: bytes)
    head.fields.reserveCapacity(12)
  }

  // MARK: - Request line (section 3)

  private mutating func requestLine() throws(Refusal) {
    let method = index
    while bytes[index].isTokenCharacter { index += 1 }
    guard bytes[index] == 0x20, index > method else { throw .badRequest("the method is not a token followed by one space") }
    let methodRange = method..<index
    index += 1
    let target = index
    while bytes[index] > 0x20, bytes[index] < 0x7F { index += 1 }
    guard bytes[index] == 0x20, index > target else { throw .badRequest("the target is not visible ASCII followed by one space") }
    let targetRange = target..<index
    guard targetRange.count <= limits.targetBytes else { throw .targetTooLong(limit: limits.targetBytes) }
    index += 1
    try version()
    head.method = try knownMethod(methodRange)
    try splitTarget(targetRange)
  }

  private mutating func version() throws(Refusal) {
    guard index + 10 <= end, isNext(Self.http), bytes[index + 6] == UInt8(ascii: "."),
      bytes[index + 5] &- 0x30 < 10, bytes[index + 7] &- 0x30 < 10, bytes[index + 8] == 0x0D, bytes[index + 9] == 0x0A
    else { throw .badRequest("the request line does not end with a version such as HTTP/1.1") }
    guard bytes[index + 5] == UInt8(ascii: "1"), bytes[index + 7] <= UInt8(ascii: "1") else { throw .unsupportedVersion }
    head.isHTTP10 = bytes[index + 7] == UInt8(ascii: "0")
    head.keepsAlive = !head.isHTTP10
    index += 10
  }

  private func knownMethod(_ range: Range<Int>) throws(Refusal) -> HTTPRequest.Method {
    for (name, method) in Self.methods where name.count == range.count && bytes[range] == name[...] { return method }
    throw .notImplemented("The method \(head.text(range.prefix(32)))")
  }

  private static let methods: [([UInt8], HTTPRequest.Method)] = [
    .get, .post, .put, .patch, .delete, .head, .options, .trace, .query,
  ].map { (method: HTTPRequest.Method) in (Array(method.rawValue.utf8), method) }
  private static let http = Array("HTTP/".utf8)

  private func isNext(_ text: [UInt8]) -> Bool {
    for offset in 0..<text.count where bytes[index + offset] != text[offset] { return false }
    return true
  }

  /// Origin form, absolute form, and `*` for OPTIONS (section 3.2).
  private mutating func splitTarget(_ range: Range<Int>) throws(Refusal) {
    var start = range.lowerBound
    if bytes[start] != UInt8(ascii: "/") {
      if range.count == 1, bytes[start] == UInt8(ascii: "*"), head.method == .options {
        head.path = range
        return
      }
      start = try endOfAuthority(range)
    }
    var query: Int?
    var position = start
    while position < range.upperBound {
      switch bytes[position] {
      case UInt8(ascii: "?") where query == nil: query = position
      case UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"):
        throw .badRequest("the target holds a character that must be percent-encoded")
      case UInt8(ascii: "%"):
        guard position + 2 < range.upperBound, let high = bytes[position + 1].hexDigitValue, let low = bytes[position + 2].hexDigitValue,
          high | low != 0
        else { throw .badRequest("the target holds a percent sign that encodes nothing") }
      default: break
      }
      position += 1
    }
    head.path = start..<(query ?? range.upperBound)
    if let query { head.query = (query + 1)..<range.upperBound }
  }

  /// Where the path of `http://authority/path` begins; it may be empty (RFC 9110 section 4.2.3).
  private func endOfAuthority(_ range: Range<Int>) throws(Refusal) -> Int {
    let text = bytes[range]
    let scheme = ["http://", "https://"].first { text.prefix($0.utf8.count).map(\.lowercasedASCII).elementsEqual($0.utf8) }
    guard let scheme else { throw .badRequest("the target is neither a path nor an http address") }
    let authority = text.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard isHost(authority) else { throw .badRequest("the target's host is not valid") }
    return authority.endIndex
  }

  // MARK: - Fields (section 5)

  private mutating func fields() throws(Refusal) {
    while true {
      if bytes[index] == 0x0D {
        guard index + 2 == end, bytes[index + 1] == 0x0A else { throw .badRequest("a carriage return stands alone") }
        return
      }
      guard head.fields.count < limits.fields else { throw .headTooLarge(limit: limits.headBytes) }
      try field()
    }
  }

  private mutating func field() throws(Refusal) {
    let name = index
    while bytes[index].isTokenCharacter { index += 1 }
    guard index > name, bytes[index] == UInt8(ascii: ":") else { throw badName(at: name) }
    let nameRange = name..<index
    index += 1
    while bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    let value = index
    while bytes[index].isFieldValueCharacter { index += 1 }
    guard bytes[index] == 0x0D, index + 1 < end, bytes[index + 1] == 0x0A else {
      throw .badRequest("a field value holds a control character or a line end that is not CR LF")
    }
    var valueEnd = index
    while valueEnd > value, bytes[valueEnd - 1] == 0x20 || bytes[valueEnd - 1] == 0x09 { valueEnd -= 1 }
    index += 2
    let field = RequestHead.Field(name: nameRange, value: value..<valueEnd)
    head.fields.append(field)
    try interpret(field)
  }

  private func badName(at name: Int) -> Refusal {
    switch bytes[name] {
    case 0x20, 0x09: .badRequest("a field is folded over two lines")
    case _ where bytes[index] == 0x20 || bytes[index] == 0x09: .badRequest("a blank stands before a colon")
    default: .badRequest("a field name is not a token")
    }
  }

  /// The fields that decide how the message is read.
  private mutating func interpret(_ field: RequestHead.Field) throws(Refusal) {
    switch field.name.count {
    case 4 where equal(field.name, Self.host):
      hostCount += 1
      guard hostCount == 1, isHost(bytes[field.value]) else { throw .badRequest("Host is given twice or is not valid") }
    case 6 where equal(field.name, Self.expect):
      guard equal(field.value, Self.hundredContinue) else { throw .unknownExpectation }
      head.expectsContinue = !head.isHTTP10
    case 10 where equal(field.name, Self.connection): connectionOptions(field)
    case 14 where equal(field.name, Self.contentLength): try length(field)
    case 17 where equal(field.name, Self.transferEncoding):
      guard transferCoding == nil else { throw .badRequest("Transfer-Encoding is given twice") }
      transferCoding = field.value
    default: break
    }
  }

  private mutating func connectionOptions(_ field: RequestHead.Field) {
    for option in bytes[field.value].split(separator: UInt8(ascii: ",")) {
      let name = option.filter { $0 != 0x20 && $0 != 0x09 }.map(\.lowercasedASCII)
      if name.elementsEqual("close".utf8) { isClosing = true }
      if name.elementsEqual("keep-alive".utf8) { head.keepsAlive = true }
    }
  }

  private mutating func length(_ field: RequestHead.Field) throws(Refusal) {
    guard contentLength == nil else { throw .badRequest("Content-Length is given twice") }
    guard !field.value.isEmpty, bytes[field.value].allSatisfy({ $0 &- 0x30 < 10 }) else {
      throw .badRequest("Content-Length is not a number")
    }
    contentLength = Int(head.text(field.value)) ?? Int.max
  }

  // MARK: - The message as a whole (section 6)

  private mutating func checkWhole() throws(Refusal) {
    if isClosing { head.keepsAlive = false }
    if hostCount == 0, !head.isHTTP10 { throw .badRequest("Host is missing") }
    guard let transferCoding else {
      if let contentLength { head.framing = .length(contentLength) }
      return
    }
    guard contentLength == nil else { throw .badRequest("both Content-Length and Transfer-Encoding are given") }
    guard !head.isHTTP10 else { throw .badRequest("Transfer-Encoding is not part of HTTP/1.0") }
    let codings = bytes[transferCoding].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self).trimmingBlanks().lowercased() }
    guard codings.last == "chunked" else { throw .badRequest("the last transfer coding is not chunked") }
    guard codings.count == 1 else {
      if codings.dropLast().contains("chunked") { throw .badRequest("chunked is applied twice") }
      throw .notImplemented("The transfer coding \(codings[0].prefix(32))")
    }
    head.framing = .chunked
  }

  private static let host = Array("host".utf8)
  private static let expect = Array("expect".utf8)
  private static let connection = Array("connection".utf8)
  private static let contentLength = Array("content-length".utf8)
  private static let transferEncoding = Array("transfer-encoding".utf8)
  private static let hundredContinue = Array("100-continue".utf8)

  private func equal(_ range: Range<Int>, _ lowercased: [UInt8]) -> Bool {
    guard range.count == lowercased.count else { return false }
    for offset in 0..<lowercased.count where bytes[range.lowerBound + offset].lowercasedASCII != lowercased[offset] { return false }
    return true
  }

  /// `uri-host [":" port]` (RFC 3986 section 3.2.2).
  private func isHost(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first else { return false }
    var rest = text
    if first == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")), close > text.startIndex + 2 else { return false }
      let inside = text[(text.startIndex + 1)..<close]
      guard inside.allSatisfy({ $0.hexDigitValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else { return false }
      rest = text[(close + 1)...]
    } else {
      rest = text.drop {
        $0.isTokenCharacter && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "^") && $0 != UInt8(ascii: "`") && $0 != UInt8(ascii: "|")
          || $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: ")") || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "=")
      }
      guard rest.startIndex > text.startIndex else { return false }
    }
    guard let colon = rest.first else { return true }
    let port = rest.dropFirst()
    guard colon == UInt8(ascii: ":"), port.count <= 5, port.allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
    return port.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
  }
}

extension String {
  func trimmingBlanks() -> String {
    let start = utf8.drop { $0 == 0x20 || $0 == 0x09 }
    let end = start.lastIndex { $0 != 0x20 && $0 != 0x09 }
    guard let end else { return "" }
    return String(self[start.startIndex...end])
  }
}
