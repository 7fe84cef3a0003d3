import HTTPServer
import HTTPTypes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Signing in and out, registering, passwords. Each GET shows a form, each POST acts and leads on.
extension Frontend {
  var accountRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/login", .everyone, showLogin),
      ServiceRoute(.post, "/login", .everyone, bodyLimit: Self.formLimit, login),
      ServiceRoute(.post, "/logout", .everyone, bodyLimit: Self.formLimit, logout),
      ServiceRoute(.get, "/register", .everyone) { try await show($0) { .register($0) } },
      ServiceRoute(.post, "/register", .everyone, bodyLimit: Self.formLimit, register),
      ServiceRoute(.get, "/confirm", .everyone) { request in
        try await show(request) { .confirmMail($0, token: request.query["token"] ?? "") }
      },
      ServiceRoute(.post, "/confirm", .everyone, bodyLimit: Self.formLimit, confirmMail),
      ServiceRoute(.get, "/password/forgot", .everyone) { try await show($0) { .forgot($0) } },
      ServiceRoute(.post, "/password/forgot", .everyone, bodyLimit: Self.formLimit, forgot),
      ServiceRoute(.get, "/password/reset", .everyone) { request in
        try await show(request) { .reset($0, token: request.query["token"] ?? "") }
      },
      ServiceRoute(.post, "/password/reset", .everyone, bodyLimit: Self.formLimit, reset),
      ServiceRoute(.get, "/password", .everyone, showPassword),
      ServiceRoute(.post, "/password", .everyone, bodyLimit: Self.formLimit, changePassword),
    ]
  }

  /// Bytes of a form.
  static let formLimit = 64 << 10

  /// A form as nobody has filled it in.
  func show(_ request: Request, _ content: (PageContext) throws -> FormPage.Content) async throws -> Response {
    let visitor = await visitor(request)
    let setting = setting(request, visitor)
    return answer(FormPage(try content(setting), setting), visitor)
  }

  /// A form again, with what was wrong. Throws what no change of the form would mend.
  func again(_ form: Submission, _ refusal: Failure, _ content: FormPage.Content) throws(Failure) -> Response {
    switch refusal {
    case .unavailable, .defect, .badUpstream: throw refusal
    default: break
    }
    var answer = answer(FormPage(content, form.setting, refusal: refusal), form.visitor, status: .init(code: refusal.status))
    if let seconds = refusal.retryAfter { answer.headerFields[.retryAfter] = "\(seconds)" }
    return answer
  }

  private func showLogin(_ request: Request) async throws -> Response {
    let visitor = await visitor(request)
    let setting = setting(request, visitor)
    let next = Links.local(request.query["next"], else: setting.links.dashboard)
    if visitor.person != nil { return redirect(next) }
    return answer(FormPage(.login(setting, next: next), setting), visitor)
  }

  private func login(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    let next = Links.local(form["next"], else: form.setting.links.dashboard)
    do throws(Failure) {
      let token = try await sessions.login(form.text("email"), form["password"])
      return redirect(next, cookies: [cookies.starting(session: token), cookies.endingForm])
    } catch {
      return try again(form, form.setting.signInRefusal(error), .login(form.setting, email: form.text("email"), next: next))
    }
  }

  private func logout(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    if form.visitor.person != nil { try await form.visitor.acting { try await sessions.logout() } }
    return redirect(form.setting.links.home, cookies: [cookies.endingSession])
  }

  private func register(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    let (name, email, password) = (form.text("name"), form.text("email"), form["password"])
    do throws(Failure) {
      let works = try await sessions.register(name: name, email: email, password: password, language: form.setting.language.rawValue)
      guard works else { return said(form, "check_mail", path: "/register") }
      let token = try await sessions.login(email, password)
      return redirect(form.setting.links.dashboard, cookies: [cookies.starting(session: token), cookies.endingForm])
    } catch {
      return try again(form, error, .register(form.setting, name: name, email: email))
    }
  }

  private func confirmMail(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    do throws(Failure) { try await sessions.confirmMail(form["token"]) } catch {
      return try again(form, form.setting.linkRefusal(error), .confirmMail(form.setting, token: form["token"]))
    }
    return said(form, "mail_confirmed", path: "/confirm", next: ("sign_in", form.setting.links.login))
  }

  private func forgot(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    do throws(Failure) { try await sessions.forgotPassword(form.text("email")) } catch {
      return try again(form, error, .forgot(form.setting, email: form.text("email")))
    }
    return said(form, "link_mailed", path: "/password/forgot")
  }

  private func reset(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    do throws(Failure) { try await sessions.resetPassword(form["token"], to: form["password"]) } catch {
      return try again(form, form.setting.linkRefusal(error), .reset(form.setting, token: form["token"]))
    }
    return said(form, "password_set", path: "/password/reset", next: ("sign_in", form.setting.links.login))
  }

  private func showPassword(_ request: Request) async throws -> Response {
    guard let visitor = try await person(request) else { return toLogin(request) }
    let setting = setting(request, visitor)
    return answer(FormPage(.changePassword(setting), setting), visitor)
  }

  private func changePassword(_ request: Request) async throws -> Response {
    let form = try await submission(request)
    guard form.visitor.person != nil else { return toLogin(request) }
    do {
      try await form.visitor.acting { try await sessions.changePassword(form["current_password"], to: form["password"]) }
    } catch let refusal as Failure {
      return try again(form, refusal, .changePassword(form.setting))
    }
    return said(form, "password_set", path: "/password", next: ("dashboard", form.setting.links.dashboard))
  }

  /// To the sign-in page, and from there back here.
  func toLogin(_ request: Request) -> Response {
    redirect("/login?next=\(Links.segment(request.method == .get ? request.target : request.path))")
  }

  /// A page that says what a form has done: the texts `<key>` and `<key>_text`.
  func said(_ form: Submission, _ key: String, path: String, next: (key: String, href: String)? = nil) -> Response {
    let t = form.setting.strings
    let others = [next.map { FormPage.Other(name: t($0.key), href: $0.href) } ?? .init(name: t("to_status"), href: form.setting.links.home)]
    return answer(MessagePage(form.setting, path: path, heading: t(key), paragraphs: [t("\(key)_text")], others: others), form.visitor)
  }
}

extension PageContext {
  /// In words of the page's language for what most often goes wrong.
  fileprivate func signInRefusal(_ failure: Failure) -> Failure {
    if case .unknownCaller = failure { return .unknownCaller(strings("wrong_password")) }
    return failure
  }

  fileprivate func linkRefusal(_ failure: Failure) -> Failure {
    if case .invalid(let problems) = failure, problems.contains(where: { $0.field == "token" }) { return .conflict(strings("link_ended")) }
    return failure
  }
}
