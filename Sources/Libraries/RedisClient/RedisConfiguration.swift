/// Where Redis is, and the limits of the client.
public struct RedisConfiguration: Sendable {
  /// How long one command may take, connecting for the first time included.
  public var commandTimeout: Duration = .seconds(2)
  /// How long each step of connecting (connect, AUTH, SELECT, PING) may take at one address.
  public var connectTimeout: Duration = .seconds(2)
  /// Commands without a reply on one connection; beyond, `.overloaded`.
  public var inFlightLimit = 10_000
  /// Bytes not yet taken by the kernel on one connection; beyond, `.overloaded`.
  public var unsentByteLimit = 64 << 20
  /// A connection whose oldest reply is overdue by this much is dropped and made again.
  public var stallTimeout: Duration = .seconds(5)
  /// The pause before the first attempt to reconnect; it doubles, and each is cut by up to half at random.
  public var firstReconnectDelay: Duration = .milliseconds(50)
  /// The longest pause between attempts to reconnect.
  public var longestReconnectDelay: Duration = .seconds(2)
  /// Connections for blocking commands on one loop; beyond, `.overloaded`.
  public var blockingLimit = 16

  let server: RedisServer

  /// `redis://[user][:password@]host[:port][/db]` or `redis+unix://[[user]:password@]/path.sock[?db=n]`;
  /// user, password and path are percent-decoded. Port 6379 and database 0 unless given.
  public init(url: String) throws(RedisURLError) { server = try RedisServer(url: url) }

  /// The host and port, or the path; never a password.
  public var address: String { server.place.description }
}

/// What a Redis URL says.
struct RedisServer: Sendable, Equatable {
  enum Place: Sendable, Equatable, CustomStringConvertible {
    case host(String, port: UInt16)
    case path(String)

    var description: String {
      switch self {
      case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      case .path(let path): path
      }
    }
  }

  var place: Place
  /// Empty for the default user.
  var user = ""
  var password: String?
  var database = 0
}

/// What is wrong with a Redis URL, in a line that can be shown: it does not repeat the password.
public struct RedisURLError: Error, Equatable, CustomStringConvertible {
  public let description: String
}

extension RedisServer {
  init(url: String) throws(RedisURLError) {
    guard let mark = url.firstRange(of: "://") else {
      throw RedisURLError(description: "a Redis URL starts with redis:// or redis+unix://")
    }
    let scheme = url[..<mark.lowerBound].lowercased()
    let rest = url[mark.upperBound...]
    if rest.contains("#") { throw RedisURLError(description: "a Redis URL has no #fragment; write # in a password as %23") }
    let query = rest.firstIndex(of: "?")
    let beforeQuery = rest[..<(query ?? rest.endIndex)]
    let slash = beforeQuery.firstIndex(of: "/") ?? beforeQuery.endIndex
    let authority = beforeQuery[..<slash]
    let at = authority.lastIndex(of: "@")
    let host = at.map { authority[authority.index(after: $0)...] } ?? authority
    let path = beforeQuery[slash...]
    switch scheme {
    case "redis":
      guard query == nil else { throw RedisURLError(description: "redis:// takes no ?query; the database goes after the port: /1") }
      place = try Self.place(host)
      database = try path.count > 1 ? Self.number(path.dropFirst(), "the database") : 0
    case "redis+unix":
      guard host.isEmpty else { throw RedisURLError(description: "redis+unix:// takes an absolute path: redis+unix:///run/redis.sock") }
      place = try Self.place(path: path)
      database = try query.map { position throws(RedisURLError) in try Self.database(rest[rest.index(after: position)...]) } ?? 0
    case "rediss": throw RedisURLError(description: "rediss:// is not supported: there is no TLS here; use redis:// or a tunnel")
    case "redis+sentinel": throw RedisURLError(description: "redis+sentinel:// is not supported yet; give the primary as redis://")
    default: throw RedisURLError(description: "unknown scheme \(scheme)://; a Redis URL starts with redis:// or redis+unix://")
    }
    if let at { try logIn(authority[..<at]) }
  }

  /// `[user]:password`
  private mutating func logIn(_ text: Substring) throws(RedisURLError) {
    guard let colon = text.firstIndex(of: ":") else {
      throw RedisURLError(description: "before @ a Redis URL has user:password or :password")
    }
    user = try Self.decoded(text[..<colon], "the user")
    password = try Self.decoded(text[text.index(after: colon)...], "the password")
  }

  /// `host`, `host:port`, `[::1]` or `[::1]:port`
  private static func place(_ text: Substring) throws(RedisURLError) -> Place {
    var host = text
    var port: Substring?
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw RedisURLError(description: "an IPv6 address in a Redis URL ends with ]") }
      host = text[..<end].dropFirst()
      port = text[end...].dropFirst()
      if port?.isEmpty == true { port = nil } else if port?.first != ":" { throw RedisURLError(description: "after ] comes :port") }
      port = port?.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[colon...].dropFirst()
    }
    guard !host.isEmpty else { throw RedisURLError(description: "the Redis URL names no host") }
    guard let port else { return .host(String(host), port: 6379) }
    guard let number = UInt16(port), number > 0 else { throw RedisURLError(description: "the port \(port) is not from 1 to 65535") }
    return .host(String(host), port: number)
  }

  /// An absolute path of at most 107 bytes, which is what the kernel takes.
  private static func place(path text: Substring) throws(RedisURLError) -> Place {
    let path = try decoded(text, "the path")
    guard path.count > 1 else { throw RedisURLError(description: "redis+unix:// takes an absolute path: redis+unix:///run/redis.sock") }
    guard path.utf8.count <= 107 else { throw RedisURLError(description: "the path of a Unix socket has at most 107 bytes: \(path)") }
    return .path(path)
  }

  private static func database(_ query: Substring) throws(RedisURLError) -> Int {
    guard query.hasPrefix("db=") else { throw RedisURLError(description: "redis+unix:// takes ?db=n and nothing else") }
    return try number(query.dropFirst(3), "the database")
  }

  private static func number(_ text: Substring, _ what: String) throws(RedisURLError) -> Int {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
      throw RedisURLError(description: "\(what) in the Redis URL is not a number: \(text)")
    }
    return number
  }

  /// Percent-decoded UTF-8 without NUL.
  private static func decoded(_ text: Substring, _ what: String) throws(RedisURLError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      rest = rest.dropFirst(2)
      guard digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16), digits.first != UInt8(ascii: "+") else {
        throw RedisURLError(description: "\(what) in the Redis URL has a % that is not followed by two hexadecimal digits")
      }
      bytes.append(value)
    }
    guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
      throw RedisURLError(description: "\(what) in the Redis URL is not UTF-8 text")
    }
    return decoded
  }
}
