import ServiceClients
import StatusModel

extension ListPage {
  /// `/dashboard/webhooks`
  static func webhooks(_ webhooks: Part<[CommsClient.Webhook]>, _ desk: Desk, typed: Submission? = nil) -> ListPage {
    let t = desk.strings
    let rows = (webhooks.value ?? []).map { webhook in
      RowView(
        title: webhook.about.isEmpty ? webhook.url : webhook.about, href: desk.links.webhook(webhook.id), state: webhook.view(t),
        facts: (webhook.about.isEmpty ? [] : [.word(webhook.url)]) + [.word(webhook.format)], tags: webhook.events)
    }
    let formats = [("standard", t("format_standard")), ("statuspage", "Statuspage"), ("slack", "Slack"), ("discord", "Discord")]
    let standard = "announcement.published, component.status.changed, maintenance.*"
    return ListPage(
      page: desk.setting.layout(t("webhooks"), path: "/dashboard/webhooks"), heading: t("webhooks"), lead: t("webhooks_lead"),
      sections: [SectionView(id: "webhooks", rows: rows, empty: t("no_webhooks"), missing: webhooks.missing(desk))],
      form: FormView(
        id: "add", action: desk.links.webhooks,
        fields: [
          .init(name: "url", label: t("address"), value: typed?["url"] ?? "", hint: t("webhook_url_hint"), autocomplete: "off"),
          .init(name: "description", label: t("about"), value: typed?["description"] ?? "", autocomplete: "off", required: false),
          .select("format", t("format"), formats, chosen: typed?["format"] ?? "standard"),
          .init(name: "events", label: t("events"), value: typed?["events"] ?? standard, hint: t("events_hint"), autocomplete: "off"),
        ], button: t("add"), desk.setting), formHeading: t("add_webhook"))
  }

  /// `/dashboard/webhooks/{webhook}`: its deliveries.
  static func webhook(
    _ webhook: CommsClient.Webhook, _ deliveries: Part<Listing<CommsClient.Delivery>>, start: Int, _ desk: Desk
  ) -> ListPage {
    let t = desk.strings
    let isDisabled = webhook.state == "disabled"
    func button(_ key: String, _ doing: String, style: String = "quiet", hidden: [FormPage.Hidden] = []) -> ButtonView {
      ButtonView(label: t(key), action: desk.links.webhook(webhook.id, doing), hidden: hidden, style: style, id: doing)
    }
    let rows = (deliveries.value?.items ?? []).map { RowView($0, of: webhook, desk) }
    var facts: [FactView] = [
      .word(t("webhook_\(webhook.state)")), .word(webhook.format), .at(desk.moment(webhook.createdAt), label: t("added")),
    ]
    if let since = webhook.failingSince { facts.append(.at(desk.moment(since), label: t("failing_since"))) }
    return ListPage(
      page: desk.setting.layout(t("webhook"), path: "/dashboard/webhooks/\(Links.segment(webhook.id))", stream: Links.workLive),
      heading: webhook.about.isEmpty ? webhook.url : webhook.about, lead: webhook.about.isEmpty ? nil : webhook.url,
      crumb: .init(name: t("webhooks"), href: desk.links.webhooks), facts: facts,
      buttons: [
        button("send_test", "test"),
        button(
          isDisabled ? "enable" : "disable", "state", hidden: [.init(name: "state", value: isDisabled ? "active" : "disabled")]),
        button("delete", "delete", style: "danger"),
      ],
      sections: [
        SectionView(
          id: "deliveries", heading: t("deliveries"), rows: rows, empty: t("no_deliveries"), missing: deliveries.missing(desk))
      ],
      pager: PagerView(start: start, shown: rows.count, total: deliveries.value?.total ?? 0, desk.setting) {
        desk.links.webhook(webhook.id, start: $0)
      })
  }
}

extension CommsClient.Webhook {
  func view(_ strings: Strings) -> StateView {
    StateView(style: state == "active" ? "ok" : state == "failing" ? "major" : "unknown", word: strings("webhook_\(state)"))
  }
}

extension RowView {
  fileprivate init(_ delivery: CommsClient.Delivery, of webhook: CommsClient.Webhook, _ desk: Desk) {
    let t = desk.strings
    let style = ["delivered": "ok", "failed": "major", "queued": "unknown"][delivery.state] ?? "unknown"
    var facts: [FactView] = [.at(desk.moment(delivery.createdAt)), .word(t.count("tries", delivery.tries, in: desk.language))]
    if let status = delivery.lastStatus { facts.append(.word(t("answered", ["status": "\(status)"]))) }
    if let took = delivery.tookMilliseconds { facts.append(.word("\(took) ms")) }
    if let next = delivery.nextAt { facts.append(.at(desk.moment(next), label: t("again_at"))) }
    let replay = ButtonView(
      label: t("replay"), about: delivery.event, action: desk.links.replay(delivery.id, of: webhook.id),
      id: "replay-\(Links.segment(delivery.id))")
    let answer = [delivery.lastError, delivery.lastAnswer].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "\n")
    self.init(
      title: delivery.event, state: StateView(style: style, word: t("delivery_\(delivery.state)")), facts: facts,
      text: answer.isEmpty ? nil : TextPart.clipped(answer, 300), buttons: delivery.state == "queued" ? [] : [replay])
  }
}
