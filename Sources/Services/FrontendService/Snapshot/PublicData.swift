import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// All that the public pages show, as comms said it last.
struct PublicData: Sendable, Equatable {
  /// The newest first.
  var incidents: [PublicIncident] = []
  var components: [PublicComponent] = []
  /// By the component's key.
  var uptimes: [String: ComponentUptime] = [:]
  var maintenances: [PublicMaintenance] = []
  var banner: PublicBanner?
  /// What is passed on as it is, by path.
  var documents: [String: Neighbours.Document] = [:]

  /// Days that the bars show.
  static let barDays = 90
  /// Calls to comms at a time.
  private static let calls = 8

  static let paths =
    [
      "summary", "status", "components", "incidents", "incidents/unresolved", "scheduled-maintenances", "scheduled-maintenances/upcoming",
      "scheduled-maintenances/active",
    ].map(Links.statuspage) + [Links.atom, Links.rss, Links.calendar]

  /// Reads it. Throws when any part cannot be read: the last whole answer is worth more than half of a new one.
  static func read(_ comms: CommsClient) async throws(Failure) -> PublicData {
    do {
      async let incidents = comms.incidents()
      async let components = comms.components()
      async let maintenances = comms.maintenances()
      async let banner = comms.banner()
      async let documents = inParallel(paths) { path in try await comms.document(path) }
      var data = try await PublicData(
        incidents: incidents, components: components, maintenances: maintenances, banner: banner, documents: documents)
      data.uptimes = try await inParallel(data.components.map(\.key)) { key in
        try await comms.uptime(of: Links.segment(key), days: barDays)
      }
      return data
    } catch {
      throw error as? Failure ?? .unavailable("The public status cannot be read.", retryAfter: 2)
    }
  }

  /// What `read` gives for each name, a few at a time; names without anything are left out.
  private static func inParallel<Value: Sendable>(
    _ names: [String], _ read: @escaping @Sendable (String) async throws -> Value?
  ) async throws -> [String: Value] {
    try await withThrowingTaskGroup(of: (String, Value?).self) { group in
      var waiting = names[...]
      func start() {
        guard let name = waiting.popFirst() else { return }
        group.addTask { (name, try await read(name)) }
      }
      for _ in 0..<calls { start() }
      var found: [String: Value] = [:]
      while let (name, value) = try await group.next() {
        found[name] = value
        start()
      }
      return found
    }
  }

  /// The site's name, as the Statuspage documents have it.
  var siteName: String? {
    guard let summary = documents[Links.statuspage("summary")], let name = try? JSONValue(parsing: summary.bytes)["page"]?["name"]?.string
    else { return nil }
    return name.isEmpty ? nil : name
  }
}
