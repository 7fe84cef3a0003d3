/// Collects one request body, by length or by chunks (RFC 9112 section 7.1).
struct BodyDecoder {
  private(set) var body: [UInt8] = []
  private let limit: Int
  private let limits: Limits
  private var state: State

  private enum State {
    case length(remaining: Int)
    case chunkSize
    case chunk(remaining: Int)
    case chunkEnd
    case trailers(bytes: Int)
    case done
  }

  /// `limit` is in bytes. Throws 413 when the length is already over it.
  init(_ framing: RequestHead.Framing, limit: Int, limits: Limits) throws(Refusal) {
    self.limit = limit
    self.limits = limits
    switch framing {
    case .none: state = .done
    case .length(let length):
      guard length <= limit else { throw .bodyTooLarge(limit: limit) }
      state = length == 0 ? .done : .length(remaining: length)
    case .chunked: state = .chunkSize
    }
  }

  var isDone: Bool { if case .done = state { true } else { false } }

  /// Takes what belongs to the body from `input`, beginning at `start`, and moves `start` past it.
  mutating func take(from input: [UInt8], at start: inout Int) throws(Refusal) {
    while !isDone {
      switch state {
      case .done: return
      case .length(let remaining):
        let count = copy(remaining, input, &start)
        state = count == remaining ? .done : .length(remaining: remaining - count)
        if count < remaining { return }
      case .chunk(let remaining):
        let count = copy(remaining, input, &start)
        state = count == remaining ? .chunkEnd : .chunk(remaining: remaining - count)
        if count < remaining { return }
      case .chunkEnd:
        guard try takeLineEnd(input, &start) else { return }
        state = .chunkSize
      case .chunkSize:
        guard let size = try takeChunkSize(input, &start) else { return }
        guard size <= limit - body.count else { throw .bodyTooLarge(limit: limit) }
        state = size == 0 ? .trailers(bytes: 0) : .chunk(remaining: size)
      case .trailers(let bytes):
        guard let length = try takeTrailer(input, &start, before: bytes) else { return }
        state = length == 0 ? .done : .trailers(bytes: bytes + length)
      }
    }
  }

  private mutating func copy(_ wanted: Int, _ input: [UInt8], _ start: inout Int) -> Int {
    let count = min(wanted, input.count - start)
    body.append(contentsOf: input[start..<start + count])
    start += count
    return count
  }

  private func takeLineEnd(_ input: [UInt8], _ start: inout Int) throws(Refusal) -> Bool {
    guard start < input.count else { return false }
    guard input[start] == 0x0D else { throw .badRequest("a chunk does not end with CR LF") }
    guard start + 1 < input.count else { return false }
    guard input[start + 1] == 0x0A else { throw .badRequest("a chunk does not end with CR LF") }
    start += 2
    return true
  }

  /// `chunk-size [ chunk-ext ] CRLF`; nil while the line is incomplete.
  private func takeChunkSize(_ input: [UInt8], _ start: inout Int) throws(Refusal) -> Int? {
    var index = start
    var size = 0
    while index < input.count, let digit = input[index].hexDigitValue {
      guard index - start < 15 else { throw .badRequest("a chunk size is too long") }
      size = size << 4 | Int(digit)
      index += 1
    }
    guard index < input.count else { return nil }
    guard index > start else { throw .badRequest("a chunk size is not hexadecimal") }
    let extensions = index
    while index < input.count, index - extensions <= limits.chunkExtensionBytes, input[index].isFieldValueCharacter { index += 1 }
    let first = input[extensions..<index].first { $0 != 0x20 && $0 != 0x09 }
    guard first == nil || first == UInt8(ascii: ";") else { throw .badRequest("a chunk size is not hexadecimal") }
    guard index - extensions <= limits.chunkExtensionBytes else { throw .badRequest("a chunk extension is too long") }
    guard index < input.count else { return nil }
    guard first != nil || index == extensions else { throw .badRequest("a chunk size is followed by a blank") }
    guard input[index] == 0x0D else { throw .badRequest("a chunk size is followed by something else than CR LF") }
    guard index + 1 < input.count else { return nil }
    guard input[index + 1] == 0x0A else { throw .badRequest("a chunk size is followed by something else than CR LF") }
    start = index + 2
    return size
  }

  /// One trailer line, ignored (RFC 9110 section 6.5.1), or the empty line that ends the body (0); nil while incomplete.
  private func takeTrailer(_ input: [UInt8], _ start: inout Int, before: Int) throws(Refusal) -> Int? {
    var index = start
    while index < input.count, input[index].isFieldValueCharacter { index += 1 }
    guard before + index - start <= limits.trailerBytes else { throw .headTooLarge(limit: limits.trailerBytes) }
    guard index < input.count else { return nil }
    guard input[index] == 0x0D else { throw .badRequest("a trailer line does not end with CR LF") }
    guard index + 1 < input.count else { return nil }
    guard input[index + 1] == 0x0A else { throw .badRequest("a trailer line does not end with CR LF") }
    let line = input[start..<index]
    if !line.isEmpty {
      let name = line.prefix { $0.isTokenCharacter }
      guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == UInt8(ascii: ":") else {
        throw .badRequest("a trailer field has no name")
      }
    }
    start = index + 2
    return line.count
  }
}
