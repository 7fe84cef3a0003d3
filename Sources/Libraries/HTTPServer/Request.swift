public import HTTPTypes
public import Reactor

/// One request with its whole body. Not Sendable: it lives on the loop of its connection.
public final class Request {
  public let method: HTTPRequest.Method
  /// As sent: percent-encoded, without the query.
  public let path: String
  /// Of a route such as `/incidents/{id}`, percent-decoded.
  public internal(set) var parameters: PathParameters
  /// The template of the route, a bounded label for logs and metrics; nil when no route matched.
  public let route: String?
  public internal(set) var body: [UInt8] = []
  /// The other end of the socket.
  public let peer: SocketAddress
  /// Nanoseconds of the monotonic clock when the head had come.
  public let receivedAt: UInt64
  /// A word that one middleware leaves for another, such as who called.
  public var note = "nobody"
  let head: RequestHead

  init(_ head: RequestHead, path: String, match: RouteTable.Match, peer: SocketAddress, receivedAt: UInt64) {
    method = head.method
    self.path = path
    self.head = head
    parameters = match.parameters
    route = match.entry.template
    self.peer = peer
    self.receivedAt = receivedAt
  }

  /// The value of a header field; those of several fields with this name are joined by `, `.
  public func header(_ name: HTTPField.Name) -> String? { head.value(name) }

  /// Whether any field has one of these names.
  public func hasHeader(_ names: [HTTPField.Name]) -> Bool {
    for field in head.fields {
      for name in names where head.matches(field, name.canonicalName) { return true }
    }
    return false
  }

  /// All header fields, built now: for handlers that pass them on or store them.
  public var headerFields: HTTPFields {
    var fields = HTTPFields()
    for field in head.fields {
      guard let name = HTTPField.Name(head.text(field.name)) else { continue }
      fields.append(HTTPField(name: name, value: head.text(field.value)))
    }
    return fields
  }

  /// The raw query, without the `?`; nil when the target had none.
  public var rawQuery: String? { head.query.map(head.text) }

  /// Path and raw query as they were sent.
  public var target: String { rawQuery.map { "\(path)?\($0)" } ?? path }

  /// The decoded query.
  public var query: Query { Query(rawQuery ?? "") }
}

/// The values of a route's `{…}` segments.
public struct PathParameters: Sendable {
  var values: [(name: String, value: String)] = []
  public subscript(name: String) -> String? { values.first { $0.name == name }?.value }
}
