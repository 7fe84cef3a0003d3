import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import ServiceRuntime
import Signing
import StatusModel

/// The supervision of the bus: every message that flows in the cluster can be seen, searched and, when it died, replayed.
struct Messages: Sendable {
  private let bus: BusSupervisor
  private let search: MessagesSearch
  private let stream: EventStream
  private let clock: @Sendable () -> Int64

  init(_ node: Node) {
    bus = node.bus
    search = MessagesSearch(bus: node.bus)
    stream = EventStream(node.watcher)
    clock = node.clock
  }

  var routes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/messages", .sre, list),
      ServiceRoute(.post, "/api/v1/messages", .sre, send),
      ServiceRoute(.get, "/api/v1/messages/consumers", .sre, consumers),
      ServiceRoute(.get, "/api/v1/messages/stream", .sre, follow),
      ServiceRoute(.get, "/api/v1/messages/{uuid}", .sre, detail),
      ServiceRoute(.post, "/api/v1/messages/{uuid}/replay", .sre, replay),
      ServiceRoute(.post, "/api/v1/messages/{uuid}/discard", .sre, discard),
    ]
  }

  private func list(_ request: Request) async throws -> Response {
    let (filter, page) = try MessageFilter.read(request)
    let found = try await search.find(filter, page)
    let fates = try await bus.fates(found.messages.map(\.uuid))
    let results = found.messages.map { MessageRecord.json($0.bytes, uuid: $0.uuid, at: $0.at, fates[$0.uuid] ?? BusFate()) }
    let body: JSONValue = [
      "startIndex": .integer(page.startIndex), "maxResults": .integer(page.maxResults), "totalResults": .integer(found.total),
      "searched_to": found.searchedTo.map { .integer(Int($0 / 1000)) } ?? .null, "results": .array(results),
    ]
    return .json(body.bytes)
  }

  private func send(_ request: Request) async throws -> Response {
    let message = try NewMessage(request.fields(), now: clock())
    try await bus.send(message.bytes)
    return .json(message.bytes, status: .created, location: "/api/v1/messages/\(message.uuid)")
  }

  private func consumers(_ request: Request) async throws -> Response {
    .json(JSONValue.array(try await bus.groups().map(\.json)).bytes)
  }

  private func follow(_ request: Request) async throws -> Response {
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    let name = query.pattern("name")
    let cid = query.optionalString("cid", 1...128)
    try query.check()
    return try stream.answer(request) { entry in
      guard name?.matches(entry.message.name) ?? true, cid.map({ entry.message.data["cid"]?.string == $0 }) ?? true else { return nil }
      return EventStream.Event(name: entry.message.name, data: entry.bytes)
    }
  }

  private func detail(_ request: Request) async throws -> Response {
    let uuid = try request.messageUUID()
    let message = try await search.message(uuid)
    let history = try await bus.history(uuid)
    let fate = try await bus.fates([uuid])[uuid] ?? BusFate()
    return .json(MessageRecord.json(message.bytes, uuid: uuid, at: message.at, fate, history: history).bytes)
  }

  private func replay(_ request: Request) async throws -> Response { try await settle(request, .replay) }
  private func discard(_ request: Request) async throws -> Response { try await settle(request, .discard) }

  private func settle(_ request: Request, _ decision: BusSupervisor.Decision) async throws -> Response {
    let uuid = try request.messageUUID()
    var body = try request.optionalFields()
    let group = body.optionalString("group", 1...100)
    try body.check()
    let who = Caller.current.person?.name ?? Caller.current.application?.name ?? ""
    let note = ErrorEntry(kind: .info, message: "\(decision == .replay ? "replayed" : "discarded") by \(who)")
    let groups = try await bus.settle(uuid, decision, group: group, note: note, now: clock())
    let answer: JSONValue = ["event_uuid": .string(uuid), "groups": .array(groups.map { .string($0) })]
    return .json(answer.bytes)
  }
}

extension Request {
  /// In lower case. Throws `.notFound` for what is no UUID.
  fileprivate func messageUUID() throws(Failure) -> String {
    let uuid = (parameters["uuid"] ?? "").lowercased()
    guard UUIDText.isValid(uuid) else { throw .notFound("There is no message \(uuid.prefix(64)).") }
    return uuid
  }
}
