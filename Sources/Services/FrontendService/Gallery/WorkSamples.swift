import JSONBytes
import ServiceClients
import StatusModel

/// The shop's people at work, as the services would tell of it: `Demo/work.json`, in which negative numbers are minutes before now.
struct WorkSamples: Sendable {
  let now: Int
  private let json: JSONValue

  /// `isStrange` puts what nobody hopes for into every text.
  init(now: Int, isStrange: Bool = false) {
    self.now = now
    var number = 0
    func moved(_ value: JSONValue, _ name: String) -> JSONValue {
      switch value {
      case .integer(let minutes) where minutes < 0: return .integer(now + minutes * 60)
      case .string where isStrange && Self.texts.contains(name):
        number += 1
        let text = Strange.texts[number % Strange.texts.count]
        return .string(name == "message" || name == "summary" ? text : String(text.prefix(200)))
      case .array(let elements): return .array(elements.map { moved($0, name) })
      case .object(let object): return .object(JSONObject(object.members.map { ($0.name, moved($0.value, $0.name)) }))
      default: return value
      }
    }
    json = moved((try? JSONValue(parsing: Embedded.workJson)) ?? .null, "")
  }

  /// Members that hold what people typed.
  private static let texts: Set<String> = [
    "title", "name", "message", "summary", "description", "services", "reason", "text", "answer", "why", "owner", "tags", "error", "url",
  ]

  func all<Item>(_ name: String, _ read: (JSONValue) -> Item?) -> [Item] { (json[name]?.array ?? []).compactMap(read) }
  func one(_ name: String) -> JSONValue { json[name] ?? .null }

  var users: [UsersClient.User] { all("users", UsersClient.User.init) }
  var incidents: [IncidentsClient.Incident] { all("incidents", IncidentsClient.Incident.init) }
  var open: [IncidentsClient.Incident] { incidents.filter { !$0.isResolved } }
  var providers: [ProvidersClient.Provider] { all("providers", ProvidersClient.Provider.init) }
  var consumers: [CommsClient.Consumer] { all("consumers", CommsClient.Consumer.init) }

  /// The first incident, or the one with this id, with all that is known of it.
  func room(_ id: String = "INC-DEMO01") -> WarRoom {
    let shop = DemoShop(now: now).data()
    return WarRoom(
      id: id, detail: .known(detail(id)), people: .known(users), published: .known(shop.incidents.first { $0.id == id }),
      causes: .known(id == "INC-DEMO01" ? all("causes", ProvidersClient.Cause.init) : []),
      flags: .known(flags))
  }

  func detail(_ id: String) -> IncidentDetail {
    let incident = all("incidents", { $0 }).first { $0["id"]?.string == id }?.object ?? JSONObject()
    var whole = incident
    whole["timeline"] = one("timeline")
    whole["postmortem"] = DemoShop(now: now).postmortem(of: id) ?? .null
    return IncidentDetail(.object(whole))!
  }

  var flags: [FlagsAdminClient.Flag] { all("flags", FlagsAdminClient.Flag.init) }
  var messages: [CommsClient.Message] { all("messages", CommsClient.Message.init) }
  var webhooks: [CommsClient.Webhook] { all("webhooks", CommsClient.Webhook.init) }

  static func away<Value>(_ service: String) -> Part<Value> {
    Part(value: nil, failure: .unavailable("The \(service) service is away for the moment. Try again.", retryAfter: 2))
  }
}
