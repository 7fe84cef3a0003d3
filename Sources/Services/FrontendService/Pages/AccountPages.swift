import StatusModel

/// The forms around accounts.
extension FormPage.Content {
  static func login(_ setting: PageContext, email: String = "", next: String) -> Self {
    let t = setting.strings
    return Self(
      path: "/login", action: setting.links.login, heading: t("sign_in"), hidden: [.init(name: "next", value: next)],
      fields: [
        .init(name: "email", label: t("email"), type: "email", value: email, autocomplete: "email"),
        .init(name: "password", label: t("password"), type: "password", autocomplete: "current-password"),
      ], button: t("sign_in"),
      others: [
        .init(name: t("forgot_password"), href: setting.links.forgot), .init(name: t("register"), href: setting.links.register),
      ])
  }

  static func register(_ setting: PageContext, name: String = "", email: String = "") -> Self {
    let t = setting.strings
    return Self(
      path: "/register", action: setting.links.register, heading: t("register"), lead: t("register_lead"),
      fields: [
        .init(name: "name", label: t("name"), value: name, autocomplete: "name"),
        .init(name: "email", label: t("email"), type: "email", value: email, autocomplete: "email"), newPassword(t),
      ], button: t("register_button"), others: [.init(name: t("have_account"), href: setting.links.login)])
  }

  static func forgot(_ setting: PageContext, email: String = "") -> Self {
    let t = setting.strings
    return Self(
      path: "/password/forgot", action: setting.links.forgot, heading: t("forgot_password"), lead: t("forgot_lead"),
      fields: [.init(name: "email", label: t("email"), type: "email", value: email, autocomplete: "email")], button: t("forgot_button"),
      others: [.init(name: t("sign_in"), href: setting.links.login)])
  }

  static func reset(_ setting: PageContext, token: String) -> Self {
    let t = setting.strings
    return Self(
      path: "/password/reset", action: setting.links.reset, heading: t("set_password"), hidden: [.init(name: "token", value: token)],
      fields: [newPassword(t)], button: t("set_password_button"), others: [.init(name: t("new_link"), href: setting.links.forgot)])
  }

  static func changePassword(_ setting: PageContext) -> Self {
    let t = setting.strings
    return Self(
      path: "/password", action: setting.links.password, heading: t("change_password"), lead: t("change_password_lead"),
      fields: [
        .init(name: "current_password", label: t("current_password"), type: "password", autocomplete: "current-password"),
        newPassword(t),
      ], button: t("change_password"), others: [.init(name: t("dashboard"), href: setting.links.dashboard)])
  }

  static func confirmMail(_ setting: PageContext, token: String) -> Self {
    let t = setting.strings
    return Self(
      path: "/confirm", action: setting.links.confirmMail, heading: t("confirm_mail"), lead: t("confirm_mail_lead"),
      hidden: [.init(name: "token", value: token)], button: t("confirm_mail"))
  }

  private static func newPassword(_ t: Strings) -> FormPage.Field {
    .init(name: "password", label: t("new_password"), type: "password", hint: t("password_hint"), autocomplete: "new-password")
  }
}
