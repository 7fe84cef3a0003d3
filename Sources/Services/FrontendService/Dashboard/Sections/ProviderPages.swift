import ServiceClients
import StatusModel

extension ListPage {
  /// `/dashboard/providers`
  static func providers(
    _ providers: Part<[ProvidersClient.Provider]>, _ catalogue: [String], _ desk: Desk, typed: Submission? = nil
  ) -> ListPage {
    let t = desk.strings
    let known = (providers.value ?? []).enumerated().sorted { a, b in
      (a.element.isTroubled ? 0 : 1, a.offset) < (b.element.isTroubled ? 0 : 1, b.offset)
    }.map(\.element)
    let others = catalogue.filter { name in !known.contains { $0.name == name } }
    let kinds = ["json", "rss", "http"].map { ($0, t("feed_\($0)")) }
    let form = FormView(
      id: "add", action: desk.links.providers,
      fields: [
        .init(
          name: "name", label: t("name"), value: typed?["name"] ?? "",
          hint: others.isEmpty ? nil : t("catalogue_hint", ["names": others.joined(separator: ", ")]), autocomplete: "off"),
        .init(
          name: "feed_url", label: t("feed"), value: typed?["feed_url"] ?? "", hint: t("feed_hint"), autocomplete: "off", required: false),
        .select("type", t("kind"), kinds, chosen: typed?["type"] ?? "json"),
      ], button: t("watch"), desk.setting)
    return ListPage(
      page: desk.setting.layout(t("providers"), path: "/dashboard/providers", stream: Links.workLive), heading: t("providers"),
      lead: t("providers_lead"),
      sections: [
        SectionView(
          id: "providers", rows: known.map { RowView($0, desk, href: desk.links.providers($0.name)) }, empty: t("no_providers"),
          missing: providers.missing(desk))
      ], form: desk.may(.sre) ? form : nil, formHeading: t("watch_provider"))
  }

  /// `/dashboard/providers/{name}`: how it is read, and what it reports.
  static func provider(
    _ provider: ProvidersClient.Provider, _ events: Part<[ProvidersClient.Event]>, _ reports: ProvidersClient.Reports?, _ desk: Desk
  ) -> ListPage {
    let t = desk.strings
    func button(_ key: String, _ doing: String, style: String = "quiet") -> ButtonView {
      ButtonView(label: t(key), action: desk.links.providers(provider.name, doing), style: style, id: doing)
    }
    var facts: [FactView] = [.word(provider.condition.view(t).word), .word(provider.kind)]
    if let at = provider.lastSuccessAt { facts.append(.at(desk.moment(at), label: t("read_at"))) }
    if !provider.dependsOn.isEmpty { facts.append(.word(provider.dependsOn.joined(separator: ", "), label: t("depends_on"))) }
    if let reports, reports.reporters > 0 { facts.append(.word(t.count("reporters", reports.reporters, in: desk.language))) }
    if let error = provider.lastError, provider.refusals > 0 { facts.append(.word(error, label: t("last_error"))) }
    return ListPage(
      page: desk.setting.layout(provider.name, path: "/dashboard/providers/\(Links.segment(provider.name))", stream: Links.workLive),
      heading: provider.name, lead: provider.feed, crumb: .init(name: t("providers"), href: desk.links.providers), facts: facts,
      buttons: desk.may(.sre) ? [button("read_now", "refresh"), button("watch_no_more", "delete", style: "danger")] : [],
      sections: [
        SectionView(
          id: "events", heading: t("provider_reports"), rows: (events.value ?? []).map { RowView($0, desk) }, empty: t("no_events"),
          missing: events.missing(desk))
      ])
  }
}

extension RowView {
  /// What a provider reports.
  init(_ event: ProvidersClient.Event, _ desk: Desk) {
    let t = desk.strings
    let isOver = event.resolvedAt != nil
    var facts: [FactView] = [.at(desk.moment(event.startedAt))]
    if let at = event.resolvedAt {
      facts.append(.word(t("resolved_after", ["duration": durationText(max(0, at - event.startedAt), desk.language)])))
    } else {
      facts.append(.word(t("lasts", ["duration": desk.since(event.startedAt)])))
    }
    if !event.causedBy.isEmpty { facts.append(.word(t("caused_by", ["names": event.causedBy.joined(separator: ", ")]))) }
    if let incident = event.incident { facts.append(.word(incident)) }
    let condition = Condition(impact: event.impact)
    self.init(
      title: event.title, href: event.incident.map { desk.links.warRoom($0) },
      state: isOver ? StateView(style: "ok", word: t("incident_resolved")) : condition.view(t), facts: facts,
      tags: event.components + event.regions, text: event.latest.map { TextPart.clipped($0, 300) })
  }
}
