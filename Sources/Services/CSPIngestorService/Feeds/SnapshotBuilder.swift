import JSONBytes

/// Gathers the events of one document: one bad item is counted and costs no other.
struct SnapshotBuilder {
  private(set) var snapshot: Snapshot
  private var ids: Set<String> = []

  init(_ family: Family, absence: Absence = .none) { snapshot = Snapshot(family: family, absence: absence) }

  /// Of an id met again, the first counts.
  mutating func add(_ event: ProviderEvent?) {
    guard var event, let id = Self.identifier(event.externalID) else { return addUnreadable() }
    guard ids.count < Self.mostEvents else { return addUnreadable() }
    guard ids.insert(id).inserted else { return }
    event.externalID = id
    // The word of a maintenance makes one, wherever it is listed.
    if event.state == event.state.ofMaintenance { (event.kind, event.impact) = (.maintenance, .maintenance) }
    event.title = [event.title, event.components.first?.name ?? "", PlainText.title(id), "Untitled"].first { !$0.isEmpty } ?? ""
    event.regions = Array(Set(event.regions.filter { !$0.isEmpty })).sorted()
    event.updates = Self.byTime(event.updates)
    if let url = event.url, !Self.isAddress(url) { event.url = nil }
    snapshot.events.append(event)
  }

  /// The oldest first. One without a time keeps its place; of equals the one that a list of the newest first has last comes first.
  private static func byTime(_ updates: [ProviderUpdate]) -> [ProviderUpdate] {
    let times = updates.compactMap(\.at)
    let isNewestFirst = (times.first ?? 0) > (times.last ?? 0)
    var latest = 0
    return (isNewestFirst ? updates.reversed() : updates).enumerated()
      .map { index, update in
        latest = update.at ?? latest
        return (update: update, at: latest, index: index)
      }
      .sorted { ($0.at, $0.index) < ($1.at, $1.index) }.map(\.update)
  }

  /// Of one document; what comes after them counts as unreadable.
  private static let mostEvents = 10_000

  mutating func addUnreadable() { snapshot.unreadable += 1 }

  /// The elements of a list: null and missing are empty, anything else that is no list is unreadable.
  mutating func list(_ value: JSONValue?) -> [JSONValue] {
    switch value {
    case .array(let items): return items
    case nil, .null: return []
    default:
      addUnreadable()
      return []
    }
  }

  /// What `words` make of a word; an unknown one is counted, and nil.
  mutating func known<Meaning>(_ value: JSONValue?, _ member: String, _ words: [String: Meaning]) -> Meaning? {
    guard let value, value != .null else { return nil }
    let word = value.string ?? value.text
    if let meaning = words[Self.normal(word)] { return meaning }
    count(word, member)
    return nil
  }

  private mutating func count(_ word: String, _ member: String) {
    let key = "\(member): \(PlainText.clean(word, limit: Self.longestWord))"
    guard snapshot.unknownValues[key] != nil || snapshot.unknownValues.count < Self.mostUnknown else { return }
    snapshot.unknownValues[key, default: 0] += 1
  }

  /// Of an unknown value, in characters; and how many different ones are counted.
  private static let longestWord = 60
  private static let mostUnknown = 100

  mutating func page(id: String?, updatedAt: Int? = nil) {
    snapshot.pageID = id
    snapshot.pageUpdatedAt = updatedAt
  }
  mutating func components(_ states: [ProviderComponent]) { snapshot.componentStates = states }
  mutating func absence(_ absence: Absence) { snapshot.absence = absence }

  /// With an unreadable item a snapshot is not complete.
  func finished() -> Snapshot {
    var snapshot = snapshot
    if snapshot.unreadable > 0 { snapshot.absence = .none }
    return snapshot
  }

  /// `In progress`, `in-progress` and `IN_PROGRESS` are one word.
  static func normal(_ word: String) -> String {
    String(word.trimmingBlanks.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
  }

  /// In bytes.
  private static let longestIdentifier = 512
  private static let longestAddress = 2_048

  private static func identifier(_ id: String) -> String? {
    let id = id.trimmingBlanks
    return id.isEmpty || id.utf8.count > longestIdentifier || id.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) ? nil : id
  }

  private static func isAddress(_ url: String) -> Bool {
    (url.hasPrefix("https://") || url.hasPrefix("http://")) && url.utf8.count <= longestAddress
      && url.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}

extension JSONValue {
  /// An id: a text that is not empty, or a number.
  var identifier: String? {
    switch self {
    case .string(let text): text.isEmpty ? nil : text
    case .integer(let number): String(number)
    default: nil
    }
  }
  /// A number that may be written as a text.
  var code: Int? { integer ?? string.flatMap { Int($0.trimmingBlanks) } }
  /// The elements of a list; of anything else none.
  var elements: [JSONValue] { array ?? [] }
}

extension ProviderComponent {
  /// Nil without a name; without an id the name's slug stands for it.
  init?(id: String?, called name: String?, group: String? = nil, status: ComponentStatus? = nil) {
    guard let name = name.map(PlainText.name), !name.isEmpty else { return nil }
    self.init(id: id ?? PlainText.slug(name), name: name, group: group.map(PlainText.name), status: status)
  }
}
