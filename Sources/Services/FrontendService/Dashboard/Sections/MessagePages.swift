import JSONBytes
import ServiceClients
import StatusModel

/// `/dashboard/messages/{uuid}`: one message, whole, and what its consumers did with it.
struct MessageDetailPage: PageModel {
  static let template = "busmessage"

  let page: Layout
  let crumb: FormPage.Other
  let name: String
  let state: StateView
  let facts: [FactView]
  let errors: [String]
  let hasErrors: Bool
  let data: String
  let buttons: [ButtonView]
  let hasButtons: Bool
  let cid: String?

  init(_ message: CommsClient.Message, _ desk: Desk) {
    let t = desk.strings
    page = desk.setting.layout(message.name, path: "/dashboard/messages/\(Links.segment(message.uuid))")
    crumb = .init(name: t("messages"), href: desk.links.messages([:]))
    name = message.name
    state = StateView(message: message, t)
    facts = [.word(message.sender), .word(message.createdAt), .word(message.uuid)] + message.consumers.map { .word($0) }
    errors = message.errors
    hasErrors = !errors.isEmpty
    data = message.data.indented()
    func button(_ how: String, style: String) -> ButtonView {
      ButtonView(
        label: t("message_\(how)"), action: desk.links.message(message.uuid, "settle"), hidden: [.init(name: "how", value: how)],
        style: style, id: how)
    }
    buttons = message.state == "dead" ? [button("replay", style: "quiet"), button("discard", style: "danger")] : []
    hasButtons = !buttons.isEmpty
    cid = message.cid.isEmpty ? nil : desk.links.messages(["cid": message.cid])
  }
}

extension StateView {
  init(message: CommsClient.Message, _ t: Strings) {
    self.init(
      style: ["ok": "ok", "retrying": "degraded", "dead": "major"][message.state] ?? "unknown",
      word: t.texts["message_is_\(message.state)"] ?? message.state)
  }
}

extension ListPage {
  /// `/dashboard/messages`
  static func messages(
    _ filter: CommsClient.MessageFilter, _ found: Part<Listing<CommsClient.Message>>, _ consumers: Part<[CommsClient.Consumer]>,
    _ desk: Desk
  ) -> ListPage {
    let t = desk.strings
    let states = [("", t("any"))] + ["retrying", "dead"].map { ($0, t("message_is_\($0)")) }
    let fields: [FormPage.Field] = [
      .init(name: "name", label: t("message_name"), value: filter.name ?? "", autocomplete: "off", required: false),
      .init(name: "q", label: t("message_text"), type: "search", value: filter.text ?? "", required: false),
      .init(name: "cid", label: t("cid"), value: filter.cid ?? "", autocomplete: "off", required: false),
      .select("state", t("state"), states, chosen: filter.state ?? ""),
    ]
    let problems = found.failure?.problems ?? []
    let rows = (found.value?.items ?? []).map { message in
      RowView(
        title: message.name, href: desk.links.message(message.uuid), state: StateView(message: message, t),
        facts: [.word(message.sender), .word(message.createdAt), .word(message.cid)],
        text: message.errors.last.map { TextPart.clipped($0, 200) })
    }
    let groups = (consumers.value ?? []).map { consumer in
      let counts = [
        ("bus_lag", consumer.lag), ("bus_retrying", consumer.retrying), ("bus_dead", consumer.dead), ("bus_missed", consumer.missed),
      ].filter { $0.1 > 0 }
      return RowView(
        title: consumer.name,
        state: counts.isEmpty
          ? StateView(style: "ok", word: t("bus_up_to_date"))
          : StateView(style: consumer.dead > 0 ? "major" : "degraded", word: t("bus_behind")),
        facts: counts.map { .word(t.count($0.0, $0.1, in: desk.language)) })
    }
    return ListPage(
      page: desk.setting.layout(t("messages"), path: "/dashboard/messages"), heading: t("messages"), lead: t("messages_lead"),
      filters: .init(
        action: "/dashboard/messages", fields: fields.map { $0.settled(problems, prefix: "filter-", desk.setting) },
        lang: desk.links.chosen),
      sections: [
        SectionView(
          id: "messages", rows: rows, empty: problems.isEmpty ? t("nothing_found") : nil,
          missing: problems.isEmpty ? found.missing(desk) : nil),
        SectionView(id: "consumers", heading: t("consumers"), rows: groups, missing: consumers.missing(desk)),
      ],
      pager: PagerView(start: filter.start, shown: rows.count, total: found.value?.total ?? 0, desk.setting) { start in
        desk.links.messages(["name": filter.name, "q": filter.text, "cid": filter.cid, "state": filter.state, "start": "\(start)"])
      })
  }
}

extension JSONValue {
  /// For people: a member on each line, two spaces a level.
  fileprivate func indented(_ margin: String = "") -> String {
    let inner = margin + "  "
    switch self {
    case .object(let object) where !object.members.isEmpty:
      let lines = object.members.map { "\(inner)\(JSONText.quoted($0.name)): \($0.value.indented(inner))" }
      return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
    case .array(let elements) where !elements.isEmpty:
      return "[\n\(elements.map { inner + $0.indented(inner) }.joined(separator: ",\n"))\n\(margin)]"
    default: return text
    }
  }
}
