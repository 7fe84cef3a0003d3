public import HTTPTypes

/// What a handler answers.
public struct Response: Sendable {
  public var status: HTTPResponse.Status
  public var headerFields: HTTPFields
  public var body: Body

  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Sent while it is made, as chunks; the closure ends the body by returning. It is cancelled when the client is gone.
    case stream(@Sendable (ResponseStream) async throws -> Void)
  }

  public init(status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], body: Body = .none) {
    self.status = status
    self.headerFields = headerFields
    self.body = body
  }

  public init(status: HTTPResponse.Status = .ok, contentType: String, _ bytes: [UInt8]) {
    self.init(status: status, headerFields: [.contentType: contentType], body: .bytes(bytes))
  }

  /// `text/plain; charset=utf-8`
  public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, contentType: "text/plain; charset=utf-8", Array(text.utf8))
  }

  /// Answers 304 without the body when `If-None-Match` names this answer's ETag (RFC 9110 section 13.1.2).
  public func conditional(on request: Request) -> Response {
    guard status == .ok, request.method == .get || request.method == .head, let tag = headerFields[.eTag],
      let wanted = request.header(.ifNoneMatch), Self.matches(wanted, tag)
    else { return self }
    var answer = self
    answer.status = .notModified
    answer.headerFields[.contentType] = nil
    answer.body = .none
    return answer
  }

  /// Weak comparison of an entity-tag list with one tag.
  public static func matches(_ list: String, _ tag: String) -> Bool {
    func opaque(_ tag: some StringProtocol) -> Substring { Substring(tag.hasPrefix("W/") ? tag.dropFirst(2) : tag.dropFirst(0)) }
    return list.split(separator: ",").contains { item in
      let item = item.drop { $0 == " " }.prefix { $0 != " " }
      return item == "*" || opaque(item) == opaque(tag)
    }
  }
}
