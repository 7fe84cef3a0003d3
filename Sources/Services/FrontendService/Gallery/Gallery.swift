import JSONBytes
import ServiceClients
import StatusModel

/// Every page with sample values: for looking at, and for the browser's tests. Only in development.
struct Gallery: Sendable {
  typealias Page = @Sendable (_ now: Int, _ setting: PageContext, _ renderer: Renderer) -> String?

  /// By name, in the order they are listed.
  let pages: [(name: String, make: Page)] =
    publicPages + formPages + messagePages + workPages + warRoomPages + sectionPages + otherPages + providerPages

  func page(_ name: String) -> Page? { pages.first { $0.name == name }?.make }

  static func snapshot(_ data: PublicData, now: Int, staleSince: Int? = nil) -> PublicPages.Snapshot {
    PublicPages.Snapshot(data: data, confirmedAt: now, changedAt: now - 240, staleSince: staleSince, number: 1, day: Day(of: now))
  }

  private static let publicPages: [(String, Page)] = [
    ("status", { now, setting, renderer in renderer.html(StatusPage(snapshot(DemoShop(now: now).data(), now: now), setting.open)) }),
    (
      "status-calm",
      { now, setting, renderer in renderer.html(StatusPage(snapshot(DemoShop(now: now).data(isCalm: true), now: now), setting.open)) }
    ),
    ("status-empty", { now, setting, renderer in renderer.html(StatusPage(snapshot(PublicData(), now: now), setting.open)) }),
    (
      "status-stale",
      { now, setting, renderer in
        renderer.html(StatusPage(snapshot(DemoShop(now: now).data(), now: now, staleSince: now - 900), setting.open(staleSince: now - 900)))
      }
    ),
    ("status-strange", { now, setting, renderer in renderer.html(StatusPage(snapshot(Strange.data(now: now), now: now), setting.open)) }),
    (
      "incident",
      { now, setting, renderer in
        let shown = snapshot(DemoShop(now: now).data(), now: now)
        return IncidentPage("INC-DEMO01", shown, setting.open).map(renderer.html)
      }
    ),
    (
      "incident-postmortem",
      { now, setting, renderer in
        let shown = snapshot(DemoShop(now: now).data(), now: now)
        return IncidentPage("INC-DEMO03", shown, setting.open).map(renderer.html)
      }
    ),
    (
      "incident-strange",
      { now, setting, renderer in
        IncidentPage("INC-STRANGE", snapshot(Strange.data(now: now), now: now), setting.open).map(renderer.html)
      }
    ),
    ("history", { now, setting, renderer in renderer.html(HistoryPage(snapshot(DemoShop(now: now).data(), now: now), setting.open)) }),
    ("history-empty", { now, setting, renderer in renderer.html(HistoryPage(snapshot(PublicData(), now: now), setting.open)) }),
    (
      "component",
      { now, setting, renderer in
        ComponentPage("checkout", snapshot(DemoShop(now: now).data(), now: now), setting.open).map(renderer.html)
      }
    ),
  ]

  private static let refused = Failure.invalid([
    FieldProblem(field: "email", message: "must be a mail address"),
    FieldProblem(field: "password", message: "must have at least 10 characters"),
  ])

  private static let formPages: [(String, Page)] = [
    ("login", { _, setting, renderer in renderer.html(FormPage(.login(setting, next: "/dashboard"), setting)) }),
    (
      "login-refused",
      { _, setting, renderer in
        let refusal = Failure.unknownCaller(setting.strings("wrong_password"))
        return renderer.html(FormPage(.login(setting, email: "ines@fernweh.example", next: "/dashboard"), setting, refusal: refusal))
      }
    ),
    ("register", { _, setting, renderer in renderer.html(FormPage(.register(setting), setting)) }),
    (
      "register-refused",
      { _, setting, renderer in renderer.html(FormPage(.register(setting, name: "Ines", email: "ines@"), setting, refusal: refused)) }
    ),
    ("password-forgot", { _, setting, renderer in renderer.html(FormPage(.forgot(setting), setting)) }),
    ("password-reset", { _, setting, renderer in renderer.html(FormPage(.reset(setting, token: "psl_sample"), setting)) }),
    ("password-change", { _, setting, renderer in renderer.html(FormPage(.changePassword(setting.signedIn), setting.signedIn)) }),
    ("confirm-mail", { _, setting, renderer in renderer.html(FormPage(.confirmMail(setting, token: "psl_sample"), setting)) }),
    (
      "subscribe",
      { now, setting, renderer in renderer.html(FormPage(.subscribe(setting, DemoShop(now: now).data().components), setting)) }
    ),
    ("subscription-confirm", { _, setting, renderer in renderer.html(FormPage(.confirm(setting, token: "psl_sample"), setting)) }),
    (
      "subscription-manage",
      { now, setting, renderer in
        let sample: JSONValue = ["email": "mirjam@fernweh.example", "components": ["checkout", "mail"], "language": "fr"]
        let components = DemoShop(now: now).data().components
        return renderer.html(FormPage(.manage(setting, token: "psl_sample", Subscription(sample), components), setting))
      }
    ),
    ("unsubscribe", { _, setting, renderer in renderer.html(FormPage(.unsubscribe(setting, token: "psl_sample"), setting)) }),
  ]

