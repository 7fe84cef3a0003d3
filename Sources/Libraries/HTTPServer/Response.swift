public import HTTPTypes

/// What a handler answers.
public struct Response: Sendable {
  public var status: HTTPResponse.Status
  public var headerFields: HTTPFields
  public var body: Body

  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Sent while it is made, as chunks. The closure ends the body by returning; where it throws, the connection is cut, so that
    /// the client knows that something is missing. It is cancelled when the client is gone and when the server stops.
    case stream(@Sendable (ResponseStream) async throws -> Void)
  }

  public init(status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], body: Body = .none) {
    self.status = status
    self.headerFields = headerFields
    self.body = body
  }

  public init(status: HTTPResponse.Status = .ok, contentType: String, _ bytes: [UInt8]) {
    var fields = HTTPFields()
    fields.append(HTTPField(name: .contentType, value: contentType))
    self.init(status: status, headerFields: fields, body: .bytes(bytes))
  }

  /// `text/plain; charset=utf-8`
  public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, contentType: "text/plain; charset=utf-8", Array(text.utf8))
  }

  /// Answers 304 without the body when `If-None-Match` names this answer's ETag (RFC 9110 section 13.1.2).
  public func conditional(on request: Request) -> Response {
    guard let wanted = request.header(.ifNoneMatch), status == .ok, request.method == .get || request.method == .head,
      let tag = headerFields[.eTag], Self.matches(wanted, tag)
    else { return self }
    var answer = self
    answer.status = .notModified
    answer.headerFields[.contentType] = nil
    answer.body = .none
    return answer
  }

  /// Weak comparison of an entity-tag list with one tag (RFC 9110 section 8.8.3).
  public static func matches(_ list: String, _ tag: String) -> Bool {
    let wanted = opaque(Substring(tag))
    var rest = Substring(list)
    while let start = rest.firstIndex(where: { $0 != " " && $0 != "\t" && $0 != "," }) {
      rest = rest[start...]
      if rest.hasPrefix("*") { return true }
      let item = opaque(rest)
      guard item.hasPrefix("\""), let close = item.dropFirst().firstIndex(of: "\"") else { return false }
      if item[...close] == wanted { return true }
      rest = item[item.index(after: close)...]
    }
    return false
  }

  private static func opaque(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
}
