import HTTPTypes
import JSONBytes
import OutboundClient
import Reactor
import StatusModel

/// The services of a cluster, asked as an admin.
struct Cluster: Sendable {
  private let environment: [String: String]
  private let client: OutboundClient
  private static let page = 500

  init(_ environment: [String: String], _ loops: LoopGroup) {
    self.environment = environment
    client = OutboundClient(loops: loops)
  }

  /// Everything that is in all sections.
  func everything() async throws -> [String: [JSONValue]] {
    var found: [String: [JSONValue]] = [:]
    for section in Section.all { found[section.name] = try await items(of: section).filter(section.isOurs) }
    return found
  }

  func items(of section: Section) async throws(Problem) -> [JSONValue] {
    var items: [JSONValue] = []
    while true {
      let target = "\(section.path)?startIndex=\(items.count)&maxResults=\(Self.page)"
      let answer = try await call(section.service, .get, target)
      guard let page = answer.array else { throw Problem("\(section.service.rawValue) gave no list.") }
      items += page
      if page.count < Self.page { return items }
    }
  }

  /// Makes one, or makes `current` what `item` says. Its answer.
  @discardableResult
  func save(_ item: JSONValue, _ section: Section, over current: JSONValue?) async throws(Problem) -> JSONValue {
    var body = item.object ?? JSONObject()
    switch section.writing {
    case .patch:
      guard let current else { return try await call(section.service, .post, section.path, .object(body)) }
      return try await call(section.service, .patch, address(of: current, section), .object(body), over: current)
    case .put, .replace:
      // What the file leaves out stays as it is.
      for name in section.members where body[name] == nil { body[name] = current?[name] }
      let target = section.writing == .put ? address(of: item, section) : section.path
      return try await call(section.service, section.writing == .put ? .put : .post, target, .object(body), over: current)
    }
  }

  func remove(_ item: JSONValue, _ section: Section) async throws(Problem) {
    _ = try await call(section.service, .delete, address(of: item, section))
  }

  private func address(of item: JSONValue, _ section: Section) -> String {
    let name = (item[section.address]?.string ?? "").utf8.map { byte in
      byte | 0x20 &- 0x61 < 26 || byte &- 0x30 < 10 || "-._~".utf8.contains(byte)
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    return "\(section.path)/\(name.joined())"
  }

  private func call(
    _ service: ServiceName, _ method: HTTPRequest.Method, _ target: String, _ body: JSONValue? = nil, over current: JSONValue? = nil
  ) async throws(Problem) -> JSONValue {
    let setting = service.rawValue.uppercased().replacing("-", with: "_") + "_URL"
    let url = environment[setting] ?? "http://127.0.0.1:\(service.defaultPort)"
    guard let key = environment["POLYSTATUS_KEY"] else { throw Problem("POLYSTATUS_KEY is missing: an admin's token, or a key.") }
    var fields: HTTPFields = [.authorization: "Bearer \(key)"]
    if body != nil { fields[.contentType] = "application/json" }
    if let version = current?["version"]?.integer { fields[.ifMatch] = "\"v\(version)\"" }
    var request = OutboundRequest(method, url + target, headerFields: fields, body: body?.bytes ?? [])
    request.timeout = .seconds(60)
    let answer: OutboundResponse
    do { answer = try await client.send(request) } catch { throw Problem("\(service.rawValue) does not answer at \(url): \(error)") }
    let json = (try? JSONValue(parsing: answer.body)) ?? .null
    guard answer.status.kind == .successful else { throw Self.problem(service, answer.status.code, json) }
    return json
  }

  private static func problem(_ service: ServiceName, _ status: Int, _ said: JSONValue) -> Problem {
    let fields = (said["errors"]?.array ?? []).map { "\($0["field"]?.string ?? "") \($0["message"]?.string ?? "")" }
    let detail = fields.isEmpty ? said["detail"]?.string ?? "" : fields.joined(separator: "; ")
    return Problem("\(service.rawValue) answered \(status): \(detail)")
  }
}
