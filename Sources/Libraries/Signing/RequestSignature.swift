/// How an application signs a request: `Authorization: Auth ?auth_consumer_key=…&…`, compatible with ws-cxf-ext.
///
/// The original signs the target and a token alone. Our own clients add `auth_content_signature`, which covers the method,
/// the time and the body too; a strict application must.
public struct RequestSignature: Sendable, Equatable {
  public var consumerKey: String
  public var callback: String
  public var nonce: String
  public var token: String
  public var signature: String
  /// Milliseconds since the epoch.
  public var timestamp: Int64
  public var signatureMethod: String
  public var contentSignature: String?

  public static let method = "HMAC-SHA1"

  /// What the content signature covers beside target, time and token.
  public struct Content: Sendable {
    /// In upper case, as sent.
    public var method: String
    public var body: [UInt8]
    /// The visitor's address, when one is passed on in `X-Polystatus-Address`.
    public var address: String?

    public init(method: String, body: [UInt8] = [], address: String? = nil) {
      self.method = method
      self.body = body
      self.address = address
    }
  }

  /// Signs a request for `target` (the path, and `?` with the raw query when there is one; no scheme or host).
  /// `now` is in milliseconds since the epoch; `token` and `seed` are UUIDs that are used once.
  public init(
    signing target: String, content: Content?, appid: String, env: String, now: Int64, token: String = UUIDText.random(),
    seed: String = UUIDText.random()
  ) {
    consumerKey = Self.consumerKey(appid: appid, env: env)
    callback = target
    nonce = HMACSHA1.base64(key: appid, message: seed)
    self.token = token
    signature = HMACSHA1.base64(key: appid, message: target + token)
    timestamp = now
    signatureMethod = Self.method
    contentSignature = content.map { Self.sign($0, target: target, timestamp: now, token: token, appid: appid) }
  }

  /// What an application is looked up by: it tells nothing of its appid.
  public static func consumerKey(appid: String, env: String) -> String { HMACSHA1.base64(key: appid, message: env) }

  /// The signed form of `url`: without scheme, host and fragment, and without a `?` that nothing follows.
  public static func target(of url: String) -> String {
    var rest = url[...]
    if let scheme = rest.firstRange(of: "://"), rest[..<scheme.lowerBound].allSatisfy({ $0.isLetter }) {
      rest = rest[scheme.upperBound...]
      rest = rest[(rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex)...]
    }
    rest = rest.prefix { $0 != "#" }
    if rest.last == "?" { rest.removeLast() }
    return rest.first == "/" ? String(rest) : "/" + rest
  }

  private static func sign(_ content: Content, target: String, timestamp: Int64, token: String, appid: String) -> String {
    var text = "\(content.method)\n\(target)\n\(timestamp)\n\(token)\n\(SHA256.hex(content.body))"
    if let address = content.address { text += "\n\(address)" }
    return HMACSHA1.base64(key: appid, message: text)
  }

  // MARK: - Verification

  public struct Application: Sendable {
    public var appid: String
    /// Whether requests without a content signature are refused.
    public var strict: Bool
    public init(appid: String, strict: Bool) {
      self.appid = appid
      self.strict = strict
    }
  }

  /// A signature that holds, if it has not been seen before: the caller must record `replayKey` for `replayWindow`
  /// (Redis `SET NX EX`) and refuse the request when it was there already.
  public struct Verified: Sendable, Equatable {
    /// Consumer key and token.
    public let replayKey: String
    /// Within it the same header could pass again: as long as the time stamp is good, or a day when no signature covers the time.
    public let replayWindow: Duration
    /// Whether method, time and body are covered.
    public let coversContent: Bool
  }

  /// How far the sender's clock may be from ours.
  public static let tolerance = Duration.seconds(300)

  /// Verifies against the request as it came: `target` is its path and raw query, `now` in milliseconds since the epoch.
  /// `application` is the one registered under `consumerKey`. Throws `SignatureRefusal`.
  public func verify(
    target: String, content: Content, application: Application, env: String, now: Int64
  ) throws(SignatureRefusal) -> Verified {
    guard signatureMethod == Self.method else { throw .unknownMethod }
    guard constantTimeEqual(consumerKey, Self.consumerKey(appid: application.appid, env: env)) else { throw .unknownApplication }
    guard UUIDText.isValid(token) else { throw .tokenIsNoUUID }
    let tolerance = Self.tolerance.components.seconds * 1000
    guard timestamp >= now - tolerance, timestamp <= now + tolerance else { throw .wrongTime }
    guard constantTimeEqual(callback, target) else { throw .otherTarget }
    let expected = HMACSHA1.base64(key: application.appid, message: target + token)
    guard constantTimeEqual(signature, expected) else { throw .wrongSignature }
    guard let contentSignature else {
      if application.strict { throw .contentSignatureMissing }
      return Verified(replayKey: replayKey, replayWindow: .seconds(86_400), coversContent: false)
    }
    let expectedContent = Self.sign(content, target: target, timestamp: timestamp, token: token, appid: application.appid)
    guard constantTimeEqual(contentSignature, expectedContent) else { throw .wrongContentSignature }
    return Verified(replayKey: replayKey, replayWindow: Self.tolerance * 2 + .seconds(1), coversContent: true)
  }

  private var replayKey: String { "\(consumerKey):\(token)" }
}

/// Why a signed request is refused with 401. The texts are for the caller: they hold nothing secret and nothing sent.
public enum SignatureRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  case notSigned
  case tooLong
  case malformed
  case repeated(String)
  case missing(String)
  case unknownMethod
  case unknownApplication
  case tokenIsNoUUID
  case wrongTime
  case otherTarget
  case wrongSignature
  case contentSignatureMissing
  case wrongContentSignature

  public var description: String {
    switch self {
    case .notSigned: "Sign the request with an Authorization header of scheme Auth."
    case .tooLong: "The Authorization header is too long."
    case .malformed: "The Authorization header is not form-URL-encoded as name=value pairs, each name once."
    case .repeated(let name): "The parameter \(name) is given twice."
    case .missing(let name): "The parameter \(name) is missing or empty."
    case .unknownMethod: "auth_signature_method must be HMAC-SHA1."
    case .unknownApplication: "No application is registered under this auth_consumer_key."
    case .tokenIsNoUUID: "auth_token must be a UUID."
    case .wrongTime: "auth_timestamp must be milliseconds since the epoch, within 5 minutes of now."
    case .otherTarget: "auth_callback must be the path and query of this request."
    case .wrongSignature: "auth_signature does not match."
    case .contentSignatureMissing: "This application must send auth_content_signature."
    case .wrongContentSignature: "auth_content_signature does not match the method, path, time, token and body."
    }
  }
}
