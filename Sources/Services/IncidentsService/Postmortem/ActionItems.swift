import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import RedisClient
import ServiceRuntime
import StatusModel

/// What is nil stays as it is.
struct ActionItemChange: Sendable {
  enum Member<Value: Sendable>: Sendable { case keep, empty, set(Value) }
  var title: String?
  var owner = Member<String>.keep
  var dueAt = Member<Int>.keep
  var done: Bool?
}

extension ActionItemChange {
  init(_ body: consuming FieldReader) throws(Failure) {
    title = body.optionalString("title", Bounds.actionTitle)
    if body.has("owner") { owner = body.userID("owner").map { .set($0) } ?? .empty }
    if body.has("due_at") { dueAt = body.optionalInteger("due_at", Bounds.time).map { .set($0) } ?? .empty }
    done = body.optionalBool("done")
    try body.check()
  }
}

/// Which action items a list has.
struct ActionItemFilter: Sendable {
  var owner: String?
  var done: Bool?
  /// Due before this time, in epoch seconds; only what is not done.
  var overdueAt: Int?

  static func read(_ request: Request, now: Int) throws(Failure) -> (ActionItemFilter, Page) {
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    var filter = ActionItemFilter()
    filter.owner = query.userID("owner")
    filter.done = query.optionalChoice("done", ["true", "false"]).map { $0 == "true" }
    if query.optionalChoice("overdue", ["true", "false"]) == "true" { filter.overdueAt = now }
    return (filter, try query.page(of: request))
  }
}

extension IncidentsStore {
  private static let changeScript = mutation("incidents.change-item", Embedded.itemsLua + Embedded.changeItemLua)
  private static let listScript = RedisScript(name: "incidents.list-items", source: Embedded.listItemsLua)

  /// Action items, the soonest due first, from the `start`-th on, and how many there are in all. Throws `.unavailable`.
  func actionItems(_ filter: ActionItemFilter, start: Int, count: Int) async throws(Failure) -> (items: [[UInt8]], total: Int) {
    if filter.overdueAt != nil, filter.done == true { return ([], 0) }
    let isDone = filter.overdueAt == nil ? filter.done : false
    let index = "items:" + (isDone.map { $0 ? "done" : "open" } ?? "all") + (filter.owner.map { ":\($0)" } ?? "")
    let answer = try await read(
      Self.listScript, [.string(index), .integer(start), .integer(count), .string(filter.overdueAt.map { "(\($0)" } ?? "+inf")])
    return (answer.dropFirst().compactMap(\.bytes), answer.first?.int ?? 0)
  }

  /// The item as it is sent. `owner`: a user who may change it only when it is theirs. Throws `.notFound`, `.forbidden`, `.unavailable`.
  func changeItem(_ id: String, _ change: ActionItemChange, onlyAs owner: String?) async throws(Failure) -> [UInt8] {
    func text<Value>(_ member: ActionItemChange.Member<Value>, _ render: (Value) -> String) -> String {
      switch member {
      case .keep: ""
      case .empty: "null"
      case .set(let value): render(value)
      }
    }
    guard let incident = id.lastIndex(of: "-").flatMap({ IncidentID.canonical(String(id[..<$0])) }) else { throw Self.noItem(id) }
    let number = id[(id.lastIndex(of: "-") ?? id.startIndex)...]
    let answer: [RedisValue]
    do throws(Failure) {
      answer = try await self.change(
        Self.changeScript, incident, nil,
        [
          .string(incident + number), .string(owner ?? ""), .string(change.title.map(JSONText.quoted) ?? ""),
          .string(text(change.owner, JSONText.quoted)), .string(text(change.dueAt) { String($0) }),
          .string(change.done.map { $0 ? "true" : "false" } ?? ""),
        ])
    } catch {
      if case .notFound = error { throw Self.noItem(id) }
      throw error
    }
    switch answer.first?.string {
    case "no_item": throw Self.noItem(id)
    case "not_owner": throw .forbidden("Only an sre, or its owner, changes an action item.")
    default: return try Self.record(answer).json
    }
  }

  private static func noItem(_ id: String) -> Failure { .notFound("There is no action item \(id.prefix(64)).") }
}

extension Incidents {
  var actionItemRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v1/action-items", .viewer, actionItems),
      ServiceRoute(.patch, "/api/v1/action-items/{id}", .viewer, changeActionItem),
    ]
  }

  private func actionItems(_ request: Request) async throws -> Response {
    let (filter, page) = try ActionItemFilter.read(request, now: Int(clock() / 1000))
    let found = try await store.actionItems(filter, start: page.startIndex, count: page.maxResults)
    return .list(found.items, page: page, total: found.total, of: request)
  }

  private func changeActionItem(_ request: Request) async throws -> Response {
    let change = try ActionItemChange(request.fields())
    let person = Caller.current.person
    let owner = person.flatMap { $0.role < .sre ? $0.id : nil }
    return .json(try await store.changeItem(request.parameters["id"] ?? "", change, onlyAs: owner))
  }
}
