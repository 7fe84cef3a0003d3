/// Texts of strangers made plain: tags stripped, entities decoded, blanks collapsed, cut at a limit.
enum PlainText {
  /// In characters (Unicode scalars), as the next.
  static let titleLimit = 500
  static let updateLimit = 4_000
  /// Of a component, a group, a region.
  static let nameLimit = 200

  static func title(_ text: String) -> String { clean(text, limit: titleLimit) }
  static func update(_ text: String) -> String { clean(text, limit: updateLimit) }
  static func name(_ text: String) -> String { clean(text, limit: nameLimit) }

  static func clean(_ text: String, limit: Int) -> String {
    let once = pass(Array(text.utf8), limit: limit, decoding: true)
    // Markup that was written as entities is markup too.
    guard once.decoded, once.bytes.contains(UInt8(ascii: "<")) else { return String(decoding: once.bytes, as: UTF8.self) }
    return String(decoding: pass(once.bytes, limit: limit, decoding: false).bytes, as: UTF8.self)
  }

  private static func pass(_ bytes: [UInt8], limit: Int, decoding: Bool) -> (bytes: [UInt8], decoded: Bool) {
    var writer = Writer(limit: limit, capacity: bytes.count)
    var decoded = false
    var index = 0
    while index < bytes.count, !writer.isFull {
      let byte = bytes[index]
      switch byte {
      case 0x21..<0x26, 0x27..<0x3C, 0x3D..<0x7F:
        writer.append(byte)
        index += 1
      case UInt8(ascii: "&"):
        if decoding, let (scalar, end) = Entity.read(bytes, at: index) {
          writer.append(scalar)
          decoded = true
          index = end
        } else {
          writer.append(byte)
          index += 1
        }
      case UInt8(ascii: "<"):
        if let (end, separates) = tag(bytes, at: index) {
          if separates { writer.blank() }
          index = end
        } else {
          writer.append(byte)
          index += 1
        }
      case 0..<0x80:
        writer.blank()
        index += 1
      default:
        index = writer.appendScalar(bytes, at: index)
      }
    }
    return (writer.bytes, decoded)
  }

  /// The end of the tag, the comment or the script at `index`, and whether it parts words; nil when no tag begins here.
  private static func tag(_ bytes: [UInt8], at index: Int) -> (end: Int, separates: Bool)? {
    var start = index + 1
    guard start < bytes.count else { return nil }
    if bytes[start...].starts(with: "!--".utf8) {
      return (end(of: "-->", in: bytes, from: start + 3) ?? bytes.count, false)
    }
    let isEnd = bytes[start] == UInt8(ascii: "/")
    if isEnd { start += 1 }
    guard start < bytes.count, isLetter(bytes[start]) || bytes[start] == UInt8(ascii: "!") || bytes[start] == UInt8(ascii: "?") else {
      return nil
    }
    guard let close = closing(bytes, from: start) else { return nil }
    var after = start
    while after < close, isLetter(bytes[after]) || isDigit(bytes[after]) { after += 1 }
    let name = String(decoding: bytes[start..<after], as: UTF8.self).lowercased()
    if !isEnd, name == "script" || name == "style" { return (end(of: "</\(name)>", in: bytes, from: close) ?? bytes.count, true) }
    return (close, !inline.contains(name))
  }

  /// How far a tag may reach, in bytes: what goes on for longer is no tag.
  private static let longestTag = 4_096

  /// Past the `>` of the tag, quotation marks heeded; nil when another tag begins first.
  private static func closing(_ bytes: [UInt8], from start: Int) -> Int? {
    var quote: UInt8 = 0
    for index in start..<min(bytes.count, start + longestTag) {
      let byte = bytes[index]
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == UInt8(ascii: ">") {
        return index + 1
      } else if byte == UInt8(ascii: "<") {
        return nil
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        if bytes[index - 1] == UInt8(ascii: "=") { quote = byte }
      }
    }
    return nil
  }

  /// Elements that stand within a word.
  private static let inline: Set<String> = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp", "small",
    "span",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
  ]

  /// Past the first `needle` (ASCII, lower case) from `start` on, in any case.
  static func end(of needle: String, in bytes: [UInt8], from start: Int) -> Int? {
    let wanted = Array(needle.utf8)
    guard start + wanted.count <= bytes.count else { return nil }
    search: for index in start...(bytes.count - wanted.count) {
      for offset in wanted.indices where lower(bytes[index + offset]) != wanted[offset] { continue search }
      return index + wanted.count
    }
    return nil
  }

  static func lower(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte | 0x20 : byte }
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
  static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }
  static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

  /// Lower case; every run of what is no letter and no digit becomes one hyphen.
  static func slug(_ text: String) -> String {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }
}

/// Puts single blanks between words, none at the ends, and stops at a number of characters.
private struct Writer {
  private(set) var bytes: [UInt8] = []
  private(set) var isFull = false
  private var left: Int
  private var owesBlank = false

  init(limit: Int, capacity: Int) {
    left = limit
    bytes.reserveCapacity(min(capacity, limit * 2))
  }

  mutating func blank() { owesBlank = !bytes.isEmpty }

  mutating func append(_ byte: UInt8) {
    guard makeRoom() else { return }
    bytes.append(byte)
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    let encoded = Array(UTF8.encode(scalar)!)
    _ = appendScalar(encoded, at: 0)
  }

  /// Appends the character at `index` of valid UTF-8 and gives the index after it.
  mutating func appendScalar(_ text: [UInt8], at index: Int) -> Int {
    let first = text[index]
    let end = min(text.count, index + (first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4))
    switch Self.meaning(text[index..<end]) {
    case .blank: blank()
    case .nothing: break
    case .text: if makeRoom() { bytes.append(contentsOf: text[index..<end]) }
    }
    return end
  }

  private mutating func makeRoom() -> Bool {
    let wanted = owesBlank ? 2 : 1
    guard left >= wanted else {
      isFull = true
      return false
    }
    if owesBlank { bytes.append(0x20) }
    owesBlank = false
    left -= wanted
    return true
  }

  private enum Meaning { case text, blank, nothing }

  private static func meaning(_ scalar: ArraySlice<UInt8>) -> Meaning {
    guard let first = scalar.first else { return .nothing }
    if first < 0x80 { return first > 0x20 && first != 0x7F ? .text : .blank }
    guard first == 0xC2 || first == 0xE2 || first == 0xE3 || first == 0xE1 || first == 0xEF else { return .text }
    switch scalar.dropFirst().reduce(UInt32(first), { $0 << 8 | UInt32($1) }) {
    case 0xC280...0xC2A0, 0xE28080...0xE2808A, 0xE280A8, 0xE280A9, 0xE280AF, 0xE2819F, 0xE38080, 0xE19A80: return .blank
    // What turns the direction of writing, and the byte-order mark.
    case 0xE280AA...0xE280AE, 0xE281A6...0xE281A9, 0xEFBBBF: return .nothing
    default: return .text
    }
  }
}
