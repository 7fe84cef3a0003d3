import HTTPServer
import HTTPTypes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Subscribing without an account. Mail scanners follow every link of a mail: a GET only ever shows a button.
extension Frontend {
  var subscriptionRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/subscribe", .everyone) { request in
        try await show(request) { .subscribe($0, (try? pages.current().data.components) ?? []) }
      },
      ServiceRoute(.post, "/subscribe", .everyone, bodyLimit: Self.formLimit, subscribe),
      ServiceRoute(.get, "/subscriptions/confirm/{token}", .everyone) { request in
        try await show(request) { .confirm($0, token: request.parameters["token"] ?? "") }
      },
      ServiceRoute(.post, "/subscriptions/confirm/{token}", .everyone, bodyLimit: Self.formLimit, confirm),
      ServiceRoute(.get, "/subscriptions/manage/{token}", .everyone, showManage),
      ServiceRoute(.post, "/subscriptions/manage/{token}", .everyone, bodyLimit: Self.formLimit, manage),
      ServiceRoute(.get, "/unsubscribe/{token}", .everyone) { request in
        try await show(request) { .unsubscribe($0, token: request.parameters["token"] ?? "") }
      },
      ServiceRoute(.post, "/unsubscribe/{token}", .everyone, bodyLimit: Self.formLimit, unsubscribe),
    ]
  }

  private func subscribe(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    let (email, chosen) = (form.text("email"), form.values("components"))
    do throws(Failure) {
      let isSent = try await comms.subscribe(email, components: chosen, language: form.mailLanguage)
      return said(form, isSent ? "check_mail" : "mail_kept", path: "/subscribe")
    } catch {
      let components = (try? pages.current().data.components) ?? []
      return try again(form, error, .subscribe(form.setting, components, email: email, chosen: chosen))
    }
  }

  private func confirm(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    let token = request.parameters["token"] ?? ""
    do throws(Failure) {
      let manage = form.setting.links.manage(try await comms.confirm(token))
      return said(form, "subscribed", path: "/subscribe", next: ("manage_subscription", manage))
    } catch {
      return try again(form, form.setting.linkRefusal(error), .confirm(form.setting, token: token))
    }
  }

  private func showManage(_ request: Request) async throws -> Response {
    let token = request.parameters["token"] ?? ""
    let visitor = await visitor(request)
    let setting = setting(request, visitor)
    let subscription: Subscription
    do throws(Failure) { subscription = try await comms.subscription(token) } catch { return try linkEnded(error, setting, visitor) }
    let components = (try? pages.current().data.components) ?? []
    return answer(FormPage(.manage(setting, token: token, subscription, components), setting), visitor)
  }

  private func manage(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    let token = request.parameters["token"] ?? ""
    do throws(Failure) {
      try await comms.change(token, components: form.values("components"), language: form.mailLanguage)
    } catch { return try linkEnded(error, form.setting, form.visitor) }
    return said(form, "saved", path: "/subscribe", next: ("manage_subscription", form.setting.links.manage(token)))
  }

  /// For a link of a mail that does not hold any more. Throws any other failure.
  private func linkEnded(_ failure: Failure, _ setting: PageContext, _ visitor: Visitor) throws(Failure) -> Response {
    guard case .notFound(let text) = setting.linkRefusal(failure) else { throw failure }
    let page = MessagePage(
      setting, path: "/subscribe", style: "unknown", heading: setting.strings("link_ended_title"), paragraphs: [text],
      others: [.init(name: setting.strings("subscribe"), href: setting.links.subscribe)])
    return answer(page, visitor, status: .notFound)
  }

  /// The page's button, or a mail client's one click (RFC 8058): the token alone then says who.
  private func unsubscribe(_ request: Request) async throws -> Response {
    let token = request.parameters["token"] ?? ""
    if try request.form()["List-Unsubscribe"] == "One-Click" {
      try await comms.unsubscribe(token)
      return .text("Unsubscribed.\n")
    }
    let form = try await submission(request)
    do throws(Failure) { try await comms.unsubscribe(token) } catch {
      return try again(form, form.setting.linkRefusal(error), .unsubscribe(form.setting, token: token))
    }
    return said(form, "unsubscribed", path: "/subscribe", next: ("subscribe", form.setting.links.subscribe))
  }
}

extension Submission {
  /// The language of mails, of those there are.
  fileprivate var mailLanguage: String { (Language(rawValue: self["language"]) ?? setting.language).rawValue }
}

extension PageContext {
  /// A link of a mail that does not hold any more.
  fileprivate func linkRefusal(_ failure: Failure) -> Failure {
    switch failure {
    case .invalid, .malformed, .unknownCaller, .notFound: .notFound(strings("link_ended"))
    default: failure
    }
  }
}
