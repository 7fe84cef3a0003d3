/// The languages mails are written in.
enum MailLanguage: String, CaseIterable, Sendable {
  case en, fr

  /// Of a tag such as `fr-CA`; English for languages we do not write.
  init(tag: String) { self = MailLanguage(rawValue: String(tag.prefix(2))) ?? .en }

  var phrases: MailPhrases { self == .fr ? .french : .english }
}

/// Every sentence of our mails, in one language. `%` stands for what is said in its place.
struct MailPhrases: Sendable {
  struct Letter: Sendable {
    let subject: String
    let text: String
    /// On the button; empty when there is none.
    let action: String
  }

  let confirmSubscription: Letter
  let alreadySubscribed: Letter
  let confirmMail: Letter
  let setPassword: Letter
  let resetPassword: Letter
  let incidentOpened: Letter
  let incidentAssigned: Letter
  let incidentReminder: Letter
  let incidentNews: Letter
  let webhookFailing: Letter

  /// By announcement state, and `postmortem`.
  let states: [String: String]
  /// By the last word of the event's name.
  let maintenance: [String: String]
  let readMore: String
  let affected: String
  let severity: String
  let status: String
  /// By the incident's status.
  let statuses: [String: String]
  let services: String
  let from: String
  let until: String
  let linkLives: String
  let ignore: String
  let subscriptionFooter: String
  let accountFooter: String
  let notifyFooter: String
  let manage: String
  let unsubscribe: String
  let profile: String

  static let english = MailPhrases(
    confirmSubscription: Letter(
      subject: "Confirm your subscription to %",
      text: "Somebody, hopefully you, asked for mails from the status page % at this address. Nothing is sent until you confirm.",
      action: "Confirm the subscription"),
    alreadySubscribed: Letter(
      subject: "You are subscribed to % already",
      text: "Somebody, hopefully you, asked for mails from the status page % at this address. "
        + "You get them already, and nothing was changed.",
      action: "See or change the subscription"),
    confirmMail: Letter(
      subject: "Confirm your mail address for %", text: "Welcome. Your account at % works once you confirm that this address is yours.",
      action: "Confirm the address"),
    setPassword: Letter(
      subject: "Your account at %", text: "An account was made for you at %. Choose a password to use it.", action: "Choose a password"),
    resetPassword: Letter(
      subject: "Choose a new password for %", text: "Somebody, hopefully you, asked for a new password for your account at %.",
      action: "Choose a new password"),
    incidentOpened: Letter(
      subject: "Sev %: %", text: "A machine has declared an incident, and nobody has answered yet.", action: "Open the incident"),
    incidentAssigned: Letter(subject: "You are assigned: %", text: "You were given a role in this incident.", action: "Open the incident"),
    incidentReminder: Letter(
      subject: "Reminder: %", text: "This incident waits for somebody. Its timeline says for what.", action: "Open the incident"),
    incidentNews: Letter(subject: "News: %", text: "Something happened in an incident that you follow.", action: "Open the incident"),
    webhookFailing: Letter(
      subject: "A webhook of % is failing",
      text: "The endpoint did not take our calls for days, so we stopped calling it. "
        + "Look at its deliveries, mend it, and switch it on again.",
      action: "See the webhooks"),
    states: [
      "investigating": "Investigating", "identified": "Identified", "monitoring": "Monitoring", "resolved": "Resolved",
      "postmortem": "Postmortem",
    ],
    maintenance: [
      "scheduled": "Maintenance planned", "reminder": "Maintenance soon", "started": "Maintenance has begun",
      "ended": "Maintenance is over", "cancelled": "Maintenance cancelled", "updated": "Maintenance changed",
    ],
    readMore: "Read it on the status page", affected: "Affected", severity: "Severity", status: "Status",
    statuses: ["open": "open", "mitigated": "mitigated", "resolved": "resolved"], services: "Services", from: "From", until: "Until",
    linkLives: "The link works once, for 30 minutes.", ignore: "If it was not you, ignore this mail.",
    subscriptionFooter: "You get this because you subscribed to the status page %.",
    accountFooter: "You get this because of your account at %.",
    notifyFooter: "You get this because of your account at %. Your profile says which incidents you hear of.",
    manage: "Change the subscription", unsubscribe: "Unsubscribe", profile: "Profile")

