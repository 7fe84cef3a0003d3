/// A reply of Redis (RESP2), its bytes copied.
public enum RedisValue: Sendable, Equatable {
  case null
  case integer(Int)
  /// A bulk string.
  case bytes([UInt8])
  /// A simple string such as `OK`.
  case status(String)
  /// An error inside an array; as a whole reply it is thrown as `RedisFailure`.
  case error(String)
  case array([RedisValue])

  /// The text of a bulk string (what is not UTF-8 is repaired) or of a status, else nil.
  public var string: String? {
    switch self {
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .status(let text): text
    default: nil
    }
  }

  /// An integer, also one written in decimal digits in a bulk string or status, else nil.
  public var int: Int? {
    if case .integer(let number) = self { return number }
    return string.flatMap { Int($0) }
  }

  /// The bytes of a bulk string or of a status, else nil.
  public var bytes: [UInt8]? {
    switch self {
    case .bytes(let bytes): bytes
    case .status(let text): Array(text.utf8)
    default: nil
    }
  }

  /// The elements of an array, else nil.
  public var array: [RedisValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  public var isNull: Bool { self == .null }
}

/// One word of a command.
public enum RedisArgument: Sendable, Equatable {
  case string(String)
  case bytes([UInt8])
  case integer(Int)
}

extension RedisArgument: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
  public init(stringLiteral text: String) { self = .string(text) }
  public init(integerLiteral number: Int) { self = .integer(number) }
}
