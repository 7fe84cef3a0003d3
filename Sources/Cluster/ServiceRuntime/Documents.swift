import JSONBytes
import Reactor
import StatusModel
import Synchronization
import Yams

/// The service's OpenAPI document: what its own file says and the routes all services share, as YAML, as JSON,
/// as a page and as WADL.
/// Made at the first request, on a worker, and kept.
final class Documents: Sendable {
  private let service: ServiceName
  private let swagger: String
  private let workers: WorkerPool
  private let made = Mutex<Made?>(nil)

  struct Made: Sendable {
    let yaml: [UInt8]
    let json: [UInt8]
    let page: [UInt8]
    let wadl: [UInt8]
  }

  init(service: ServiceName, swagger: String, workers: WorkerPool) {
    self.service = service
    self.swagger = swagger
    self.workers = workers
  }

  func yaml() async throws -> [UInt8] { try await document().yaml }
  func json() async throws -> [UInt8] { try await document().json }
  func page() async throws -> [UInt8] { try await document().page }
  func wadl() async throws -> [UInt8] { try await document().wadl }

  private func document() async throws -> Made {
    if let made = made.withLock({ $0 }) { return made }
    let new = try await workers.run { [service, swagger] in try Self.make(service, swagger) }
    made.withLock { $0 = new }
    return new
  }

  static func make(_ service: ServiceName, _ swagger: String) throws -> Made {
    guard var own = try Yams.compose(yaml: swagger), let common = try Yams.compose(yaml: Embedded.commonYaml) else { throw Failure.defect }
    merge(common, into: &own, without: service == .frontend ? ["/", "/docs"] : ["/docs/frontend"])
    let value = json(own)
    return Made(
      yaml: Array(try Yams.serialize(node: own).utf8), json: value.bytes, page: Array(DocumentPage(value).html.utf8),
      wadl: Array(WADL(value).text.utf8))
  }

  /// Adds the members of `common` that `node` lacks, at every depth. `paths` of other services stay out.
  private static func merge(_ common: Yams.Node, into node: inout Yams.Node, without paths: Set<String>) {
    guard case .mapping(let additions) = common, case .mapping(var own) = node else { return }
    for (key, value) in additions {
      if let name = key.string, paths.contains(name) { continue }
      if var existing = own[key] {
        merge(value, into: &existing, without: paths)
        own[key] = existing
      } else {
        own[key] = value
      }
    }
    node = .mapping(own)
  }

  private static func json(_ node: Yams.Node) -> JSONValue {
    switch node {
    case .mapping(let members): return .object(JSONObject(members.map { ($0.key.string ?? "", json($0.value)) }))
    case .sequence(let elements): return .array(elements.map(json))
    case .alias: return .null
    case .scalar(let scalar):
      switch node.tag.description {
      case "tag:yaml.org,2002:int": return node.int.map(JSONValue.integer) ?? .string(scalar.string)
      case "tag:yaml.org,2002:float": return node.float.map(JSONValue.number) ?? .string(scalar.string)
      case "tag:yaml.org,2002:bool": return node.bool.map(JSONValue.bool) ?? .string(scalar.string)
      case "tag:yaml.org,2002:null": return .null
      default: return .string(scalar.string)
      }
    }
  }
}
