extension RequestSignature {
  /// Longest header value read, in bytes: as much as a whole header block.
  public static let maximumHeaderBytes = 16_384
  private static let maximumParameters = 64

  /// The value of the Authorization header.
  public var header: String {
    var pairs = [
      ("auth_consumer_key", consumerKey), ("auth_callback", callback), ("auth_nonce", nonce), ("auth_token", token),
      ("auth_signature", signature), ("auth_timestamp", String(timestamp)), ("auth_signature_method", signatureMethod),
    ]
    if let contentSignature { pairs.append(("auth_content_signature", contentSignature)) }
    return "Auth ?" + pairs.map { "\($0)=\(FormText.encoded($1))" }.joined(separator: "&")
  }

  /// Whether an Authorization header is of this scheme (in any case, RFC 9110 section 11.1).
  public static func isSigned(header: String) -> Bool { parameters(of: header) != nil }

  /// Reads an Authorization header: parameters in any order, with or without the `?`, unknown ones ignored, none twice.
  /// Throws `SignatureRefusal`.
  public init(parsing header: String) throws(SignatureRefusal) {
    guard header.utf8.count <= Self.maximumHeaderBytes else { throw .tooLong }
    guard let parameters = Self.parameters(of: header) else { throw .notSigned }
    let values = try Self.values(in: parameters)
    func value(_ name: String) throws(SignatureRefusal) -> String {
      guard let value = values[name], !value.isEmpty else { throw .missing(name) }
      return value
    }
    consumerKey = try value("auth_consumer_key")
    callback = try value("auth_callback")
    nonce = try value("auth_nonce")
    token = try value("auth_token")
    signature = try value("auth_signature")
    timestamp = try Self.milliseconds(value("auth_timestamp"))
    signatureMethod = try value("auth_signature_method")
    contentSignature = values["auth_content_signature"]
  }

  private static func parameters(of header: String) -> Substring.UTF8View? {
    let bytes = header.utf8
    let scheme = "auth".utf8
    guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
    var rest = bytes.dropFirst(scheme.count)
    guard rest.first == UInt8(ascii: " ") else { return nil }
    rest = rest.drop { $0 == UInt8(ascii: " ") }
    return rest.first == UInt8(ascii: "?") ? rest.dropFirst() : rest
  }

  private static func values(in parameters: Substring.UTF8View) throws(SignatureRefusal) -> [String: String] {
    let pairs = parameters.split(separator: UInt8(ascii: "&"), maxSplits: maximumParameters)
    guard pairs.count <= maximumParameters else { throw .tooLong }
    var values: [String: String] = [:]
    for pair in pairs {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = FormText.decoded(parts[0]), let value = FormText.decoded(parts.count > 1 ? parts[1] : "".utf8[...]) else {
        throw .malformed
      }
      guard values.updateValue(value, forKey: name) == nil else { throw .repeated(known(name)) }
    }
    return values
  }

  /// What may be said back: the names of the scheme, not what else was sent.
  private static func known(_ name: String) -> String { name.hasPrefix("auth_") && name.utf8.count <= 32 ? name : "name" }

  /// Plain decimal digits without leading zeros, so that one time has one spelling.
  private static func milliseconds(_ text: String) throws(SignatureRefusal) -> Int64 {
    guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      text.utf8.first != UInt8(ascii: "0"), let value = Int64(text)
    else { throw .wrongTime }
    return value
  }
}
