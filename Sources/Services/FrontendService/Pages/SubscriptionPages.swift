import ServiceClients
import StatusModel

/// The forms around subscriptions.
extension FormPage.Content {
  static func subscribe(_ setting: PageContext, _ components: [PublicComponent], email: String = "", chosen: [String] = []) -> Self {
    let t = setting.strings
    return Self(
      path: "/subscribe", action: setting.links.subscribe, heading: t("subscribe"), lead: t("subscribe_lead"),
      fields: [.init(name: "email", label: t("email"), type: "email", value: email, autocomplete: "email")],
      choices: choices(setting, components, chosen: chosen, language: setting.language.rawValue), button: t("subscribe"))
  }

  static func confirm(_ setting: PageContext, token: String) -> Self {
    let t = setting.strings
    return Self(
      path: "/subscriptions/confirm/\(Links.segment(token))", action: setting.links.confirm(token), heading: t("confirm_subscription"),
      lead: t("confirm_subscription_lead"), button: t("confirm_subscription"))
  }

  static func manage(_ setting: PageContext, token: String, _ subscription: Subscription, _ components: [PublicComponent]) -> Self {
    let t = setting.strings
    return Self(
      path: "/subscriptions/manage/\(Links.segment(token))", action: setting.links.manage(token), heading: t("manage_subscription"),
      lead: t("manage_lead", ["email": subscription.email]),
      choices: choices(setting, components, chosen: subscription.components, language: subscription.language), button: t("save"),
      others: [.init(name: t("unsubscribe"), href: setting.links.unsubscribe(token))])
  }

  static func unsubscribe(_ setting: PageContext, token: String) -> Self {
    let t = setting.strings
    return Self(
      path: "/unsubscribe/\(Links.segment(token))", action: setting.links.unsubscribe(token), heading: t("unsubscribe"),
      lead: t("unsubscribe_lead"), button: t("unsubscribe"), others: [.init(name: t("manage_instead"), href: setting.links.manage(token))])
  }

  private static func choices(
    _ setting: PageContext, _ components: [PublicComponent], chosen: [String], language: String
  ) -> [FormPage.Choice] {
    let t = setting.strings
    let languages = Language.allCases.map {
      FormPage.Option(kind: "radio", name: "language", value: $0.rawValue, label: $0.name, isChosen: $0.rawValue == language)
    }
    let listed = components.map {
      FormPage.Option(kind: "checkbox", name: "components", value: $0.key, label: $0.name, isChosen: chosen.contains($0.key))
    }
    return (listed.isEmpty ? [] : [.init(legend: t("components"), hint: t("components_hint"), options: listed)])
      + [.init(legend: t("mail_language"), options: languages)]
  }
}
