public import HTTPServer
public import HTTPTypes
public import StatusModel

/// Which part of a list is asked for.
public struct Page: Sendable, Equatable {
  /// 0 or more.
  public let startIndex: Int
  /// 1 to 500.
  public let maxResults: Int
}

extension HTTPServer.Request {
  /// `startIndex` (default 0) and `maxResults` (default 50, at most 500). Throws `Failure.invalid`.
  public func page() throws(Failure) -> Page {
    let query = query
    var problems: [FieldProblem] = []
    func number(_ name: String, _ range: ClosedRange<Int>, _ standard: Int) -> Int {
      guard let text = query[name] else { return standard }
      guard let number = Int(text), range.contains(number) else {
        problems.append(FieldProblem(field: name, message: "must be an integer from \(range.lowerBound) to \(range.upperBound)"))
        return standard
      }
      return number
    }
    let page = Page(startIndex: number("startIndex", 0...1_000_000_000, 0), maxResults: number("maxResults", 1...500, 50))
    if !problems.isEmpty { throw .invalid(problems) }
    return page
  }

  /// The version `If-Match` names (`"v7"`); nil when it is absent or `*`. A tag that is none of ours matches no version: -1.
  public var expectedVersion: Int? {
    guard let tag = header(.ifMatch), tag != "*" else { return nil }
    guard tag.hasPrefix("\"v"), tag.hasSuffix("\""), let version = Int(tag.dropFirst(2).dropLast()) else { return -1 }
    return version
  }
}

extension HTTPServer.Response {
  /// A JSON record; `version` becomes its ETag.
  public static func json(
    _ bytes: [UInt8], status: HTTPResponse.Status = .ok, version: Int? = nil, location: String? = nil
  ) -> Response {
    var answer = Response(status: status, contentType: "application/json", bytes)
    if let version { answer.headerFields.append(HTTPField(name: .eTag, value: "\"v\(version)\"")) }
    if let location { answer.headerFields.append(HTTPField(name: .location, value: location)) }
    return answer
  }

  /// A page of a list as a JSON array, with `X-Total-Count` and `Link` (RFC 8288) to its neighbours.
  public static func list(_ items: [[UInt8]], page: Page, total: Int, of request: Request) -> Response {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(items.reduce(2) { $0 + $1.count + 1 })
    bytes.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: item)
    }
    bytes.append(UInt8(ascii: "]"))
    var answer = Response.json(bytes)
    answer.headerFields[.totalCount] = String(total)
    var links: [String] = []
    if page.startIndex + items.count < total, !items.isEmpty {
      links.append(link("next", page.startIndex + page.maxResults, page, request))
    }
    if page.startIndex > 0 { links.append(link("prev", max(0, page.startIndex - page.maxResults), page, request)) }
    if !links.isEmpty { answer.headerFields[.link] = links.joined(separator: ", ") }
    return answer
  }

  private static func link(_ relation: String, _ start: Int, _ page: Page, _ request: Request) -> String {
    let kept = (request.rawQuery ?? "").split(separator: "&").filter { !$0.hasPrefix("startIndex=") && !$0.hasPrefix("maxResults=") }
    let query = (kept.map(String.init) + ["startIndex=\(start)", "maxResults=\(page.maxResults)"]).joined(separator: "&")
    return "<\(request.path)?\(query)>; rel=\"\(relation)\""
  }
}

extension HTTPTypes.HTTPField.Name {
  static let totalCount = Self("X-Total-Count")!
  static let link = Self("Link")!
  static let correlationID = Self("X-CID")!
  static let userToken = Self("X-Polystatus-Token")!
  static let username = Self("X-Polystatus-Username")!
  static let password = Self("X-Polystatus-Password")!
  static let applicationKey = Self("X-API-Key")!
}
