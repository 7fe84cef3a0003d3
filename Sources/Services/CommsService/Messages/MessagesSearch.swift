import JSONBytes
import Messaging
import ServiceRuntime
import Signing
import StatusModel

/// Walks the window of the bus that Redis keeps, newest first. The cost of one search is bounded: it looks at so many messages and no more,
/// in steps that give way to other requests.
struct MessagesSearch: Sendable {
  let bus: BusSupervisor

  /// Messages one search looks at.
  static let limit = 10_000
  /// Messages looked at in one step.
  private static let step = 500
  /// Dead or waiting messages one search looks at.
  private static let heldLimit = 2_000
  /// Messages looked at for one uuid: the whole window.
  private static let windowLimit = 20_000

  struct Found: Sendable {
    var messages: [(uuid: String, bytes: [UInt8], at: Int64?)] = []
    var total = 0
    /// Milliseconds: nothing older was looked at; nil when nothing is left.
    var searchedTo: Int64?
  }

  /// Those that pass, of which the page's are kept. Throws `Failure.unavailable`.
  func find(_ filter: MessageFilter, _ page: Page) async throws(Failure) -> Found {
    switch filter.state {
    case .retrying: try await held(.retrying, filter, page)
    case .dead: try await held(.dead, filter, page)
    case .ok, nil: try await walk(filter, page)
    }
  }

  private func walk(_ filter: MessageFilter, _ page: Page) async throws(Failure) -> Found {
    var found = Found()
    var position: BusPosition?
    for _ in 0..<Self.limit / Self.step {
      let entries = try await bus.entries(from: filter.from, to: filter.to, before: position, Self.step)
      var passing = entries.filter { filter.passes($0.bytes) }.map { (MessageHead($0.bytes)?.uuid ?? "", $0) }
      if filter.state == .ok {
        let fates = try await bus.fates(passing.map(\.0))
        passing.removeAll { fates[$0.0].map { MessageRecord.state($0) != .ok } ?? false }
      }
      for (uuid, entry) in passing { found.take(uuid, entry.bytes, at: nil, page) }
      position = entries.last?.position
      if entries.count < Self.step { return found }
    }
    found.searchedTo = position.map { Int64(clamping: $0.milliseconds) }
    return found
  }

  private func held(_ state: BusStanding.State, _ filter: MessageFilter, _ page: Page) async throws(Failure) -> Found {
    var seen: Set<String> = []
    var passing: [(uuid: String, bytes: [UInt8], at: Int64)] = []
    for letter in try await bus.held(state, limit: Self.heldLimit) where seen.insert(letter.uuid).inserted {
      let message = try? BusMessage(parsing: letter.bytes)
      let at = message.flatMap { ISO8601.milliseconds($0.createdAt) } ?? letter.at ?? 0
      guard (filter.from ?? .min)...(filter.to ?? .max) ~= at else { continue }
      if message == nil ? filter.asksForAll : filter.passes(letter.bytes) { passing.append((letter.uuid, letter.bytes, letter.at ?? at)) }
    }
    var found = Found()
    for letter in passing.sorted(by: { ($0.at, $0.uuid) > ($1.at, $1.uuid) }) { found.take(letter.uuid, letter.bytes, at: letter.at, page) }
    return found
  }

  /// The message of that uuid, from wherever it still is. Throws `.notFound`.
  func message(_ uuid: String) async throws(Failure) -> (bytes: [UInt8], at: Int64?) {
    for state in [BusStanding.State.dead, .retrying] {
      if let held = try await bus.held(state, uuid: uuid, limit: 1).first { return (held.bytes, held.at) }
    }
    var position: BusPosition?
    for _ in 0..<Self.windowLimit / Self.step {
      let entries = try await bus.entries(from: nil, to: nil, before: position, Self.step)
      if let entry = entries.first(where: { MessageHead($0.bytes)?.uuid == uuid }) { return (entry.bytes, nil) }
      guard entries.count == Self.step else { break }
      position = entries.last?.position
    }
    throw .notFound("There is no message \(uuid) among those that are kept.")
  }
}

extension MessagesSearch.Found {
  fileprivate mutating func take(_ uuid: String, _ bytes: [UInt8], at: Int64?, _ page: Page) {
    if total >= page.startIndex, messages.count < page.maxResults { messages.append((uuid, bytes, at)) }
    total += 1
  }
}

extension MessageFilter {
  /// Whether what cannot be read may be among what is asked for.
  fileprivate var asksForAll: Bool { (name?.matches("bus.invalid") ?? true) && sender ?? "bus" == "bus" && cid == nil && text == nil }
}
