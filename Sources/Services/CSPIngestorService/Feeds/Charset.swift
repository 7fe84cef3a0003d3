/// The text of a body, whatever its characters are written in.
enum Charset: String, Sendable {
  case utf8 = "utf-8"
  case utf16BigEndian = "utf-16-be"
  case utf16LittleEndian = "utf-16-le"
  case latin1 = "iso-8859-1"
  case windows1252 = "windows-1252"

  /// `body` as UTF-8 without byte-order mark. Decided by the mark, else by where the NUL of the first character stands, else by the XML
  /// declaration, else by the header, else UTF-8; decoded strictly. Throws `empty` and `charset`.
  static func decode(_ body: [UInt8], contentType: String?) throws(Refusal) -> (text: [UInt8], charset: Charset) {
    guard body.contains(where: { !PlainText.isBlank($0) && $0 != 0 }) else { throw .empty }
    let (charset, mark) = try find(in: body, contentType: contentType)
    let text = try charset.decode(mark == 0 ? body : Array(body[mark...]))
    guard text.contains(where: { !PlainText.isBlank($0) }) else { throw .empty }
    return (text, charset)
  }

  /// The charset and the length of the byte-order mark.
  private static func find(in body: [UInt8], contentType: String?) throws(Refusal) -> (Charset, mark: Int) {
    let first = body[0]
    let second = body.count > 1 ? body[1] : 0
    switch (first, second) {
    case (0xEF, 0xBB) where body.count > 2 && body[2] == 0xBF: return (.utf8, 3)
    case (0xFE, 0xFF): return (.utf16BigEndian, 2)
    case (0xFF, 0xFE): return (.utf16LittleEndian, 2)
    case (0, 1...): return (.utf16BigEndian, 0)
    case (1..., 0) where body.count > 1: return (.utf16LittleEndian, 0)
    default: break
    }
    if let name = declared(in: body) ?? parameter(of: contentType) { return (try named(name), 0) }
    return (.utf8, 0)
  }

  /// `encoding` of an XML declaration.
  private static func declared(in body: [UInt8]) -> String? {
    let start = body.firstIndex { !PlainText.isBlank($0) } ?? 0
    guard body[start...].starts(with: "<?xml".utf8) else { return nil }
    let declaration = String(decoding: body[start...].prefix(256).prefix { $0 != UInt8(ascii: ">") }, as: UTF8.self)
    return value(after: "encoding", in: declaration)
  }

  /// `charset` of a Content-Type.
  private static func parameter(of contentType: String?) -> String? {
    guard let contentType, let semicolon = contentType.firstIndex(of: ";") else { return nil }
    return value(after: "charset", in: String(contentType[semicolon...]))
  }

  private static func value(after name: String, in text: String) -> String? {
    let parts = text.lowercased().split(separator: "=", maxSplits: 8).map { $0.split { " \t\r\n;\"'?".contains($0) } }
    for (left, right) in zip(parts, parts.dropFirst()) where left.last.map(String.init) == name { return right.first.map(String.init) }
    return nil
  }

  /// The label a document or a header gives. One of UTF-16 is met here only by a text that is none.
  private static func named(_ label: String) throws(Refusal) -> Charset {
    switch label {
    case "utf-8", "utf8", "us-ascii", "ascii": return .utf8
    case "utf-16be": return .utf16BigEndian
    case "utf-16le": return .utf16LittleEndian
    case "iso-8859-1", "latin1", "iso_8859-1", "l1": return .latin1
    case "windows-1252", "cp1252": return .windows1252
    default: throw .charset
    }
  }

  private func decode(_ bytes: [UInt8]) throws(Refusal) -> [UInt8] {
    switch self {
    case .utf8:
      guard String(validating: bytes, as: UTF8.self) != nil else { throw .charset }
      return bytes
    case .utf16BigEndian, .utf16LittleEndian:
      guard bytes.count.isMultiple(of: 2) else { throw .charset }
      let high = self == .utf16BigEndian ? 0 : 1
      let units = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0 + high]) << 8 | UInt16(bytes[$0 + 1 - high]) }
      guard let text = String(validating: units, as: UTF16.self) else { throw .charset }
      return Array(text.utf8)
    case .latin1, .windows1252:
      var text: [UInt8] = []
      text.reserveCapacity(bytes.count + bytes.count / 8)
      for byte in bytes {
        guard let scalar = scalar(byte) else { throw .charset }
        text.append(contentsOf: UTF8.encode(scalar)!)
      }
      return text
    }
  }

  private func scalar(_ byte: UInt8) -> Unicode.Scalar? {
    guard self == .windows1252, 0x80..<0xA0 ~= byte else { return Unicode.Scalar(byte) }
    let code = Self.windows1252Row[Int(byte) - 0x80]
    return code == 0 ? nil : Unicode.Scalar(code)
  }

  /// 0x80 to 0x9F; 0 is not assigned (the WHATWG's index gives control characters there).
  private static let windows1252Row: [UInt16] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
    0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]
}
