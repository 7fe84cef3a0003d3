import ServiceClients
import StatusModel

/// What the services say of one incident.
struct WarRoom: Sendable {
  let id: String
  let detail: Part<IncidentDetail>
  let people: Part<[UsersClient.User]>
  /// As the public sees it; nil when it does not.
  let published: Part<PublicIncident?>
  let causes: Part<[ProvidersClient.Cause]>
  let flags: Part<[FlagsAdminClient.Flag]>
}

/// `/dashboard/incidents/{id}`: one incident, and everything that can be done about it.
struct WarRoomPage: PageModel {
  static let template = "warroom"

  struct Entry: Sendable {
    let kind: String
    let style: String
    let author: String
    let at: Moment
    let parts: [TextPart]
    /// What follows in a long text, shown when asked for.
    let rest: [TextPart]
    let isLong: Bool
    let isPublic: Bool
    let isNewest: Bool

    /// Characters of a text that are shown at once, and from which on the rest waits to be asked for.
    static let shownLimit = 700
    static let longLimit = 1000
  }
  struct Role: Sendable {
    let name: String
    let person: String
    let isTaken: Bool
  }
  struct PublicView: Sendable {
    let href: String?
    let latest: UpdateView?
    let isPublic: Bool
    let missing: String?
    let withdraw: ButtonView?
    let announce: FormPage.Other?
  }

  let page: Layout
  let title: String
  let missing: String?
  let state: StateView?
  let facts: [FactView]
  let hasFacts: Bool
  let tags: [String]
  let hasTags: Bool
  let summary: [TextPart]
  let hasSummary: Bool
  let transitions: [ButtonView]
  let announce: FormPage.Other?
  let hasActs: Bool
  let write: FormView?
  let entries: [Entry]
  let hasEntries: Bool
  let pager: PagerView?
  let roles: [Role]
  let hasRoles: Bool
  let takeCommand: ButtonView?
  let assign: FormView?
  let isAssignOpen: Bool
  let change: FormView?
  let isChangeOpen: Bool
  let publicView: PublicView?
  let causes: SectionView
  let flags: SectionView?
  let postmortem: FormPage.Other?
  let postmortemState: String?

  /// Entries of the timeline on a page.
  private static let entryLimit = 50

  /// `typed` is a form that was refused; `page` counts from 1, the newest entries first.
  init(_ room: WarRoom, _ desk: Desk, typed: Submission? = nil, page number: Int = 1) {
    let t = desk.strings
    let incident = room.detail.value?.incident
    let names = UserNames(room.people.value)
    let maySay = desk.may(.sre) && incident != nil
    title = incident?.title ?? room.id
    page = desk.setting.layout(title, path: Links.warRoomPath(room.id), stream: Links.warRoomLive(room.id))
    missing = room.detail.missing(desk)
    state = incident.map { StateView($0, t) }
    facts = incident.map { Self.facts($0, desk) } ?? []
    hasFacts = !facts.isEmpty
    tags = incident?.services ?? []
    hasTags = !tags.isEmpty
    summary = incident.map { TextPart.parts($0.summary) } ?? []
    hasSummary = incident?.summary.isEmpty == false
    transitions = maySay ? incident.map { Self.transitions($0, desk) } ?? [] : []
    announce = maySay ? .init(name: t("announce"), href: desk.links.warRoom(room.id, "announce")) : nil
    hasActs = maySay
    write = maySay ? Self.writing(room.id, desk, typed) : nil
    let all = (room.detail.value?.timeline ?? []).reversed()
    let start = max(0, number - 1) * Self.entryLimit
    entries = all.dropFirst(start).prefix(Self.entryLimit).enumerated().map { Entry($0.element, isNewest: start + $0.offset == 0, desk) }
    hasEntries = !entries.isEmpty
    pager = PagerView(start: start, shown: entries.count, total: all.count, desk.setting) {
      "\(desk.links.warRoom(room.id, page: $0 / Self.entryLimit + 1))#timeline"
    }
    roles = incident.map { Self.roles($0, names, desk) } ?? []
    hasRoles = !roles.isEmpty
    let leads = incident?.roles["commander"] == desk.person.id
    takeCommand = maySay && !leads ? Self.taking(room.id, desk) : nil
    assign = maySay && !names.users.isEmpty ? Self.assigning(room.id, names, desk, typed) : nil
    isAssignOpen = typed?["form"] == "assign"
    change = maySay ? incident.map { Self.changing($0, desk, typed) } : nil
    isChangeOpen = typed?["form"] == "change"
    publicView = Self.published(room, desk)
    causes = Self.causes(room.causes, desk)
    flags = desk.may(.sre) ? Self.flags(room.flags, room.id, tags, desk) : nil
    postmortem = maySay ? .init(name: t("postmortem_write"), href: desk.links.warRoom(room.id, "postmortem")) : nil
    postmortemState = incident.map { _ in
      room.detail.value?.postmortem.map { t($0.isPublished ? "postmortem_is_published" : "postmortem_is_draft") } ?? t("postmortem_none")
    }
  }

