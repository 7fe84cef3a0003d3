internal import Reactor

/// The server that takes our mail, and how the way to it is protected.
public struct MailServer: Sendable, Equatable {
  public enum Encryption: String, Sendable {
    /// From the first byte (`smtps://`), certificate verified.
    case implicit
    /// STARTTLS or nothing is sent; certificate verified.
    case required
    /// STARTTLS when the server offers it. The certificate is not verified: who can fake it can hide the offer too (RFC 7435).
    case optional
    case off
  }

  /// A name, or an address without brackets.
  public let host: String
  public let port: Int
  public let encryption: Encryption
  public let username: String?
  let password: String?
  /// What we call ourselves in EHLO; nil: the domain of the sender.
  let ownName: String?
  /// A PEM file of authorities to trust instead of the system's.
  let certificateAuthorities: String?

  /// What a text must be, in words.
  public static let expectation =
    "smtp://[user:password@]host[:port] or smtps://…, with ?starttls=required, optional or off, and &ca=FILE for an authority of your own"

  /// From `smtp[s]://[user[:password]@]host[:port][/our-name][?starttls=required|optional|off][&ca=/path.pem]`; nil when it is none.
  /// Ports: 465 for smtps, else 587 with a user and 25 without. Without `starttls` it is off on loopback, required with a password, else
  /// optional.
  public init?(_ url: String) {
    guard let scheme = ["smtps://", "smtp://"].first(where: url.hasPrefix), url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    let isImplicit = scheme == "smtps://"
    let (rest, query) = Self.cut(url.dropFirst(scheme.count), at: "?")
    let (authority, path) = Self.cut(rest, at: "/")
    var place = authority
    var login: (name: String, password: String)?
    if let at = authority.lastIndex(of: "@") {
      let (name, password) = Self.cut(authority[..<at], at: ":")
      guard let name = Self.decoded(name), let password = Self.decoded(password ?? ""), !name.isEmpty else { return nil }
      login = (name, password)
      place = authority[authority.index(after: at)...]
    }
    guard let (host, port) = Self.place(place), let options = Self.options(query), Self.isName(path ?? "") else { return nil }
    if isImplicit, options.encryption != nil { return nil }
    let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    let usual: Encryption = isLoopback ? .off : (login?.password).map { !$0.isEmpty } == true ? .required : .optional
    self.host = host
    self.port = port ?? (isImplicit ? 465 : login == nil ? 25 : 587)
    encryption = isImplicit ? .implicit : options.encryption ?? usual
    username = login?.name
    password = login?.password
    ownName = path.flatMap { $0.isEmpty ? nil : String($0) }
    certificateAuthorities = options.authorities
  }

  /// For libcurl, without name and password.
  func url(ownName fallback: String) -> String {
    let scheme = encryption == .implicit ? "smtps" : "smtp"
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(ownName ?? fallback)"
  }

  private static func cut(_ text: Substring, at sign: Character) -> (Substring, Substring?) {
    guard let place = text.firstIndex(of: sign) else { return (text, nil) }
    return (text[..<place], text[text.index(after: place)...])
  }

  private static func place(_ text: Substring) -> (host: String, port: Int?)? {
    var host = text
    var port: Substring?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":"), SocketAddress(address: String(host), port: 0) != nil else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else {
      (host, port) = cut(text, at: ":")
      guard isName(host) else { return nil }
    }
    guard !host.isEmpty else { return nil }
    guard let port else { return (String(host), nil) }
    guard port.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(port), (1...65_535).contains(number) else { return nil }
    return (String(host), number)
  }

  private static func options(_ query: Substring?) -> (encryption: Encryption?, authorities: String?)? {
    var encryption: Encryption?
    var authorities: String?
    for item in query?.split(separator: "&") ?? [] {
      let (name, value) = cut(item, at: "=")
      guard let value = decoded(value ?? "") else { return nil }
      switch name {
      case "starttls":
        guard let asked = Encryption(rawValue: value), asked != .implicit else { return nil }
        encryption = asked
      case "ca" where value.hasPrefix("/"): authorities = value
      default: return nil
      }
    }
    return (encryption, authorities)
  }

  private static func isName(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// Percent-decoded (RFC 3986 section 2.1); nil for what is no text without control characters.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
