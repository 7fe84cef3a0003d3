/// `name=value&…` (application/x-www-form-urlencoded), decoded: `+` is a blank, bytes that are not UTF-8 are replaced.
public struct Query: Sendable {
  public let items: [(name: String, value: String)]

  public init(_ raw: String) {
    items = Array(raw.utf8).split(separator: UInt8(ascii: "&")).map { item in
      let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return (Self.decoded(parts[0], plusIsBlank: true), parts.count > 1 ? Self.decoded(parts[1], plusIsBlank: true) : "")
    }
  }

  /// The first value of `name`.
  public subscript(name: String) -> String? { items.first { $0.name == name }?.value }
  public func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

  /// Percent-decodes once (RFC 3986 section 2.1).
  static func decoded(_ text: ArraySlice<UInt8>, plusIsBlank: Bool = false) -> String {
    let isEncoded = text.contains { $0 == UInt8(ascii: "%") || plusIsBlank && $0 == UInt8(ascii: "+") }
    guard isEncoded else { return String(decoding: text, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: "%"), index + 1 < text.endIndex, let first = text[index].hexDigitValue,
        let second = text[index + 1].hexDigitValue
      {
        bytes.append(first << 4 | second)
        index += 2
      } else {
        bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
