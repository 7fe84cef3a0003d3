import HTTPServer
import ServiceClients
import StatusModel

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

  static let sectionPages: [(String, Page)] = [
    (
      "flags",
      { now, setting, renderer in
        renderer.html(ListPage.flags(.known(WorkSamples(now: now).flags), words: "", desk(setting, now)))
      }
    ),
    (
      "flag",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let changes = work.all("flag_history", FlagsAdminClient.Change.init)
        let explanation = FlagsAdminClient.Explanation(work.one("explanation"))
        let asked = FlagQuestion(Query("user=noor&attributes=country%3DFR"))
        return renderer.html(FlagPage(work.flags[1], .known(changes), asked, .known(explanation), desk(setting, now)))
      }
    ),
    (
      "webhooks",
      { now, setting, renderer in renderer.html(ListPage.webhooks(.known(WorkSamples(now: now).webhooks), desk(setting, now))) }
    ),
    (
      "webhook",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let deliveries = Listing(items: work.all("deliveries", CommsClient.Delivery.init), total: 3)
        return renderer.html(ListPage.webhook(work.webhooks[1], .known(deliveries), start: 0, desk(setting, now)))
      }
    ),
    (
      "components",
      { now, setting, renderer in renderer.html(ListPage.components(.known(DemoShop(now: now).working()), desk(setting, now))) }
    ),
    (
      "component-edit",
      { now, setting, renderer in renderer.html(ListPage.component(DemoShop(now: now).working()[2], desk(setting, now))) }
    ),
    (
      "maintenances",
      { now, setting, renderer in
        let data = DemoShop(now: now).data()
        return renderer.html(ListPage.maintenances(.known(data.maintenances), data.components, desk(setting, now)))
      }
    ),
    (
      "sections-strange",
      { now, setting, renderer in
        let work = WorkSamples(now: now, isStrange: true)
        return renderer.html(ListPage.flags(.known(work.flags), words: "", desk(setting, now)))
      }
    ),
  ]

  static let otherPages: [(String, Page)] = [
    (
      "watched",
      { now, setting, renderer in
        renderer.html(ListPage.providers(.known(WorkSamples(now: now).providers), ["cardium", "github", "heroku"], desk(setting, now)))
      }
    ),
    (
      "watched-provider",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let events = work.all("provider_events", ProvidersClient.Event.init)
        let reports = ProvidersClient.Reports(work.one("reports"))
        return renderer.html(ListPage.provider(work.providers[0], .known(events), reports, desk(setting, now)))
      }
    ),
    (
      "messages",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let found = Listing(items: work.messages, total: 2)
        return renderer.html(ListPage.messages(.init(), .known(found), .known(work.consumers), desk(setting, now)))
      }
    ),
    (
      "bus-message",
      { now, setting, renderer in renderer.html(MessageDetailPage(WorkSamples(now: now).messages[1], desk(setting, now))) }
    ),
    (
      "users",
      { now, setting, renderer in renderer.html(ListPage.users(.known(WorkSamples(now: now).users), desk(setting, now, .admin))) }
    ),
    (
      "subscribers",
      { now, setting, renderer in
        let found = Listing(items: WorkSamples(now: now).all("subscribers", CommsClient.Subscriber.init), total: 2)
        return renderer.html(ListPage.subscribers(.known(found), start: 0, desk(setting, now)))
      }
    ),
    (
      "mails",
      { now, setting, renderer in
        let found = Listing(items: WorkSamples(now: now).all("mails", CommsClient.Mail.init), total: 2)
        return renderer.html(ListPage.mails(.known(found), start: 0, desk(setting, now, .admin)))
      }
    ),
    (
      "profile",
      { now, setting, renderer in
        let desk = desk(setting, now)
        return renderer.html(FormPage(.profile(WorkSamples(now: now).users[0], desk.setting), desk.setting))
      }
    ),
  ]

  static let providerPages: [(String, Page)] = [
    (
      "providers",
      { now, setting, renderer in
        renderer.html(ListPage.publicProviders(.known(WorkSamples(now: now).providers), setting, now: now))
      }
    ),
    (
      "provider",
      { now, setting, renderer in
        let work = WorkSamples(now: now)
        let events = work.all("provider_events", ProvidersClient.Event.init)
        let reports = ProvidersClient.Reports(work.one("reports"))
        return renderer.html(ProviderPage(work.providers[0], .known(events), .known(reports), setting, now: now))
      }
    ),
  ]
}
