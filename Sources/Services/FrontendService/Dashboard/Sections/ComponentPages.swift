import JSONBytes
import ServiceClients
import StatusModel

extension ListPage {
  /// `/dashboard/components`
  static func components(_ components: Part<[CommsClient.Component]>, _ desk: Desk, typed: Submission? = nil) -> ListPage {
    let t = desk.strings
    let shown = (components.value ?? []).sorted { $0.shown.position < $1.shown.position }
    let rows = shown.map { component in
      RowView(
        title: component.shown.name,
        href: desk.may(.sre) ? desk.links.editComponent(component.shown.key) : desk.links.component(component.shown.key),
        state: Condition(status: component.shown.status).view(t),
        facts: [.word(component.shown.key)] + (component.shown.group.map { [.word($0)] } ?? []), text: component.shown.reason(t))
    }
    let form = FormView(
      id: "add", action: desk.links.components,
      fields: [
        .init(name: "key", label: t("key"), value: typed?["key"] ?? "", hint: t("key_hint"), autocomplete: "off")
      ] + fields(nil, t, typed), button: t("add"), desk.setting)
    return ListPage(
      page: desk.setting.layout(t("components"), path: "/dashboard/components"), heading: t("components"), lead: t("components_lead"),
      sections: [SectionView(id: "components", rows: rows, empty: t("no_components"), missing: components.missing(desk))],
      form: desk.may(.sre) ? form : nil, formHeading: t("add_component"))
  }

  /// `/dashboard/components/{key}`: one of them, to be changed.
  static func component(_ component: CommsClient.Component, _ desk: Desk, typed: Submission? = nil) -> ListPage {
    let t = desk.strings
    let delete = ButtonView(
      label: t("delete"), action: desk.links.editComponent(component.shown.key, "delete"), style: "danger", id: "delete")
    let states = [("", t("by_itself"))] + [Condition.degraded, .partial, .major, .maintenance].map { ($0.status, $0.view(t).word) }
    let override: [FormPage.Field] = [
      .select(
        "status_override", t("override"), states, chosen: typed?["status_override"] ?? component.override["status"]?.string ?? "",
        hint: t("override_hint")),
      .init(
        name: "status_override.reason", label: t("override_reason"),
        value: typed?["status_override.reason"] ?? component.override["reason"]?.string ?? "", hint: t("override_reason_hint"),
        required: false),
    ]
    return ListPage(
      page: desk.setting.layout(component.shown.name, path: "/dashboard/components/\(Links.segment(component.shown.key))"),
      heading: component.shown.name, crumb: .init(name: t("components"), href: desk.links.components),
      facts: [.word(component.shown.key), .word(Condition(status: component.shown.status).view(t).word)], buttons: [delete], sections: [],
      form: FormView(
        id: "change", action: desk.links.editComponent(component.shown.key),
        hidden: [.init(name: "version", value: "\(component.version)")], fields: fields(component, t, typed) + override,
        button: t("save"), desk.setting), formHeading: t("change"))
  }

  private static func fields(_ component: CommsClient.Component?, _ t: Strings, _ typed: Submission?) -> [FormPage.Field] {
    func names(_ effect: String) -> String {
      (component?.dependsOn ?? []).filter { $0["effect"]?.string == effect }.compactMap { $0["on"]?.string }.joined(separator: ", ")
    }
    let shown = component?.shown
    let shows = ["always", "if_degraded"].map { ($0, t("show_\($0)")) }
    return [
      .init(name: "name", label: t("name"), value: typed?["name"] ?? shown?.name ?? "", autocomplete: "off"),
      .init(
        name: "description", label: t("about"), value: typed?["description"] ?? shown?.about ?? "", autocomplete: "off", required: false),
      .init(name: "group", label: t("group"), value: typed?["group"] ?? shown?.group ?? "", autocomplete: "off", required: false),
      .init(
        name: "position", label: t("position"), value: typed?["position"] ?? shown.map { "\($0.position)" } ?? "", hint: t("position_hint"),
        autocomplete: "off", required: false),
      .select("show", t("shown"), shows, chosen: typed?["show"] ?? (shown?.isShownOnlyDegraded == true ? "if_degraded" : "always")),
      .init(
        name: "note", label: t("depends_on"), value: typed?["note"] ?? names("note"), hint: t("depends_on_hint"), autocomplete: "off",
        required: false),
      .init(
        name: "state", label: t("suffers_with"), value: typed?["state"] ?? names("state"), hint: t("suffers_with_hint"),
        autocomplete: "off", required: false),
    ]
  }