  private static func facts(_ incident: IncidentsClient.Incident, _ desk: Desk) -> [FactView] {
    let t = desk.strings
    var facts: [FactView] = [.word(incident.id), .at(desk.moment(incident.startedAt), label: t("started"))]
    if let resolvedAt = incident.resolvedAt {
      facts.append(.word(t("resolved_after", ["duration": durationText(resolvedAt - incident.startedAt, desk.language)])))
    } else {
      facts.append(.word(t("lasts", ["duration": desk.since(incident.startedAt)])))
    }
    if let at = incident.acknowledgedAt {
      facts.append(.word(t("taken_up_after", ["duration": durationText(at - incident.startedAt, desk.language)])))
    }
    facts.append(.word(t("source_\(incident.source)")))
    return facts
  }

  /// Only those that are legal.
  private static func transitions(_ incident: IncidentsClient.Incident, _ desk: Desk) -> [ButtonView] {
    let next =
      switch incident.status {
      case "open": ["mitigated", "resolved"]
      case "mitigated": ["resolved", "open"]
      default: ["open"]
      }
    return next.map {
      ButtonView(
        label: desk.strings("to_\($0)"), action: desk.links.warRoom(incident.id, "status"), hidden: [.init(name: "status", value: $0)],
        id: "to-\($0)")
    }
  }

  private static func roles(_ incident: IncidentsClient.Incident, _ names: UserNames, _ desk: Desk) -> [Role] {
    ["commander", "comms_lead", "scribe", "responder"].map { role in
      let person = incident.roles[role]
      return Role(
        name: desk.strings("irole_\(role)"), person: person.map { names[$0] ?? desk.strings("somebody") } ?? desk.strings("nobody"),
        isTaken: person != nil)
    }
  }

  private static func taking(_ id: String, _ desk: Desk) -> ButtonView {
    ButtonView(
      label: desk.strings("take_command"), action: desk.links.warRoom(id, "assign"),
      hidden: [.init(name: "commander", value: desk.person.id), .init(name: "role", value: "commander")], id: "take-command")
  }

  private static func published(_ room: WarRoom, _ desk: Desk) -> PublicView? {
    let incident = room.published.value ?? nil
    let t = desk.strings
    let withdraw = ButtonView(
      label: t("withdraw"), action: desk.links.warRoom(room.id, "withdraw"), style: "danger", id: "withdraw")
    return PublicView(
      href: incident.map { desk.links.incident($0.id) }, latest: incident?.updates.first.map { UpdateView($0, desk.setting) },
      isPublic: incident != nil, missing: room.published.missing(desk), withdraw: incident != nil && desk.may(.sre) ? withdraw : nil,
      announce: desk.may(.sre) ? .init(name: t("announce"), href: desk.links.warRoom(room.id, "announce")) : nil)
  }

