import ServiceClients
import StatusModel

extension WarRoomPage {
  static func writing(_ id: String, _ desk: Desk, _ typed: Submission?) -> FormView {
    let t = desk.strings
    let form = typed?["form"] == "write" ? typed : nil
    let kinds = ["update", "note", "mitigation", "resolution"].map { ($0, t("entry_\($0)")) }
    let options = ["internal", "public"].map { value in
      FormPage.Option(
        kind: "radio", name: "visibility", value: value, label: t("visible_\(value)"),
        isChosen: value == (form?["visibility"] == "public" ? "public" : "internal"))
    }
    return FormView(
      id: "write", action: desk.links.warRoom(id, "timeline"), hidden: [.init(name: "form", value: "write")],
      fields: [
        .init(name: "message", label: t("what_is_new"), type: "textarea", value: form?["message"] ?? "", lines: 3),
        .select("type", t("kind"), kinds, chosen: form?["type"] ?? "update"),
      ], choices: [.init(legend: t("who_sees"), options: options)], button: t("write_down"), desk.setting)
  }

  static func assigning(_ id: String, _ names: UserNames, _ desk: Desk, _ typed: Submission?) -> FormView {
    let t = desk.strings
    let form = typed?["form"] == "assign" ? typed : nil
    let roles = ["commander", "comms_lead", "scribe", "responder"].map { ($0, t("irole_\($0)")) }
    let people = names.users.filter { $0.isActive && $0.role >= .sre }.map { ($0.id, $0.name) }
    return FormView(
      id: "assign", action: desk.links.warRoom(id, "assign"), hidden: [.init(name: "form", value: "assign")],
      fields: [
        .select("role", t("role"), roles, chosen: form?["role"] ?? "commander"),
        .select("commander", t("person"), people, chosen: form?["commander"] ?? desk.person.id),
      ], button: t("assign"), isQuiet: true, desk.setting)
  }

  static func changing(_ incident: IncidentsClient.Incident, _ desk: Desk, _ typed: Submission?) -> FormView {
    let t = desk.strings
    let form = typed?["form"] == "change" ? typed : nil
    let severities = (1...4).map { ("\($0)", t("sev_\($0)")) }
    return FormView(
      id: "change", action: desk.links.warRoom(incident.id, "change"),
      hidden: [.init(name: "form", value: "change")] + incident.editable.map { .init(name: "shown_\($0.name)", value: $0.value) },
      fields: [
        .init(name: "title", label: t("title"), value: form?["title"] ?? incident.title),
        .select("sev", t("severity"), severities, chosen: form?["sev"] ?? "\(incident.severity)"),
        .init(
          name: "services", label: t("services"), value: form?["services"] ?? incident.services.joined(separator: ", "),
          hint: t("services_hint"), required: false),
        .init(name: "summary", label: t("summary"), type: "textarea", value: form?["summary"] ?? incident.summary, required: false),
      ], button: t("save"), isQuiet: true, desk.setting)
  }
}

extension IncidentsClient.Incident {
  /// What its form shows.
  var editable: [(name: String, value: String)] {
    [("title", title), ("sev", "\(severity)"), ("services", services.joined(separator: ", ")), ("summary", summary)]
  }
}

/// `/dashboard/incidents/{id}/announce`: what to say in public, and what that will do.
struct AnnouncePage: PageModel {
  static let template = "announce"

  struct Preview: Sendable {
    let incident: IncidentView
    let reach: String
  }

  let page: Layout
  let heading: String
  let crumb: FormPage.Other
  let lead: String
  let preview: Preview?
  let action: String
  let fields: [FormPage.Field]
  let previewButton: String

  /// `typed` is what is being announced, `trial` what that would do.
  init(
    _ incident: IncidentsClient.Incident, _ published: PublicIncident?, _ desk: Desk, typed: Submission? = nil,
    trial: CommsClient.Trial? = nil
  ) {
    let t = desk.strings
    heading = t("announce")
    page = desk.setting.layout(heading, path: Links.warRoomPath(incident.id) + "/announce")
    crumb = .init(name: incident.title, href: desk.links.warRoom(incident.id))
    lead = t(published == nil ? "announce_first" : "announce_again")
    preview = trial.map { trial in
      let mails = t.count("reach_mails", trial.mails, in: desk.language)
      let calls = t.count("reach_webhooks", trial.webhooks, in: desk.language)
      return Preview(
        incident: IncidentView(trial.incident, names: [:], desk.setting), reach: t("reach", ["mails": mails, "webhooks": calls]))
    }
    action = desk.links.warRoom(incident.id, "announce")
    let states = ["investigating", "identified", "monitoring", "resolved"].map { ($0, t("update_\($0)")) }
    let likely = incident.isResolved ? "resolved" : published?.updates.first?.state ?? "investigating"
    var fields: [FormPage.Field] = [
      .select("state", t("state"), states, chosen: typed?["state"] ?? likely),
      .init(name: "message", label: t("message"), type: "textarea", value: typed?["message"] ?? "", hint: t("message_hint"), lines: 5),
      .init(
        name: "message_fr", label: t("message_fr"), type: "textarea", value: typed?["message_fr"] ?? "", hint: t("message_fr_hint"),
        required: false, lines: 3),
    ]
    if published == nil {
      fields.append(
        .init(name: "title", label: t("public_title"), value: typed?["title"] ?? incident.title, hint: t("public_title_hint")))
    }
    let problems = desk.setting.refusal?.problems ?? []
    self.fields = fields.map { $0.settled(problems, desk.setting) }
    previewButton = t(trial == nil ? "preview" : "preview_again")
  }
}

extension FormPage.Content {
  /// `/dashboard/incidents/{id}/postmortem`
  static func postmortem(
    _ setting: PageContext, _ incident: IncidentsClient.Incident, _ known: Postmortem?, _ form: Submission? = nil
  ) -> Self {
    let t = setting.strings
    func area(
      _ name: String, _ label: String, _ value: String?, hint: String? = nil, required: Bool = false, lines: Int = 4
    ) -> FormPage.Field {
      .init(
        name: name, label: t(label), type: "textarea", value: form?[name] ?? value ?? "", hint: hint.map { t($0) }, required: required,
        lines: lines)
    }
    let items = known?.actionItems.map { ($0.isDone ? "[x] " : "") + $0.title }.joined(separator: "\n")
    let isPublished = known?.isPublished == true
    return Self(
      path: Links.warRoomPath(incident.id) + "/postmortem", action: setting.links.warRoom(incident.id, "postmortem"),
      heading: t("postmortem_of", ["title": incident.title]), lead: t(isPublished ? "postmortem_lead_published" : "postmortem_lead"),
      hidden: isPublished ? [.init(name: "state", value: "published")] : [],
      fields: [
        area("what_happened", "what_happened", known?.whatHappened, required: true, lines: 6),
        area("root_cause", "root_cause", known?.rootCause, required: true), area("impact", "impact", known?.impact),
        area("detection", "detection", known?.detection),
        area("contributing_factors", "contributing_factors", known?.contributingFactors.joined(separator: "\n"), hint: "one_a_line"),
        area("lessons", "lessons", known?.lessons), area("action_items", "action_items", items, hint: "action_items_hint"),
      ], button: t(isPublished ? "save" : "save_draft"),
      second: isPublished ? nil : .init(name: "state", value: "published", label: t("publish")), isWide: true,
      others: [.init(name: t("cancel"), href: setting.links.warRoom(incident.id))])
  }
}