  /// `/dashboard/maintenance`
  static func maintenances(
    _ maintenances: Part<[PublicMaintenance]>, _ components: [PublicComponent], _ desk: Desk, typed: Submission? = nil
  ) -> ListPage {
    let t = desk.strings
    let names = Dictionary(components.map { ($0.key, $0.name) }) { first, _ in first }
    let all = (maintenances.value ?? []).sorted { $0.startsAt < $1.startsAt }
    let (coming, past) = (all.filter { $0.state != "completed" }, all.filter { $0.state == "completed" })
    func section(_ id: String, _ heading: String?, _ shown: [PublicMaintenance], _ empty: String?) -> SectionView {
      SectionView(
        id: id, heading: heading, rows: shown.map { RowView($0, names, desk) }, empty: empty,
        missing: empty == nil ? nil : maintenances.missing(desk))
    }
    let options = components.map {
      FormPage.Option(
        kind: "checkbox", name: "components", value: $0.key, label: $0.name, isChosen: typed?.values("components").contains($0.key) == true)
    }
    let form = FormView(
      id: "plan", action: desk.links.maintenance,
      fields: [
        .init(name: "title", label: t("title"), value: typed?["title"] ?? "", autocomplete: "off"),
        .init(name: "message", label: t("message"), type: "textarea", value: typed?["message"] ?? "", hint: t("maintenance_hint")),
        .init(name: "starts_at", label: t("starts"), type: "datetime-local", value: typed?["starts_at"] ?? "", hint: t("in_utc")),
        .init(name: "ends_at", label: t("ends"), type: "datetime-local", value: typed?["ends_at"] ?? "", hint: t("in_utc")),
      ], choices: options.isEmpty ? [] : [.init(legend: t("components"), options: options)], button: t("plan"), desk.setting)
    return ListPage(
      page: desk.setting.layout(t("maintenance"), path: "/dashboard/maintenance"), heading: t("maintenance"), lead: t("maintenance_lead"),
      sections: [section("coming", nil, coming, t("no_maintenance"))] + (past.isEmpty ? [] : [section("past", t("over"), past, nil)]),
      form: desk.may(.sre) ? form : nil, formHeading: t("plan_maintenance"))
  }
}

extension Condition {
  /// As comms names it.
  fileprivate var status: String {
    switch self {
    case .unknown: "unknown"
    case .operational: "operational"
    case .maintenance: "under_maintenance"
    case .degraded: "degraded_performance"
    case .partial: "partial_outage"
    case .major: "major_outage"
    }
  }
}

extension RowView {
  fileprivate init(_ maintenance: PublicMaintenance, _ names: [String: String], _ desk: Desk) {
    let t = desk.strings
    let isOver = maintenance.state == "completed"
    let runs = maintenance.state == "in_progress"
    let end = ButtonView(
      label: t(runs ? "end_now" : "call_off"), about: maintenance.title, action: desk.links.endMaintenance(maintenance.id), style: "danger",
      id: "end-\(Links.segment(maintenance.id))")
    self.init(
      title: maintenance.title,
      state: StateView(
        style: isOver ? "ok" : "maintenance", word: t(isOver ? "maintenance_over" : runs ? "maintenance_running" : "maintenance_planned")),
      facts: [.at(desk.moment(maintenance.startsAt), label: t("from")), .at(desk.moment(maintenance.endsAt), label: t("until"))],
      tags: maintenance.components.map { names[$0] ?? $0 }, text: TextPart.clipped(maintenance.message, 400),
      buttons: !isOver && desk.may(.sre) ? [end] : [])
  }
}
