import ServiceClients
import StatusModel

extension ListPage {
  /// `/dashboard/users`
  static func users(_ users: Part<[UsersClient.User]>, _ desk: Desk) -> ListPage {
    let t = desk.strings
    let rows = (users.value ?? []).map { user in
      let action = desk.links.user(user.id)
      func button(_ key: String, _ name: String, _ value: String, style: String = "quiet") -> ButtonView {
        ButtonView(
          label: t(key), about: user.name, action: action, hidden: [.init(name: name, value: value)], style: style,
          id: "\(name)-\(value)-\(user.id)")
      }
      let roles = [Role.viewer, .sre, .admin].filter { $0 != user.role }.map { button("make_\($0.rawValue)", "role", $0.rawValue) }
      let access = user.isActive ? button("suspend", "active", "false", style: "danger") : button("let_in", "active", "true")
      return RowView(
        title: user.name,
        state: StateView(style: user.isActive ? "ok" : "unknown", word: t(user.isActive ? "account_works" : "account_rests")),
        facts: [.word(user.email), .word(t("role_\(user.role.rawValue)"))] + (user.team.map { [.word($0)] } ?? []),
        buttons: user.id == desk.person.id ? [] : roles + [access])
    }
    return ListPage(
      page: desk.setting.layout(t("users"), path: "/dashboard/users"), heading: t("users"), lead: t("users_lead"),
      sections: [SectionView(id: "users", rows: rows, missing: users.missing(desk))])
  }

  /// `/dashboard/subscribers`
  static func subscribers(_ found: Part<Listing<CommsClient.Subscriber>>, start: Int, _ desk: Desk) -> ListPage {
    let t = desk.strings
    let rows = (found.value?.items ?? []).map { subscriber in
      RowView(
        title: subscriber.email,
        state: StateView(
          style: subscriber.state == "confirmed" || subscriber.state == "active" ? "ok" : "unknown",
          word: t.texts["subscription_\(subscriber.state)"] ?? subscriber.state),
        facts: [.at(desk.moment(subscriber.createdAt)), .word(subscriber.language)], tags: subscriber.components,
        buttons: [
          ButtonView(
            label: t("end_subscription"), about: subscriber.email, action: desk.links.endSubscription(subscriber.id), style: "danger",
            id: "end-\(subscriber.id)")
        ])
    }
    return ListPage(
      page: desk.setting.layout(t("subscribers"), path: "/dashboard/subscribers"), heading: t("subscribers"), lead: t("subscribers_lead"),
      sections: [SectionView(id: "subscribers", rows: rows, empty: t("no_subscribers"), missing: found.missing(desk))],
      pager: PagerView(start: start, shown: rows.count, total: found.value?.total ?? 0, desk.setting) { desk.links.subscribers(start: $0) })
  }

  /// `/dashboard/mails`
  static func mails(_ found: Part<Listing<CommsClient.Mail>>, start: Int, _ desk: Desk) -> ListPage {
    let t = desk.strings
    let rows = (found.value?.items ?? []).map { mail in
      RowView(
        title: t.texts["mail_\(mail.template)"] ?? mail.template,
        state: StateView(
          style: ["sent": "ok", "failed": "major"][mail.state] ?? "unknown", word: t.texts["mail_is_\(mail.state)"] ?? mail.state),
        facts: [.at(desk.moment(mail.createdAt)), .word(t.count("tries", mail.attempts, in: desk.language))], text: mail.error)
    }
    return ListPage(
      page: desk.setting.layout(t("mails"), path: "/dashboard/mails"), heading: t("mails"), lead: t("mails_lead"),
      sections: [SectionView(id: "mails", rows: rows, empty: t("no_mails"), missing: found.missing(desk))],
      pager: PagerView(start: start, shown: rows.count, total: found.value?.total ?? 0, desk.setting) { desk.links.mails(start: $0) })
  }
}
