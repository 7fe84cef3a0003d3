import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// The people who work here, and those who only want to be told.
extension Frontend {
  var peopleRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/users", .everyone, page(.admin, userList)),
      ServiceRoute(.post, "/dashboard/users/{user}", .everyone, bodyLimit: Self.formLimit, action(.admin, changeUser)),
      ServiceRoute(.get, "/dashboard/subscribers", .everyone, page(.sre, subscriberList)),
      ServiceRoute(.post, "/dashboard/subscribers/{id}/end", .everyone, bodyLimit: Self.formLimit, action(.sre, endSubscription)),
      ServiceRoute(.get, "/dashboard/mails", .everyone, page(.admin, mailList)),
    ]
  }

  private func userList(_ request: Request, _ desk: Desk) async -> ListPage { .users(await Part.read { try await users.users() }, desk) }

  /// One thing at a time: the role, or whether the account works.
  private func changeUser(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let body: JSONValue =
      form["active"].isEmpty ? ["role": .string(form["role"])] : ["active": .bool(form["active"] == "true")]
    do throws(Failure) { try await users.change(request.parameters["user"] ?? "", body) } catch {
      return try await refused(error, form) { setting in
        let desk = Desk(person: desk.person, setting: setting, now: desk.now)
        return ListPage.users(await Part.read { try await users.users() }, desk)
      }
    }
    return done("saved", desk.links.users)
  }

  private func subscriberList(_ request: Request, _ desk: Desk) async -> ListPage {
    let start = PagerView.start(request.query["start"])
    return .subscribers(await Part.read { try await comms.subscribers(start: start, count: PagerView.size) }, start: start, desk)
  }

  private func endSubscription(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    try await comms.endSubscription(request.parameters["id"] ?? "")
    return done("subscription_ended", desk.links.subscribers())
  }

  private func mailList(_ request: Request, _ desk: Desk) async -> ListPage {
    let start = PagerView.start(request.query["start"])
    return .mails(await Part.read { try await comms.mails(start: start, count: PagerView.size) }, start: start, desk)
  }
}