  private static let messagePages: [(String, Page)] = [
    (
      "message",
      { _, setting, renderer in
        let t = setting.strings
        return renderer.html(
          MessagePage(
            setting, path: "/subscribe", heading: t("check_mail"), paragraphs: [t("check_mail_text")],
            others: [.init(name: t("to_status"), href: setting.links.home)]))
      }
    ),
    ("error-404", { _, setting, renderer in renderer.html(Frontend.errorPage(404, nil, setting, cid: sampleCID)) }),
    (
      "error-403",
      { _, setting, renderer in
        renderer.html(Frontend.errorPage(403, .forbidden(setting.strings("form_too_old")), setting, cid: sampleCID))
      }
    ),
    (
      "error-503",
      { _, setting, renderer in
        renderer.html(
          Frontend.errorPage(503, .unavailable("The users service is away for the moment.", retryAfter: 2), setting, cid: sampleCID))
      }
    ),
    ("documents", { _, setting, renderer in renderer.html(DocumentsPage(setting)) }),
  ]

  private static let sampleCID = "5f0c8e2a-7d31-4b6e-9a40-3e1c2b7f8d95"
}

extension PageContext {
  /// As the public pages are made: for everybody.
  fileprivate var open: PageContext { open(staleSince: nil) }

  fileprivate func open(staleSince: Int?) -> PageContext {
    PageContext(links: links, site: DemoShop.name, staleSince: staleSince, visitor: nil)
  }

  fileprivate var signedIn: PageContext { Gallery.desk(self, 0).setting }
}

/// What nobody hopes for in a text field.
enum Strange {
  static let texts = [
    "<script>alert('markup')</script> & \"quotes\"", "\"\u{301} onfocus=alert(1) autofocus <\u{338}b>", "שלום, זו תקלה \u{202E}reversed",
    "👩🏽‍🚒 💥🔥 emoji only 🧯", String(repeating: "Donaudampfschifffahrtsgesellschaft", count: 12),
    "Line one\nline two\n\nhttps://example.org/a?b=c&d=<e>",
    String(repeating: "Lorem in length. ", count: 600),
  ]

  static func data(now: Int) -> PublicData {
    var data = PublicData()
    data.components = texts.prefix(5).enumerated().compactMap {
      PublicComponent([
        "key": .string("strange-\($0.offset)"), "name": .string($0.element), "group": .string(texts[0]),
        "status": $0.offset.isMultiple(of: 2) ? "operational" : "under_maintenance", "caused_by": .string(texts[1]),
      ])
    }
    data.incidents = texts.enumerated().compactMap { offset, text in
      let updates = JSONValue.array(texts.map { ["ts": .integer(now - 60), "message": .string($0), "state": "identified"] })
      return PublicIncident([
        "id": .string(offset == 0 ? "INC-STRANGE" : "INC-STRANGE\(offset)"), "title": .string(String(text.prefix(200))),
        "sev": .integer(offset % 4 + 1),
        "status": offset.isMultiple(of: 2) ? "open" : "resolved", "started_at": .integer(now - 3600),
        "resolved_at": offset.isMultiple(of: 2) ? .null : .integer(now - 60), "components": ["strange-0", "strange-4"], "updates": updates,
      ])
    }
    data.banner = PublicBanner(["message": .string(texts[5]), "level": "critical"])
    return data
  }
}
