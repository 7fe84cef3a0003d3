import JSONBytes
import Messaging
import RedisClient
import StatusModel

/// The components in Redis. Beside the scripts and `PublicStore` the only file that knows these keys. All begin with `{ns}:comms:`.
///
///     components                 hash    key lower-cased → key
///     component:<key, l.c.>      hash    JSON texts by member, `json` the whole; `edges`: what it depends on, lower-cased; `status` and
///                                        `since`: as last noted
///     component-changes          zset    `<s> <no.> <key, l.c.> <from> <to>` by time; 400 days
///     provider-events            hash    provider and event id → what a provider said and has not taken back
///     provider-told              hash    provider and event id → when that was told; `provider-over`: zset of those that are over
///
/// All methods throw `.unavailable` while Redis is away.
struct ComponentsStore: Sendable {
  private let mutations: Mutations

  init(mutations: Mutations) { self.mutations = mutations }

  private enum Scripts {
    static let create = mutation("comms.component.create", Embedded.componentCreateLua)
    static let update = mutation("comms.component.update", Embedded.componentUpdateLua)
    static let delete = mutation("comms.component.delete", Embedded.componentDeleteLua)
    static let state = mutation("comms.component.state", Embedded.componentStateLua)
    static let provider = MutationScript(name: "comms.provider", source: Embedded.statusRecordLua + "\n" + Embedded.providerEventLua)

    private static func mutation(_ name: String, _ source: String) -> MutationScript {
      MutationScript(name: name, source: [Embedded.statusRecordLua, Embedded.componentRecordLua, source].joined(separator: "\n"))
    }
  }

  /// Throws `.conflict` when the key is taken, when there are too many, and for a circle.
  func create(_ component: NewComponent) async throws(Failure) -> Component {
    let dependencies = component.dependencies
    let answer = try await mutations.run(
      Scripts.create,
      [
        .string(component.key.lowercased()), .string(JSONText.quoted(component.key)), .string(JSONText.quoted(component.name)),
        .string(JSONText.quoted(component.description)), .string(component.group.map(JSONText.quoted) ?? ""),
        .string(component.position.map(String.init) ?? ""), .string(JSONText.quoted(component.show.rawValue)),
        .string(Self.json(dependencies)), .string(JSONText.array(dependencies.map(\.id))), .string(component.override?.json.text ?? ""),
        .integer(StatusBounds.components),
      ])
    switch answer.first?.string {
    case "exists": throw .conflict("There is a component \(component.key) already.")
    case "full": throw .conflict("There are \(StatusBounds.components) components; no more are taken.")
    default: return try Self.component(answer, component.key)
    }
  }

  /// Throws `.notFound`, `.versionMismatch`, and `.conflict` for a circle.
  func update(_ key: String, at expected: Int?, _ change: ComponentChange) async throws(Failure) -> Component {
    func text(_ change: ComponentChange.Text) -> String {
      switch change {
      case .keep: ""
      case .none: "null"
      case .set(let text): JSONText.quoted(text)
      }
    }
    let override =
      switch change.override {
      case .keep: ""
      case .none: "null"
      case .set(let override): override.json.text
      }
    let answer = try await mutations.run(
      Scripts.update,
      [
        .string(key.lowercased()), .string(expected.map(String.init) ?? ""), .string(change.name.map(JSONText.quoted) ?? ""),
        .string(change.description.map(JSONText.quoted) ?? ""), .string(text(change.group)),
        .string(change.position.map(String.init) ?? ""), .string(change.show.map { JSONText.quoted($0.rawValue) } ?? ""),
        .string(change.dependencies.map(Self.json) ?? ""), .string(change.dependencies.map { JSONText.array($0.map(\.id)) } ?? ""),
        .string(override),
      ])
    return try Self.component(answer, key)
  }

  /// Throws `.notFound`, `.versionMismatch`.
  func delete(_ key: String, at expected: Int?) async throws(Failure) {
    let answer = try await mutations.run(Scripts.delete, [.string(key.lowercased()), .string(expected.map(String.init) ?? "")])
    try Self.check(answer, key)
  }

  /// Notes what the status of components has become, provided that nothing differs from `revision`, of which it was computed.
  func note(_ states: [(component: Component, state: ComponentState)], at revision: Int) async throws(Failure) {
    var arguments: [RedisArgument] = [.integer(revision)]
    for (component, state) in states {
      let cause = state.causes.first { $0.effect == .state }
      let told = cause.map { JSONValue.object(JSONObject([("kind", .string($0.kind.rawValue)), ("name", .string($0.name))])).text }
      arguments += [.string(component.id), .string(state.status.rawValue), .string(told ?? "null")]
    }
    _ = try await mutations.run(Scripts.state, arguments)
  }

  /// What a provider said of an event at `time` (ISO 8601); nil: it is over.
  func keep(_ trouble: ProviderTrouble?, of event: String, told time: String) async throws(Failure) {
    _ = try await mutations.run(Scripts.provider, [.string(event), .string(time), .string(trouble?.json.text ?? "")])
  }

  private static func json(_ dependencies: [ComponentDependency]) -> String { JSONValue.array(dependencies.map(\.json)).text }

  private static func component(_ answer: [RedisValue], _ key: String) throws(Failure) -> Component {
    try check(answer, key)
    guard answer.count >= 3, let json = answer[2].bytes, let component = Component(json) else { throw .defect }
    return component
  }

  private static func check(_ answer: [RedisValue], _ key: String) throws(Failure) {
    switch answer.first?.string {
    case "missing": throw .notFound("There is no component \(key).")
    case "version": throw .versionMismatch("\(key) is at version \(answer.last?.string ?? "?") now. Read it again.")
    case "circle": throw .invalid("depends_on", "must not lead back to the component itself")
    default: break
    }
  }
}
