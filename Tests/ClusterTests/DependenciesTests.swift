import Foundation
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// What a manifest says the service depends on, against what its sources use.
struct DependenciesTests {
  @Test func `a manifest names what the service calls, and nothing else`() async throws {
    let clients = try Self.clients()
    #expect(clients["UsersClient"] == [.users] && clients["IncidentsClient"] == [.incidents])
    try await Cluster.with { cluster in
      for service in ServiceName.allCases {
        let manifest = try await cluster.call(service, .get, "/v1/manifest").json
        let declared = manifest["depends_on"]?.array?.map { "\($0["kind"]?.string ?? "") \($0["name"]?.string ?? "")" } ?? []
        #expect(declared.count == Set(declared).count)
        #expect(try Set(declared) == Self.used(by: service, clients), "\(service)")
      }
    }
  }

  /// `kind name` of everything a service uses.
  private static func used(by service: ServiceName, _ clients: [String: Set<ServiceName>]) throws -> Set<String> {
    let text = try sources("Services/\(folder(of: service))").values.joined()
    var neighbours = called(in: text)
    for made in text.matches(of: /\b([A-Z]\w*Client)\(/) { neighbours.formUnion(clients[String(made.1)] ?? []) }
    // Whoever does not check passwords has users asked.
    if !text.contains("var passwordCheck") { neighbours.insert(.users) }
    var used = Set(neighbours.map { "http \($0.rawValue)" })
    if text.contains(/\bredis\b|\bnode\.(watcher|worker|mutations|limits)\b/) { used.insert("redis redis") }
    if text.contains(#""SMTP_URL""#) { used.insert("smtp smtp") }
    if text.contains(/^import PostgresClient$/.anchorsMatchLineEndings()) { used.insert("postgres postgres") }
    return used
  }

  /// The typed clients, and whom each calls.
  private static func clients() throws -> [String: Set<ServiceName>] {
    var clients: [String: Set<ServiceName>] = [:]
    for (file, text) in try sources("Cluster/ServiceClients") { clients[String(file.dropLast(".swift".count))] = called(in: text) }
    return clients
  }

  /// The services that are named where a neighbour is called.
  private static func called(in text: String) -> Set<ServiceName> {
    let services = Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ("\($0)", $0) })
    return Set(text.matches(of: /\bneighbours\s*\.\w+\(\s*\.(\w+)/).compactMap { services[String($0.1)] })
  }

  private static func folder(of service: ServiceName) -> String {
    service == .cspIngestor ? "CSPIngestorService" : "\(service.rawValue.capitalized)Service"
  }

  /// The Swift files of a folder of Sources, by name.
  private static func sources(_ folder: String) throws -> [String: String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let place = root.appending(path: "Sources/\(folder)")
    let names = FileManager.default.enumerator(atPath: place.path)?.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") } ?? []
    try #require(!names.isEmpty)
    return try Dictionary(uniqueKeysWithValues: names.map { ($0, try String(contentsOf: place.appending(path: $0), encoding: .utf8)) })
  }
}
