public import HTTPTypes

/// One request out, and what may be spent on it.
public struct OutboundRequest: Sendable {
  public var method: HTTPRequest.Method
  /// `http` or `https`, in printable ASCII, without user name or password. Sent as it is: dot segments stay.
  public var url: String
  public var headerFields: HTTPFields
  public var body: [UInt8]
  /// Until there is a connection: name, TCP and TLS.
  public var connectTimeout = Duration.seconds(1)
  /// Until the last byte of the answer, waiting for a free connection included.
  public var timeout = Duration.seconds(5)
  /// Bytes of the answer's body, after decompression.
  public var responseLimit = 8 << 20
  /// A longer body ends at the limit, and the connection with it, instead of being a failure.
  public var cutsLongBody = false
  /// Redirects of GET and HEAD followed at most; 0 hands the 3xx answer back. Header fields go along, except Authorization
  /// and Cookie to another host.
  public var maximumRedirects = 0
  /// Ends the transfer with `.badURL` rather than follow a redirect to http.
  public var redirectsToHTTPSOnly = false
  /// Uses no connection of the pool and leaves none there, so that all of it is tried; over TLS the answer then tells when the server's
  /// certificate ends.
  public var usesOwnConnection = false
  /// Asks for gzip, and decompresses; the answer's header fields still tell of the compressed form.
  public var acceptsGzip = false
  /// Connects here, whatever the URL's host is.
  public var unixSocketPath: String?

  public init(_ method: HTTPRequest.Method, _ url: String, headerFields: HTTPFields = [:], body: [UInt8] = []) {
    self.method = method
    self.url = url
    self.headerFields = headerFields
    self.body = body
  }

  /// A GET.
  public init(_ url: String, headerFields: HTTPFields = [:]) { self.init(.get, url, headerFields: headerFields) }
}

public struct OutboundResponse: Sendable {
  public let status: HTTPResponse.Status
  public let headerFields: HTTPFields
  public let body: [UInt8]
  /// Of the server's certificate, in epoch seconds; nil without TLS, or when a connection of the pool was used.
  public let certificateExpiresAt: Int?
}

/// Why there is no answer. The texts name hosts and causes, never header fields or bodies.
public enum OutboundFailure: Error, Sendable, Equatable, CustomStringConvertible {
  case badURL(String)
  case cannotResolve(String)
  /// Every address of the host is one the client may not connect to.
  case addressRefused(String)
  case cannotConnect(String)
  case tls(String)
  /// While connecting, or in all.
  case timedOut(String)
  /// The connection ended before the answer did. The request may have been carried out.
  case connectionLost(String)
  /// What came back is no HTTP.
  case badResponse(String)
  /// The body or the header of the answer went over its limit.
  case tooLarge
  case tooManyRedirects
  case cancelled
  /// The client has been closed.
  case closed

  public var description: String {
    switch self {
    case .badURL(let detail): "Bad URL: \(detail)"
    case .cannotResolve(let detail): "No such host: \(detail)"
    case .addressRefused(let detail): "Address not allowed: \(detail)"
    case .cannotConnect(let detail): "No connection: \(detail)"
    case .tls(let detail): "No secure connection: \(detail)"
    case .timedOut(let detail): "No answer in time: \(detail)"
    case .connectionLost(let detail): "Connection lost: \(detail)"
    case .badResponse(let detail): "Not an HTTP answer: \(detail)"
    case .tooLarge: "The answer is too large."
    case .tooManyRedirects: "Too many redirects."
    case .cancelled: "Cancelled."
    case .closed: "The client has been closed."
    }
  }
}
