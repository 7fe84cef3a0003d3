import JSONBytes
import ServiceClients

/// `/providers/{name}`: how one does, and what visitors report of it.
struct ProviderPage: PageModel {
  static let template = "provider"

  struct Curve: Sendable {
    let label: String
    let viewBox: String
    let d: String
    let from: String
  }

  let page: Layout
  let crumb: FormPage.Other
  let name: String
  let state: StateView
  let facts: [FactView]
  let events: SectionView
  let curve: Curve?
  let curveText: String?
  let form: FormView

  init(
    _ provider: ProvidersClient.Provider, _ events: Part<[ProvidersClient.Event]>, _ reports: Part<ProvidersClient.Reports>,
    _ setting: PageContext, now: Int
  ) {
    let t = setting.strings
    name = provider.name
    page = setting.layout(name, path: "/providers/\(Links.segment(name))")
    crumb = .init(name: t("providers"), href: setting.links.publicProviders)
    state = provider.condition.view(t)
    facts = provider.publicFacts(setting)
    self.events = SectionView(
      id: "events", heading: t("provider_reports"), rows: (events.value ?? []).map { RowView($0, setting, now: now) },
      empty: t("no_events"), missing: events.failure.map { setting.explained($0) })
    curve = reports.value.flatMap { Self.curve($0.slots, setting, now: now) }
    curveText = reports.failure.map { setting.explained($0) } ?? (curve == nil ? t("no_reports") : nil)
    let kinds = ["outage", "errors", "slow", "other"].map {
      FormPage.Option(kind: "radio", name: "kind", value: $0, label: t("report_\($0)"), isChosen: $0 == "outage")
    }
    form = FormView(
      id: "report", action: setting.links.publicProvider(name), fields: [],
      choices: [.init(legend: t("report_kind"), options: kinds)], button: t("report_button"), isQuiet: true, setting)
  }

  private static let height = 40
  /// Five minutes each.
  private static let slots = 288

  /// A bar for each five minutes in which somebody reported; nil when nobody did.
  private static func curve(_ reported: [ProvidersClient.Reports.Slot], _ setting: PageContext, now: Int) -> Curve? {
    guard let most = reported.map(\.count).max(), most > 0 else { return nil }
    let path = reported.filter { $0.count > 0 }.map { slot in
      let place = min(max(0, slots - 1 - (now - slot.at) / 300), slots - 1)
      return "M\(place).5 \(height)v-\(max(2, slot.count * height / most))"
    }.joined()
    let total = setting.strings.count("reports_total", reported.reduce(0) { $0 + $1.count }, in: setting.language)
    return Curve(
      label: setting.strings("reports_label", ["total": total, "most": "\(most)"]), viewBox: "0 0 \(slots) \(height)", d: path,
      from: setting.strings("a_day_ago"))
  }
}

extension ListPage {
  /// `/providers`: whom we depend on.
  static func publicProviders(_ shown: Part<[ProvidersClient.Provider]>, _ setting: PageContext, now: Int) -> ListPage {
    let t = setting.strings
    let rows = (shown.value ?? []).map { provider in
      RowView(
        title: provider.name, href: setting.links.publicProvider(provider.name), state: provider.condition.view(t),
        facts: provider.publicFacts(setting))
    }
    return ListPage(
      page: setting.layout(t("providers"), path: "/providers"), heading: t("providers"), lead: t("public_providers_lead"),
      sections: [
        SectionView(
          id: "providers", rows: rows, empty: t("no_public_providers"), missing: shown.failure.map { setting.explained($0) })
      ])
  }
}

extension ProvidersClient.Provider {
  fileprivate func publicFacts(_ setting: PageContext) -> [FactView] {
    var facts: [FactView] = []
    if activeEvents > 0 { facts.append(.word(setting.strings.count("provider_events", activeEvents, in: setting.language))) }
    if isSuspected { facts.append(.word(setting.strings("provider_suspected"))) }
    if let at = lastSuccessAt { facts.append(.at(setting.moment(at), label: setting.strings("read_at"))) }
    return facts
  }
}

extension RowView {
  /// What a provider reports, as everybody may see it.
  init(_ event: ProvidersClient.Event, _ setting: PageContext, now: Int) {
    let t = setting.strings
    var facts: [FactView] = [.at(setting.moment(event.startedAt))]
    if let at = event.resolvedAt {
      facts.append(.word(t("resolved_after", ["duration": durationText(max(0, at - event.startedAt), setting.language)])))
    } else {
      facts.append(.word(t("lasts", ["duration": durationText(max(0, now - event.startedAt), setting.language)])))
    }
    if !event.causedBy.isEmpty { facts.append(.word(t("caused_by", ["names": event.causedBy.joined(separator: ", ")]))) }
    self.init(
      title: event.title, href: event.url.flatMap { TextPart.parts($0).first?.href },
      state: event.resolvedAt != nil ? StateView(style: "ok", word: t("incident_resolved")) : Condition(impact: event.impact).view(t),
      facts: facts, tags: event.components + event.regions, text: event.latest.map { TextPart.clipped($0, 300) })
  }
}

extension Frontend {
  /// The provider a component depends on, from `cloudflare:DNS` or `{on: …}`.
  static func providerName(_ dependency: JSONValue) -> String? {
    (dependency["on"]?.string ?? dependency.string).map { String($0.prefix { $0 != ":" }) }
  }
}
