import JSONBytes
import StatusModel

/// One kind of thing that a configuration file lists, and how its service is asked for it.
struct Section: Sendable {
  enum Writing: Sendable {
    /// POST makes one, PATCH changes the members it names.
    case patch
    /// PUT under its name makes or replaces one.
    case put
    /// POST makes or replaces one.
    case replace
  }
  /// As the file calls it.
  let name: String
  let one: String
  let service: ServiceName
  let path: String
  let writing: Writing
  /// The members that tell one from the other; the first is what people call it.
  let identity: [String]
  /// The member that stands in its address.
  let address: String
  /// All that a file may say of one, in the order it is exported in.
  let members: [String]
  var ignoresCase = false
  /// Members that are times: epoch seconds, in a file ISO 8601 too.
  var times: Set<String> = []
  /// Those of which this does not hold are neither exported nor removed.
  var isOurs: @Sendable (JSONValue) -> Bool = { _ in true }

  /// What is the same for the same thing.
  func key(of item: JSONValue) -> String {
    let key = identity.map { (item[$0] ?? .null).text }.joined(separator: " ")
    return ignoresCase ? key.lowercased() : key
  }

  func title(of item: JSONValue) -> String { "\(one) \(identity.map { item[$0]?.string ?? time(item[$0]) }.joined(separator: ", "))" }

  private func time(_ value: JSONValue?) -> String { ISO8601.text(milliseconds: Int64(value?.integer ?? 0) * 1000) }

  /// In the order they are made: each refers only to what stands before it, or to its own kind.
  static let all: [Section] = [
    Section(
      name: "components", one: "component", service: .comms, path: "/api/v1/components", writing: .patch, identity: ["key"], address: "key",
      members: ["key", "name", "description", "group", "position", "show", "depends_on"], ignoresCase: true),
    Section(
      name: "providers", one: "provider", service: .cspIngestor, path: "/api/v1/csp/providers", writing: .replace, identity: ["name"],
      address: "name",
      members: [
        "name", "feed_url", "type", "interval_s", "auto_incident", "components", "regions", "depends_on", "vendor", "aliases",
        "expected_text",
      ]),
    Section(
      name: "segments", one: "segment", service: .flags, path: "/admin/segments", writing: .put, identity: ["name"], address: "name",
      members: ["name", "description", "users", "excluded", "if"]),
    Section(
      name: "flags", one: "flag", service: .flags, path: "/admin/flags", writing: .replace, identity: ["id"], address: "id",
      members: [
        "id", "description", "on", "kind", "variations", "values", "off_variation", "fallthrough", "rules", "targets", "prerequisites",
        "schedule", "public", "kill_switch", "owner", "tags", "expires_at",
      ], isOurs: { $0["id"]?.string.flatMap(ClusterFlag.init) == nil }),
    Section(
      name: "webhooks", one: "webhook", service: .comms, path: "/api/v1/webhooks", writing: .patch, identity: ["url"], address: "id",
      members: ["url", "events", "description", "format"]),
    Section(
      name: "templates", one: "template", service: .incidents, path: "/api/v1/templates", writing: .patch, identity: ["key"],
      address: "key", members: ["key", "name", "type", "message", "message_fr", "state", "visibility"]),
    Section(
      name: "maintenances", one: "maintenance", service: .comms, path: "/api/v1/maintenances", writing: .patch,
      identity: ["title", "starts_at"], address: "id", members: ["title", "message", "components", "starts_at", "ends_at"],
      times: ["starts_at", "ends_at"], isOurs: { $0["status"] != "completed" }),
  ]
}
