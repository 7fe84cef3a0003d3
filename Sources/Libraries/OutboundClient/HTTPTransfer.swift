internal import CCurl
import HTTPTypes

/// One HTTP request under way: sets up its easy handle and gathers the answer.
final class HTTPTransfer: Transfer {
  typealias Outcome = Result<OutboundResponse, OutboundFailure>

  private static let headerLimit = 65_536
  private static let urlLimit = 16_384

  private let request: OutboundRequest
  private let configuration: OutboundConfiguration
  /// Of a transfer that is finished.
  private(set) var outcome = Outcome.failure(.closed)

  private var headerFields = HTTPFields()
  private var body: [UInt8] = []
  private var headerBytes = 0
  private var headEnded = false
  private var isTooLarge = false
  private var isCut = false

  init(_ request: OutboundRequest, with easy: EasyHandle, configuration: OutboundConfiguration) {
    self.request = request
    self.configuration = configuration
    super.init(with: easy, within: request.timeout, to: configuration.addresses)
  }

  // MARK: - Outcome

  override func end(_ code: CURLcode) { outcome = outcome(of: code) }
  override func end(_ failure: OutboundFailure) { outcome = .failure(failure) }

  /// What libcurl's result means for the sender.
  private func outcome(of code: CURLcode) -> Outcome {
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
    case CURLE_TOO_MANY_REDIRECTS: .tooManyRedirects
    default: connectionFailure(code, message) ?? .badResponse(message)
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

  override func setUp() {
    easy.set(CURLOPT_URL, request.url)
    easy.set(CURLOPT_PATH_AS_IS, 1)
    easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    easy.set(CURLOPT_REDIR_PROTOCOLS_STR, request.redirectsToHTTPSOnly ? "https" : "http,https")
    easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    setConnection(timeout: request.connectTimeout, configuration)
    easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
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

  override func receive(body part: UnsafeRawBufferPointer) -> Bool {
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

  override func receive(header line: UnsafeRawBufferPointer) -> Bool {
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
}
