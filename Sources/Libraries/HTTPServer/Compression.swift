import Gzip
public import HTTPTypes

/// Bytes that are answered again and again: kept with their gzip form and their entity tags, so that a request costs a comparison
/// and a copy.
public struct Prepared: Sendable {
  private let plain: Response
  private let gzip: Response?

  /// `tag` names this content without quotes, such as a version; the gzip form has a tag of its own, as a strong one must.
  /// What gzip does not make smaller is sent plain.
  public init(_ bytes: [UInt8], contentType: String, tag: String, headerFields: HTTPFields = [:]) {
    var fields = headerFields
    fields[.contentType] = contentType
    fields[.vary] = headerFields[.vary].map { "\($0), Accept-Encoding" } ?? "Accept-Encoding"
    let compressed = Gzip.compressed(bytes, level: 9)
    fields[.eTag] = "\"\(tag)\""
    plain = Response(headerFields: fields, body: .bytes(bytes))
    guard compressed.count < bytes.count else {
      gzip = nil
      return
    }
    fields[.eTag] = "\"\(tag)-gzip\""
    fields[.contentEncoding] = "gzip"
    gzip = Response(headerFields: fields, body: .bytes(compressed))
  }

  /// The form this client takes, or 304 when it has it.
  public func response(to request: Request) -> Response {
    guard let gzip, request.acceptsGzip else { return plain.conditional(on: request) }
    return gzip.conditional(on: request)
  }
}

extension Response {
  /// Compresses a text of `minimum` bytes or more for a client that takes gzip: on the loop, so for answers below a megabyte.
  /// An entity tag becomes weak, since the plain form has the same.
  public func compressed(for request: Request, minimum: Int = 1024) -> Response {
    guard case .bytes(let bytes) = body, bytes.count >= minimum, mayHaveBody, isText, headerFields[.contentEncoding] == nil else {
      return self
    }
    var answer = self
    answer.headerFields[.vary] = headerFields[.vary].map { "\($0), Accept-Encoding" } ?? "Accept-Encoding"
    guard request.acceptsGzip else { return answer }
    answer.headerFields[.contentEncoding] = "gzip"
    if let tag = headerFields[.eTag], !tag.hasPrefix("W/") { answer.headerFields[.eTag] = "W/\(tag)" }
    answer.body = .bytes(Gzip.compressed(bytes, level: 1))
    return answer
  }

  private var isText: Bool {
    guard let type = headerFields[.contentType] else { return false }
    return type.hasPrefix("text/") || ["json", "xml", "javascript", "yaml"].contains { type.contains($0) }
  }
}

extension Request {
  /// Whether `Accept-Encoding` admits gzip (RFC 9110 section 12.5.3).
  public var acceptsGzip: Bool {
    guard let accepted = header(.acceptEncoding) else { return false }
    var byStar = false
    for item in accepted.lowercased().split(separator: ",") {
      let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard let coding = parts.first else { continue }
      let isAdmitted = !parts.dropFirst().contains { $0.hasPrefix("q=") && (Double($0.dropFirst(2)) ?? 0) <= 0 }
      if coding == "gzip" || coding == "x-gzip" { return isAdmitted }
      if coding == "*" { byStar = isAdmitted }
    }
    return byStar
  }
}
