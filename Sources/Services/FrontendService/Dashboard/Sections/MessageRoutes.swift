import HTTPServer
import HTTPTypes
import ServiceClients
import ServiceRuntime
import StatusModel

/// What flows inside the cluster: searching it, and settling what was given up.
extension Frontend {
  var messageRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/messages", .everyone, page(.sre, messageList)),
      ServiceRoute(.get, "/dashboard/messages/{uuid}", .everyone, page(.sre, message)),
      ServiceRoute(.post, "/dashboard/messages/{uuid}/settle", .everyone, bodyLimit: Self.formLimit, action(.sre, settleMessage)),
    ]
  }

  private func messageList(_ request: Request, _ desk: Desk) async throws -> ListPage {
    var filter = CommsClient.MessageFilter()
    filter.name = request.query["name"]
    filter.cid = request.query["cid"]
    filter.text = request.query["q"]
    filter.state = request.query["state"].flatMap { ["retrying", "dead"].contains($0) ? $0 : nil }
    filter.start = PagerView.start(request.query["start"])
    let asked = filter
    async let found = Part.read { try await comms.messages(asked) }
    async let consumers = Part.read { try await comms.consumers() }
    return await .messages(asked, found, consumers, desk)
  }

  private func message(_ request: Request, _ desk: Desk) async throws -> MessageDetailPage {
    MessageDetailPage(try await comms.message(request.parameters["uuid"] ?? ""), desk)
  }

  private func settleMessage(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let uuid = request.parameters["uuid"] ?? ""
    let isReplayed = form["how"] == "replay"
    do throws(Failure) { try await comms.settle(uuid, replaying: isReplayed) } catch {
      return try await refused(error, form) { setting in
        MessageDetailPage(try await comms.message(uuid), Desk(person: desk.person, setting: setting, now: desk.now))
      }
    }
    return done(isReplayed ? "message_replayed" : "message_discarded", desk.links.message(uuid))
  }
}
