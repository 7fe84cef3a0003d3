import JSONBytes
import ServiceRuntime
import StatusModel

/// The providers we know by name, as `catalogue.json` has them: family, address, who is known to depend on whom.
struct Catalogue: Sendable {
  private let bodies: [String: JSONObject]
  private let groups: [String: [String]]
  /// In the order of the file.
  let names: [String]
  /// Names of the providers that are watched from the first start on.
  let firstStart: [String]

  /// Once in the process; a file that cannot be read is a defect of the build.
  static let standard = Catalogue(parsing: Embedded.catalogueJson)

  private init(parsing text: String) {
    let document = try? JSONValue(parsing: text)
    let listed = document?["providers"]?.array?.compactMap(\.object) ?? []
    precondition(!listed.isEmpty, "catalogue.json lists no providers")
    bodies = Dictionary(listed.map { ($0["name"]?.string ?? "", $0) }) { $1 }
    names = listed.compactMap { $0["name"]?.string }
    let members = document?["groups"]?.object?.members ?? []
    let groups = Dictionary(members.map { ($0.name, $0.value.array?.compactMap(\.string) ?? []) }) { $1 }
    self.groups = groups
    firstStart = (document?["first_start"]?.array?.compactMap(\.string) ?? []).flatMap { groups[$0] ?? [$0] }
  }

  /// A group's name stands for its members; names are compared ignoring case. Nil when there is none of that name.
  func settings(named name: String) -> [ProviderSettings]? {
    let name = name.lowercased()
    let found = (groups[name] ?? [name]).compactMap { bodies[$0] }.compactMap { try? ProviderSettings(FieldReader($0)) }
    return found.isEmpty ? nil : found
  }

  /// What is known of a provider beside its address, for one that is registered by hand under this name.
  func completed(_ settings: ProviderSettings, from body: JSONObject) -> ProviderSettings {
    guard let known = self.settings(named: settings.name)?.first, groups[settings.name.lowercased()] == nil else { return settings }
    var completed = settings
    if body["vendor"] == nil { completed.vendor = known.vendor }
    if body["aliases"] == nil { completed.aliases = known.aliases }
    if body["depends_on"] == nil { completed.dependencies = known.dependencies }
    return completed
  }

  /// As it is sent: `name`, `type`, `feed_url`, `vendor`, `depends_on` of each.
  var json: JSONValue {
    .array(names.compactMap { settings(named: $0)?.first }.map { .object(JSONObject($0.members)) })
  }
}
