import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Webhooks: who is called, what came of it, and sending it again.
extension Frontend {
  var webhookRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/webhooks", .everyone, page(.sre, webhookList)),
      ServiceRoute(.post, "/dashboard/webhooks", .everyone, bodyLimit: Self.formLimit, action(.sre, addWebhook)),
      ServiceRoute(.get, "/dashboard/webhooks/{webhook}", .everyone, page(.sre, webhook)),
      ServiceRoute(.post, "/dashboard/webhooks/{webhook}/test", .everyone, bodyLimit: Self.formLimit, action(.sre, testWebhook)),
      ServiceRoute(.post, "/dashboard/webhooks/{webhook}/state", .everyone, bodyLimit: Self.formLimit, action(.sre, setWebhookState)),
      ServiceRoute(.post, "/dashboard/webhooks/{webhook}/delete", .everyone, bodyLimit: Self.formLimit, action(.sre, deleteWebhook)),
      ServiceRoute(
        .post, "/dashboard/webhooks/{webhook}/deliveries/{delivery}/replay", .everyone, bodyLimit: Self.formLimit, action(.sre, replay)),
    ]
  }

  private func webhookList(_ request: Request, _ desk: Desk) async -> ListPage {
    .webhooks(await Part.read { try await comms.webhooks() }, desk)
  }

  /// The secret is on the answer itself: it is shown this once.
  private func addWebhook(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let body: JSONValue = [
      "url": .string(form.text("url")), "description": .string(form.text("description")), "format": .string(form["format"]),
      "events": .array(form.list("events").map(JSONValue.string)),
    ]
    do throws(Failure) {
      let made = try await comms.addWebhook(body)
      let ways = [FormPage.Other(name: desk.strings("to_webhook"), href: desk.links.webhook(made.id))]
      let said = [desk.strings("webhook_secret_text"), made.secret]
      let heading = desk.strings("webhook_added")
      return answer(MessagePage(desk.setting, path: "/dashboard/webhooks", heading: heading, paragraphs: said, others: ways), form.visitor)
    } catch {
      return try await refused(error, form) { setting in
        let desk = Desk(person: desk.person, setting: setting, now: desk.now)
        return ListPage.webhooks(await Part.read { try await comms.webhooks() }, desk, typed: form)
      }
    }
  }

  private func webhook(_ request: Request, _ desk: Desk) async throws -> ListPage { try await webhookPage(request, desk) }

  private func webhookPage(_ request: Request, _ desk: Desk) async throws -> ListPage {
    let id = request.parameters["webhook"] ?? ""
    let start = PagerView.start(request.query["start"])
    async let found = Part.read { try await comms.webhook(id) }
    async let deliveries = Part.read { try await comms.deliveries(of: id, start: start, count: PagerView.size) }
    let webhook = await found
    if let failure = webhook.failure { throw failure }
    guard let known = webhook.value else { throw Failure.defect }
    return await .webhook(known, deliveries, start: start, desk)
  }

  private func acting(
    _ request: Request, _ form: Submission, _ desk: Desk, _ key: String, _ act: (String) async throws(Failure) -> Void
  ) async throws -> Response {
    let id = request.parameters["webhook"] ?? ""
    do throws(Failure) { try await act(id) } catch {
      return try await refused(error, form) { setting in
        try await webhookPage(request, Desk(person: desk.person, setting: setting, now: desk.now))
      }
    }
    return done(key, desk.links.webhook(id))
  }

  private func testWebhook(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "tested") { id throws(Failure) in try await comms.testWebhook(id) }
  }

  private func setWebhookState(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let isEnabled = form["state"] == "active"
    return try await acting(request, form, desk, isEnabled ? "enabled" : "disabled") { id throws(Failure) in
      try await comms.enableWebhook(id, isEnabled)
    }
  }

  private func deleteWebhook(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await comms.removeWebhook(request.parameters["webhook"] ?? "")
    return done("deleted", desk.links.webhooks)
  }

  private func replay(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await acting(request, form, desk, "replayed") { id throws(Failure) in
      try await comms.replay(request.parameters["delivery"] ?? "", of: id)
    }
  }
}
