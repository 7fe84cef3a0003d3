import ServiceClients
import StatusModel

extension ListPage {
  /// `/dashboard/incidents`: every incident, with filters.
  static func incidents(
    _ filter: IncidentsClient.Filter, _ found: Part<Listing<IncidentsClient.Incident>>, _ people: Part<[UsersClient.User]>, _ desk: Desk
  ) -> ListPage {
    let t = desk.strings
    let names = UserNames(people.value)
    let rows = (found.value?.items ?? []).map { RowView($0, names, desk) }
    let isFiltered = filter.status != nil || filter.severity != nil || filter.service?.isEmpty == false || filter.words?.isEmpty == false
    return ListPage(
      page: desk.setting.layout(t("incidents"), path: "/dashboard/incidents", stream: Links.workLive), heading: t("incidents"),
      ways: desk.may(.sre) ? [.init(name: t("declare"), href: desk.links.newIncident)] : [],
      filters: .init(action: "/dashboard/incidents", fields: fields(filter, desk), lang: desk.links.chosen),
      sections: [
        SectionView(
          id: "incidents", rows: rows, empty: t(isFiltered ? "nothing_found" : "no_incidents_yet"), missing: found.missing(desk))
      ],
      pager: PagerView(start: filter.start, shown: rows.count, total: found.value?.total ?? 0, desk.setting) { start in
        desk.links.incidents([
          "q": filter.words, "status": filter.status, "sev": filter.severity.map { "\($0)" }, "service": filter.service,
          "start": "\(start)",
        ])
      })
  }

  private static func fields(_ filter: IncidentsClient.Filter, _ desk: Desk) -> [FormPage.Field] {
    let t = desk.strings
    let statuses = [("", t("any"))] + ["open", "mitigated", "resolved"].map { ($0, t("incident_\($0)")) }
    let severities = [("", t("any"))] + (1...4).map { ("\($0)", t("sev", ["n": "\($0)"])) }
    let fields: [FormPage.Field] = [
      .init(name: "q", label: t("search_words"), type: "search", value: filter.words ?? "", required: false),
      .select("status", t("state"), statuses, chosen: filter.status ?? ""),
      .select("sev", t("severity"), severities, chosen: filter.severity.map { "\($0)" } ?? ""),
      .init(name: "service", label: t("service"), value: filter.service ?? "", required: false),
    ]
    return fields.map { $0.settled([], prefix: "filter-", desk.setting) }
  }
}

extension FormPage.Content {
  /// `/dashboard/new`: declaring in one step.
  static func newIncident(_ setting: PageContext, _ components: [PublicComponent], _ form: Submission? = nil) -> Self {
    let t = setting.strings
    let severities = (1...4).map { ("\($0)", t("sev_\($0)")) }
    let keys = components.map(\.key).joined(separator: ", ")
    return Self(
      path: "/dashboard/new", action: setting.links.newIncident, heading: t("declare"), lead: t("declare_lead"),
      fields: [
        .init(name: "title", label: t("title"), value: form?["title"] ?? "", hint: t("title_hint"), autocomplete: "off"),
        .select("sev", t("severity"), severities, chosen: form?["sev"] ?? "2"),
        .init(
          name: "services", label: t("services"), value: form?["services"] ?? "",
          hint: keys.isEmpty ? t("services_hint") : t("services_known", ["keys": TextPart.clipped(keys, 200)]), autocomplete: "off",
          required: false),
        .init(name: "summary", label: t("summary"), type: "textarea", value: form?["summary"] ?? "", required: false),
      ], button: t("declare"), others: [.init(name: t("cancel"), href: setting.links.incidents)])
  }
}
