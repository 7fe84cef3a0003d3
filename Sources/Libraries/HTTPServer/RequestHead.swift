import HTTPTypes

/// A parsed request line and its header fields, kept as ranges into the bytes that came: a String is made only for what is asked.
struct RequestHead {
  struct Field {
    let name: Range<Int>
    let value: Range<Int>
  }

  let bytes: [UInt8]
  var method: HTTPRequest.Method = .get
  var path: Range<Int> = 0..<0
  /// Without the `?`; nil when there is none.
  var query: Range<Int>?
  var isHTTP10 = false
  var fields: [Field] = []
  var framing = Framing.none
  var keepsAlive = true
  var expectsContinue = false

  /// How the end of the body is known (RFC 9112 section 6.3).
  enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The values of every field with this name, joined by `, `.
  func value(_ name: HTTPField.Name) -> String? {
    var joined: String?
    for field in fields where matches(field, name.canonicalName) {
      let next = text(field.value)
      joined = joined.map { "\($0), \(next)" } ?? next
    }
    return joined
  }

  func matches(_ field: Field, _ canonicalName: String) -> Bool {
    let name = canonicalName.utf8
    guard name.count == field.name.count else { return false }
    var index = field.name.lowerBound
    for byte in name {
      guard bytes[index].lowercasedASCII == byte else { return false }
      index += 1
    }
    return true
  }
}

extension UInt8 {
  var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  /// `tchar` of RFC 9110 section 5.6.2.
  var isTokenCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// Visible characters, blanks and `obs-text` (RFC 9110 section 5.5).
  var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }

  var hexDigitValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - 0x30
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - 0x57
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - 0x37
    default: nil
    }
  }
}
