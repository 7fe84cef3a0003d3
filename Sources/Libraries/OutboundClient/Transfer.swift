internal import CCurl
import HTTPTypes
import Reactor

/// One request under way: sets up its easy handle, gathers the answer, and resumes the sender exactly once.
final class Transfer {
  typealias Outcome = Result<OutboundResponse, OutboundFailure>

  private static let headerLimit = 65_536
  private static let urlLimit = 16_384

  let easy: EasyHandle
  var deadline: EventLoop.TimerID?
  private let request: OutboundRequest
  private let configuration: OutboundConfiguration
  private var continuation: CheckedContinuation<Outcome, Never>?
  private var outcome: Outcome?

  private var headerFields = HTTPFields()
  private var body: [UInt8] = []
  private var headerBytes = 0
  private var headEnded = false
  private var refusedAddresses = 0
  private var openedSockets = 0
  private var isTooLarge = false
  private var isCut = false

  init(_ request: OutboundRequest, with easy: EasyHandle, configuration: OutboundConfiguration) {
    self.request = request
    self.easy = easy
    self.configuration = configuration
  }

  // MARK: - Outcome

  var isFinished: Bool { outcome != nil }

  func wait(_ continuation: CheckedContinuation<Outcome, Never>) {
    if let outcome { continuation.resume(returning: outcome) } else { self.continuation = continuation }
  }

  /// The first outcome counts.
  func finish(_ outcome: Outcome) {
    guard self.outcome == nil else { return }
    self.outcome = outcome
    continuation?.resume(returning: outcome)
    continuation = nil
  }

  /// What libcurl's result means for the sender.
  func outcome(of code: CURLcode) -> Outcome {
    if isTooLarge { return .failure(.tooLarge) }
    if code == CURLE_OK || isCut {
      return .success(
        OutboundResponse(
          status: HTTPResponse.Status(code: easy.responseCode), headerFields: headerFields, body: body,
          certificateExpiresAt: request.usesOwnConnection ? easy.certificateExpiry : nil))
    }
    return .failure(failure(of: code))
  }

  private func failure(of code: CURLcode) -> OutboundFailure {
    let message = easy.message(for: code)
    return switch code {
    case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED: .badURL(message)
    // An answer of HTTP/0.9 has no head; a redirect to another scheme has had one.
    case CURLE_UNSUPPORTED_PROTOCOL: headerBytes == 0 ? .badResponse(message) : .badURL(message)
    case CURLE_COULDNT_RESOLVE_HOST: .cannotResolve(message)
    case CURLE_COULDNT_CONNECT: refusedAddresses > 0 && openedSockets == 0 ? .addressRefused(message) : .cannotConnect(message)
    case CURLE_OPERATION_TIMEDOUT: .timedOut(message)
    case CURLE_TOO_MANY_REDIRECTS: .tooManyRedirects
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE:
      .tls(message)
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .connectionLost(message)
    default: .badResponse(message)
    }
  }

  // MARK: - Setting up

  /// Throws `.badURL`.
  static func check(_ request: OutboundRequest) throws(OutboundFailure) {
    let url = request.url.utf8
    guard url.count <= urlLimit else { throw .badURL("longer than \(urlLimit) bytes") }
    guard url.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .badURL("not in printable ASCII") }
    let scheme = request.url.prefix { $0 != ":" }.lowercased()
    guard scheme == "http" || scheme == "https", request.url.dropFirst(scheme.count).hasPrefix("://") else {
      throw .badURL("neither http:// nor https://")
    }
  }

  func setUp() {
    easy.setCallbacks(to: self)
    easy.set(CURLOPT_URL, request.url)
    easy.set(CURLOPT_PATH_AS_IS, 1)
    easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    easy.set(CURLOPT_REDIR_PROTOCOLS_STR, request.redirectsToHTTPSOnly ? "https" : "http,https")
    easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    easy.set(CURLOPT_PROXY, "")
    easy.set(CURLOPT_NOPROXY, "*")
    easy.set(CURLOPT_NOSIGNAL, 1)
    // A name that is still being looked up when its time is over would hold the loop up.
    easy.set(CURLOPT_QUICK_EXIT, 1)
    easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
    easy.set(CURLOPT_MAXAGE_CONN, configuration.idleTime.milliseconds / 1000)
    if let authorities = configuration.certificateAuthorities { easy.set(CURLOPT_CAINFO, authorities) }
    if request.usesOwnConnection {
      easy.set(CURLOPT_FRESH_CONNECT, 1)
      easy.set(CURLOPT_FORBID_REUSE, 1)
      easy.set(CURLOPT_CERTINFO, 1)
    }
    if let path = request.unixSocketPath { easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
    if request.acceptsGzip { easy.set(CURLOPT_ACCEPT_ENCODING, "gzip") }
    if request.maximumRedirects > 0, request.method == .get || request.method == .head {
      easy.set(CURLOPT_FOLLOWLOCATION, 1)
      easy.set(CURLOPT_MAXREDIRS, request.maximumRedirects)
    }
    setMethod()
    easy.setHeaders(headerLines)
  }

  private func setMethod() {
    let method = request.method
    if method == .head { return easy.set(CURLOPT_NOBODY, 1) }
    if !request.body.isEmpty || method == .post || method == .put || method == .patch {
      easy.set(CURLOPT_POST, 1)
      easy.setBody(request.body)
    }
    if method != .get || !request.body.isEmpty { easy.set(CURLOPT_CUSTOMREQUEST, method.rawValue) }
  }

  private var headerLines: [String] {
    var lines = request.headerFields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    lines.append("Expect:")
    if request.headerFields[.contentType] == nil { lines.append("Content-Type:") }
    return lines
  }

  // MARK: - Called by libcurl

  /// False ends the transfer.
  func receive(body part: UnsafeRawBufferPointer) -> Bool {
    let room = request.responseLimit - body.count
    guard part.count <= room else {
      isCut = request.cutsLongBody
      isTooLarge = !isCut
      if isCut { unsafe body.append(contentsOf: part.prefix(room)) }
      return false
    }
    unsafe body.append(contentsOf: part)
    return true
  }

  /// One line of a head, or of a trailer. False ends the transfer.
  func receive(header line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.headerLimit else {
      isTooLarge = true
      return false
    }
    if unsafe line.starts(with: "HTTP/".utf8) {
      startHead()
    } else if unsafe line.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
      headEnded = true
    } else if !headEnded {
      addField(unsafe Array(line))
    }
    return true
  }

  /// After an interim answer or a redirect there is another head, and perhaps another connection.
  private func startHead() {
    headerFields = HTTPFields()
    headEnded = false
    refusedAddresses = 0
    openedSockets = 0
  }

  private func addField(_ line: [UInt8]) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    guard let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)) else { return }
    let value = line[(colon + 1)...].drop { $0 <= 0x20 }
    let end = value.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? value.startIndex
    headerFields.append(HTTPField(name: name, lenientValue: value[..<end]))
  }

  /// `address` has 4 or 16 bytes, or none for a Unix socket.
  func mayConnect(to address: [UInt8]) -> Bool {
    let guarding = configuration.addresses
    guard address.isEmpty ? guarding.permitsUnixSockets : guarding.permits(address) else {
      refusedAddresses += 1
      return false
    }
    openedSockets += 1
    return true
  }
}

extension Duration {
  /// Rounded up, at least 1: libcurl takes 0 for its own default.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return max(1, Int(clamping: seconds) &* 1000 &+ Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }
}