  private static func causes(_ causes: Part<[ProvidersClient.Cause]>, _ desk: Desk) -> SectionView {
    let t = desk.strings
    let rows = (causes.value ?? []).prefix(causeLimit).map { cause in
      RowView(
        title: "\(cause.provider): \(cause.title)", href: desk.links.providers(cause.provider),
        state: Condition(impact: cause.impact).view(t),
        facts: [
          .word(t("likelihood", ["percent": percentText((cause.score * 100).rounded(), desk.language)])),
          .at(desk.moment(cause.startedAt)),
        ], text: cause.reason)
    }
    return SectionView(
      id: "causes", heading: t("suggested_causes"), rows: Array(rows), empty: t("no_causes"), missing: causes.missing(desk))
  }

  private static let causeLimit = 5

  /// Those changed in the last hour, kill switches, and those of the services concerned.
  private static func flags(
    _ flags: Part<[FlagsAdminClient.Flag]>, _ id: String, _ services: [String], _ desk: Desk
  ) -> SectionView {
    let shown = (flags.value ?? []).filter { flag in
      flag.isKillSwitch || flag.updatedAt >= desk.now - flagWindow || flag.tags.contains { services.contains($0) }
    }.sorted { $0.updatedAt > $1.updatedAt }
    return SectionView(
      id: "flags", heading: desk.strings("flags_here"),
      rows: shown.prefix(flagLimit).map { RowView($0, desk, next: Links.warRoomPath(id) + "#flags") }, empty: desk.strings("no_flags_here"),
      missing: flags.missing(desk))
  }

  private static let flagWindow = 3600
  private static let flagLimit = 12
}

extension WarRoomPage.Entry {
  init(_ entry: TimelineEntry, isNewest: Bool, _ desk: Desk) {
    let t = desk.strings
    kind = t.texts["entry_\(entry.kind)"] ?? entry.kind
    style =
      switch entry.kind {
      case "announcement": "maintenance"
      case "mitigation": "degraded"
      case "resolution": "ok"
      case "flag": "partial"
      default: "unknown"
      }
    author = entry.author.name ?? t("somebody")
    at = desk.moment(entry.at)
    isLong = entry.message.count > Self.longLimit
    let shown = isLong ? TextPart.clipped(entry.message, Self.shownLimit) : entry.message
    parts = TextPart.parts(shown)
    rest = isLong ? TextPart.parts(String(entry.message.dropFirst(shown.count - 1))) : []
    isPublic = entry.isPublic
    self.isNewest = isNewest
  }
}

extension Condition {
  /// From what a provider says of an event.
  init(impact: String) {
    self =
      switch impact {
      case "critical": .major
      case "major": .partial
      case "minor", "none": .degraded
      case "maintenance": .maintenance
      default: .unknown
      }
  }
}

extension RowView {
  /// A flag with its switch; `next` is where switching leads back to.
  init(_ flag: FlagsAdminClient.Flag, _ desk: Desk, next: String) {
    let t = desk.strings
    let isOwn = ClusterFlag(rawValue: flag.id) != nil
    let toggle = ButtonView(
      label: t(flag.isOn ? "switch_off" : "switch_on"), about: flag.id, action: desk.links.flag(flag.id, "toggle"),
      hidden: [
        .init(name: "on", value: flag.isOn ? "false" : "true"), .init(name: "version", value: "\(flag.version)"),
        .init(name: "next", value: next),
      ], style: flag.isKillSwitch && flag.isOn ? "danger" : "quiet", id: "toggle-\(Links.segment(flag.id))")
    var facts: [FactView] = [.at(desk.moment(flag.updatedAt), label: t("changed"))]
    if let name = flag.updatedBy.name { facts.append(.word(name, label: t("by"))) }
    if flag.isKillSwitch { facts.append(.word(t("kill_switch"))) }
    self.init(
      title: flag.id, href: desk.links.flag(flag.id),
      state: StateView(style: flag.isOn ? "ok" : "unknown", word: t(flag.isOn ? "flag_on" : "flag_off")), facts: facts,
      text: flag.about.isEmpty ? nil : TextPart.clipped(flag.about, 200), buttons: desk.may(isOwn ? .admin : .sre) ? [toggle] : [])
  }
}
