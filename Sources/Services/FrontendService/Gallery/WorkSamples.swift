import HTTPServer
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
      flags: .known(all("flags", FlagsAdminClient.Flag.init)))
  }

  func detail(_ id: String) -> IncidentDetail {
    let incident = all("incidents", { $0 }).first { $0["id"]?.string == id }?.object ?? JSONObject()
    var whole = incident
    whole["timeline"] = one("timeline")
    whole["postmortem"] = DemoShop(now: now).postmortem(of: id) ?? .null
    return IncidentDetail(.object(whole))!
  }

  static func away<Value>(_ service: String) -> Part<Value> {
    Part(value: nil, failure: .unavailable("The \(service) service is away for the moment. Try again.", retryAfter: 2))
  }
}

extension Gallery {
  /// A page for a person of this role.
  static func desk(_ setting: PageContext, _ now: Int, _ role: Role = .sre) -> Desk {
    let person = Person(id: "sample", name: "Ines Halvorsen", email: "ines@fernweh.example", role: role, sessionID: nil)
    var signedIn = setting
    signedIn.visitor = Visitor(person: person, token: nil, csrf: "sample", cookie: nil, address: "")
    return Desk(person: person, setting: signedIn, now: now)
  }

  static let workPages: [(String, Page)] = [
    (
      "dashboard",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let overview = Overview(
          open: .known(work.open), providers: .known(work.providers), people: .known(work.users), consumers: .known(work.consumers),
          subscribers: .known(2), hasComponent: true, hasAnnounced: true)
        return renderer.html(DashboardPage(overview, desk(setting, now)))
      }
    ),
    (
      "dashboard-new",
      { now, setting, renderer in
        let overview = Overview(
          open: .known([]), providers: .known([]), people: .known([]), consumers: .known([]), subscribers: .known(0), hasComponent: true,
          hasAnnounced: false)
        return renderer.html(DashboardPage(overview, desk(setting, now, .admin)))
      }
    ),
    (
      "dashboard-away",
      { now, setting, renderer in
        let overview = Overview(
          open: WorkSamples.away("incidents"), providers: WorkSamples.away("csp-ingestor"), people: WorkSamples.away("users"),
          consumers: WorkSamples.away("comms"), subscribers: WorkSamples.away("comms"), hasComponent: true, hasAnnounced: true)
        return renderer.html(DashboardPage(overview, desk(setting, now)))
      }
    ),
    (
      "incidents",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        var filter = IncidentsClient.Filter()
        filter.words = "payments"
        filter.severity = 2
        let found = Listing(items: work.incidents, total: 134)
        return renderer.html(ListPage.incidents(filter, .known(found), .known(work.users), desk(setting, now)))
      }
    ),
    (
      "incidents-strange",
      { now, setting, renderer in
        let work = WorkSamples(now: now, isStrange: true)
        let found = Listing(items: work.incidents, total: 5)
        return renderer.html(ListPage.incidents(.init(), .known(found), .known(work.users), desk(setting, now, .viewer)))
      }
    ),
    (
      "incident-new",
      { now, setting, renderer in
        let desk = desk(setting, now)
        return renderer.html(FormPage(.newIncident(desk.setting, DemoShop(now: now).data().components), desk.setting))
      }
    ),
  ]

  static let warRoomPages: [(String, Page)] = [
    ("war-room", { now, setting, renderer in renderer.html(WarRoomPage(WorkSamples(now: now).room(), desk(setting, now))) }),
    (
      "war-room-viewer",
      { now, setting, renderer in renderer.html(WarRoomPage(WorkSamples(now: now).room("INC-DEMO02"), desk(setting, now, .viewer))) }
    ),
    (
      "war-room-strange",
      { now, setting, renderer in renderer.html(WarRoomPage(WorkSamples(now: now, isStrange: true).room(), desk(setting, now))) }
    ),
    (
      "war-room-away",
      { now, setting, renderer in
        let room = WarRoom(
          id: "INC-DEMO01", detail: WorkSamples.away("incidents"), people: WorkSamples.away("users"), published: WorkSamples.away("comms"),
          causes: WorkSamples.away("csp-ingestor"), flags: WorkSamples.away("flags"))
        return renderer.html(WarRoomPage(room, desk(setting, now)))
      }
    ),
    (
      "announce",
      { now, setting, renderer in
        let incident = WorkSamples(now: now).open[1]
        return renderer.html(AnnouncePage(incident, nil, desk(setting, now)))
      }
    ),
    (
      "announce-preview",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let desk = desk(setting, now)
        guard let shown = DemoShop(now: now).data().incidents.first, let visitor = desk.setting.visitor else { return nil }
        let query = Query("state=identified&message=\(Links.segment(shown.updates[0].message))")
        let typed = Submission(visitor: visitor, setting: desk.setting, fields: query)
        let trial = CommsClient.Trial(mails: 1204, webhooks: 3, incident: shown)
        return renderer.html(AnnouncePage(work.open[0], shown, desk, typed: typed, trial: trial))
      }
    ),
    (
      "postmortem",
      { now, setting, renderer in
        let detail = WorkSamples(now: now).detail("INC-DEMO03")
        let desk = desk(setting, now)
        return renderer.html(FormPage(.postmortem(desk.setting, detail.incident, detail.postmortem), desk.setting))
      }
    ),
  ]
}
