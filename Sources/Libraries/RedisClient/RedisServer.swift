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

  /// The sentinels: what they call the primary, and the login they ask for.
  struct Sentinels: Sendable, Equatable {
    var primary: String
    /// Empty for the default user.
    var user = ""
    var password: String?
  }

  /// One or more: the server, nodes of a cluster, or the sentinels when `sentinels` is set.
  var places: [Place]
  var sentinels: Sentinels?
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
      throw RedisURLError(description: "a Redis URL starts with redis://, redis+unix:// or redis+sentinel://")
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
    let words = query.map { rest[rest.index(after: $0)...] }
    switch scheme {
    case "redis":
      guard words == nil else { throw RedisURLError(description: "redis:// takes no ?query; the database goes after the port: /1") }
      places = try Self.places(host, port: 6379)
      database = try path.count > 1 ? Self.number(path.dropFirst(), "the database") : 0
    case "redis+unix":
      guard host.isEmpty else { throw RedisURLError(description: "redis+unix:// takes an absolute path: redis+unix:///run/redis.sock") }
      places = [try Self.place(path: path)]
      database = try words.map(Self.database) ?? 0
    case "redis+sentinel":
      places = try Self.places(host, port: 26379)
      let parts = path.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first, !name.isEmpty else {
        throw RedisURLError(description: "redis+sentinel:// names the primary after the sentinels: redis+sentinel://host:26379/primary")
      }
      sentinels = try Self.sentinels(of: Self.decoded(name, "the name of the primary"), words)
      database = try parts.count > 1 && !parts[1].isEmpty ? Self.number(parts[1], "the database") : 0
    case "rediss": throw RedisURLError(description: "rediss:// is not supported: there is no TLS here; use redis:// or a tunnel")
    default:
      throw RedisURLError(description: "unknown scheme \(scheme)://; a Redis URL starts with redis://, redis+unix:// or redis+sentinel://")
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

  /// `sentineluser=…` and `sentinelpassword=…`, joined by `&`
  private static func sentinels(of primary: String, _ query: Substring?) throws(RedisURLError) -> Sentinels {
    var sentinels = Sentinels(primary: primary)
    for word in query?.split(separator: "&") ?? [] {
      if word.hasPrefix("sentineluser=") {
        sentinels.user = try decoded(word.dropFirst("sentineluser=".count), "the user of the sentinels")
      } else if word.hasPrefix("sentinelpassword=") {
        sentinels.password = try decoded(word.dropFirst("sentinelpassword=".count), "the password of the sentinels")
      } else {
        throw RedisURLError(description: "redis+sentinel:// takes ?sentinelpassword=… and &sentineluser=…, and nothing else")
      }
    }
    if !sentinels.user.isEmpty && sentinels.password == nil {
      throw RedisURLError(description: "?sentineluser=… in a Redis URL needs &sentinelpassword=…")
    }
    return sentinels
  }

  /// One or more, separated by commas; `port` unless given.
  private static func places(_ text: Substring, port: UInt16) throws(RedisURLError) -> [Place] {
    var places: [Place] = []
    for host in text.split(separator: ",", omittingEmptySubsequences: false) { places.append(try place(host, port: port)) }
    return places
  }

  /// `host`, `host:port`, `[::1]` or `[::1]:port`
  private static func place(_ text: Substring, port standard: UInt16) throws(RedisURLError) -> Place {
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
    guard let port else { return .host(String(host), port: standard) }
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
