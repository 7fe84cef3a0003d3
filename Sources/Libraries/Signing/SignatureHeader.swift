extension RequestSignature {
  /// Longest header value read, in bytes: as much as a whole header block.
  public static let maximumHeaderBytes = 16_384
  private static let maximumParameters = 64

  /// The value of the Authorization header.
  public var header: String {
    var text = Array("Auth ?".utf8)
    text.reserveCapacity(512)
    func add(_ parameter: Parameter, _ value: String) {
      if text.last != UInt8(ascii: "?") { text.append(UInt8(ascii: "&")) }
      text.append(contentsOf: parameter.rawValue.utf8)
      text.append(UInt8(ascii: "="))
      FormText.append(value, to: &text)
    }
    add(.consumerKey, consumerKey)
    add(.callback, callback)
    add(.nonce, nonce)
    add(.token, token)
    add(.signature, signature)
    add(.timestamp, String(timestamp))
    add(.signatureMethod, signatureMethod)
    if let contentSignature { add(.contentSignature, contentSignature) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether an Authorization header is of this scheme (in any case, RFC 9110 section 11.1).
  public static func isSigned(header: String) -> Bool { start(of: Array(header.utf8)) != nil }

  /// Reads an Authorization header: parameters in any order, with or without the `?`, unknown ones ignored, none twice.
  /// Throws `SignatureRefusal`.
  public init(parsing header: String) throws(SignatureRefusal) {
    guard header.utf8.count <= Self.maximumHeaderBytes else { throw .tooLong }
    let bytes = Array(header.utf8)
    guard let start = Self.start(of: bytes) else { throw .notSigned }
    let values = try Self.values(in: bytes, from: start)
    func value(_ parameter: Parameter) throws(SignatureRefusal) -> String {
      guard let value = values[parameter], !value.isEmpty else { throw .missing(parameter.rawValue) }
      return value
    }
    consumerKey = try value(.consumerKey)
    callback = try value(.callback)
    nonce = try value(.nonce)
    token = try value(.token)
    signature = try value(.signature)
    timestamp = try Self.milliseconds(value(.timestamp))
    signatureMethod = try value(.signatureMethod)
    contentSignature = values[.contentSignature]
  }

  private enum Parameter: String {
    case consumerKey = "auth_consumer_key"
    case callback = "auth_callback"
    case nonce = "auth_nonce"
    case token = "auth_token"
    case signature = "auth_signature"
    case timestamp = "auth_timestamp"
    case signatureMethod = "auth_signature_method"
    case contentSignature = "auth_content_signature"
  }

  /// Where the parameters begin; nil when the header is of another scheme.
  private static func start(of header: [UInt8]) -> Int? {
    guard header.count > 4, header[4] == UInt8(ascii: " ") else { return nil }
    for (byte, letter) in zip(header, "auth".utf8) where byte | 0x20 != letter { return nil }
    var place = 5
    while place < header.count, header[place] == UInt8(ascii: " ") { place += 1 }
    if place < header.count, header[place] == UInt8(ascii: "?") { place += 1 }
    return place
  }

  private static func values(in header: [UInt8], from start: Int) throws(SignatureRefusal) -> [Parameter: String] {
    var values: [Parameter: String] = [:]
    var others: Set<String> = []
    var place = start
    var count = 0
    while place < header.count {
      let end = header[place...].firstIndex(of: UInt8(ascii: "&")) ?? header.count
      defer { place = end + 1 }
      if end == place { continue }
      count += 1
      guard count <= maximumParameters else { throw .tooLong }
      let equals = header[place..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
      guard let name = FormText.decoded(header[place..<equals]), let value = FormText.decoded(header[min(equals + 1, end)..<end]) else {
        throw .malformed
      }
      if let parameter = Parameter(rawValue: name) {
        guard values.updateValue(value, forKey: parameter) == nil else { throw .repeated(name) }
      } else {
        guard others.insert(name).inserted else { throw .malformed }
      }
    }
    return values
  }

  /// Plain decimal digits without leading zeros, so that one time has one spelling.
  private static func milliseconds(_ text: String) throws(SignatureRefusal) -> Int64 {
    guard (1...15).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0") else { throw .wrongTime }
    var value: Int64 = 0
    for byte in text.utf8 {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { throw .wrongTime }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