  static let french = MailPhrases(
    confirmSubscription: Letter(
      subject: "Confirmez votre abonnement à %",
      text: "Quelqu’un, vous sans doute, a demandé à recevoir à cette adresse les messages de la page d’état %. "
        + "Rien n’est envoyé avant votre confirmation.",
      action: "Confirmer l’abonnement"),
    alreadySubscribed: Letter(
      subject: "Vous êtes déjà abonné à %",
      text: "Quelqu’un, vous sans doute, a demandé à recevoir à cette adresse les messages de la page d’état %. "
        + "Vous les recevez déjà ; rien n’a été changé.",
      action: "Voir ou modifier l’abonnement"),
    confirmMail: Letter(
      subject: "Confirmez votre adresse pour %",
      text: "Bienvenue. Votre compte sur % sera actif dès que vous aurez confirmé que cette adresse est la vôtre.",
      action: "Confirmer l’adresse"),
    setPassword: Letter(
      subject: "Votre compte sur %", text: "Un compte a été créé pour vous sur %. Choisissez un mot de passe pour l’utiliser.",
      action: "Choisir un mot de passe"),
    resetPassword: Letter(
      subject: "Choisissez un nouveau mot de passe pour %",
      text: "Quelqu’un, vous sans doute, a demandé un nouveau mot de passe pour votre compte sur %.", action: "Choisir un mot de passe"),
    incidentOpened: Letter(
      subject: "Gravité % : %", text: "Une machine a déclaré un incident, et personne n’a encore répondu.", action: "Ouvrir l’incident"),
    incidentAssigned: Letter(
      subject: "Vous êtes assigné : %", text: "Un rôle vous a été confié dans cet incident.", action: "Ouvrir l’incident"),
    incidentReminder: Letter(
      subject: "Rappel : %", text: "Cet incident attend quelqu’un. Sa chronologie dit pourquoi.", action: "Ouvrir l’incident"),
    incidentNews: Letter(
      subject: "Du nouveau : %", text: "Il y a du nouveau dans un incident que vous suivez.", action: "Ouvrir l’incident"),
    webhookFailing: Letter(
      subject: "Un webhook de % est en échec",
      text: "Le point d’entrée ne prend plus nos appels depuis des jours ; nous avons cessé de l’appeler. "
        + "Consultez ses livraisons, réparez-le, puis réactivez-le.",
      action: "Voir les webhooks"),
    states: [
      "investigating": "Analyse en cours", "identified": "Cause identifiée", "monitoring": "Sous surveillance", "resolved": "Résolu",
      "postmortem": "Retour d’expérience",
    ],
    maintenance: [
      "scheduled": "Maintenance prévue", "reminder": "Maintenance imminente", "started": "Maintenance en cours",
      "ended": "Maintenance terminée", "cancelled": "Maintenance annulée", "updated": "Maintenance modifiée",
    ],
    readMore: "Lire sur la page d’état", affected: "Concerne", severity: "Gravité", status: "État",
    statuses: ["open": "ouvert", "mitigated": "atténué", "resolved": "résolu"], services: "Services", from: "Du", until: "Au",
    linkLives: "Le lien sert une fois, pendant 30 minutes.", ignore: "Si ce n’était pas vous, ignorez ce message.",
    subscriptionFooter: "Vous recevez ce message parce que vous êtes abonné à la page d’état %.",
    accountFooter: "Vous recevez ce message à cause de votre compte sur %.",
    notifyFooter: "Vous recevez ce message à cause de votre compte sur %. Votre profil dit de quels incidents vous êtes averti.",
    manage: "Modifier l’abonnement", unsubscribe: "Se désabonner", profile: "Profil")
}

extension String {
  /// This phrase with each `%` replaced by the next of `values`, whatever these hold.
  func saying(_ values: String...) -> String {
    let parts = split(separator: "%", omittingEmptySubsequences: false)
    var said = ""
    for (index, part) in parts.enumerated() {
      said += part
      if index < parts.count - 1 { said += index < values.count ? values[index] : "" }
    }
    return said
  }
}
