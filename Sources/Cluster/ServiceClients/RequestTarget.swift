/// The target of a call: a path and what is asked in its query.
public enum RequestTarget {
  /// `path` with the parameters that have a value, percent-encoded.
  public static func text(_ path: String, _ query: KeyValuePairs<String, String?>) -> String {
    let given = query.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }
    return given.isEmpty ? path : path + "?" + given.joined(separator: "&")
  }

  /// Everything but unreserved characters percent-encoded (RFC 3986 section 2.3).
  public static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return encoded
  }

  /// One segment of a path: `.` and `..` are names here, no steps.
  public static func segment(_ text: String) -> String {
    text == "." || text == ".." ? text.replacing(".", with: "%2E") : encoded(text)
  }
}

/// A page of a list.
public struct Listing<Item: Sendable>: Sendable {
  public let items: [Item]
  /// On all pages.
  public let total: Int

  public init(items: [Item], total: Int) {
    self.items = items
    self.total = total
  }
}
