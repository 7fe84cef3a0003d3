import JSONBytes

/// RSS 2.0: Statuspage's history, Azure's status, AWS's of one service, and feeds of news.
enum RSSFeed {
  /// Throws `shape` without a channel.
  static func read(_ root: XMLElement, _ context: FeedContext) throws(Refusal) -> Snapshot {
    guard let channel = root["channel"] else { throw .shape }
    let items = channel.all("item") + root.all("item")
    if channel["title"]?.text.trimmingBlanks.lowercased() == "azure status" { return AzureFeed.read(items) }
    if AWSServiceFeed.isOne(channel, context) { return AWSServiceFeed.read(items) }
    var builder = SnapshotBuilder(.rss)
    for item in items { builder.add(FeedEntry(rss: item).event(now: context.now)) }
    return builder.finished()
  }
}

/// Atom: Statuspage's history and feeds of news.
enum AtomFeed {
  static func read(_ root: XMLElement, _ context: FeedContext) -> Snapshot {
    var builder = SnapshotBuilder(.atom)
    for child in root.children where child.localName == "entry" { builder.add(FeedEntry(atom: child).event(now: context.now)) }
    return builder.finished()
  }
}

/// An item or an entry, whichever the feed.
struct FeedEntry {
  let id: String?
  let link: String?
  let title: String
  /// HTML.
  let content: String
  let published: Int?
  let updated: Int?
  let raw: JSONValue

  init(rss item: XMLElement) {
    id = item["guid"]?.text.trimmingBlanks
    link = item["link"]?.text.trimmingBlanks
    title = item["title"]?.markup ?? ""
    content = (item["description"] ?? item["content:encoded"])?.markup ?? ""
    published = FeedTime.read(item["pubDate"]?.text ?? item["dc:date"]?.text ?? "")
    updated = item.children.first { $0.localName == "updated" }.flatMap { FeedTime.read($0.text) }
    raw = .string(item.source)
  }

  init(atom entry: XMLElement) {
    let named = { (name: String) in entry.children.first { $0.localName == name } }
    let links = entry.children.filter { $0.localName == "link" }
    id = named("id")?.text.trimmingBlanks
    link = (links.first { ($0.attributes["rel"] ?? "alternate") == "alternate" } ?? links.first)?.attributes["href"]?.trimmingBlanks
    title = named("title")?.markup ?? ""
    content = (named("content") ?? named("summary"))?.markup ?? ""
    published = FeedTime.read(named("published")?.text ?? "")
    updated = FeedTime.read(named("updated")?.text ?? "")
    raw = .string(entry.source)
  }

  /// Nil when nothing names it.
  func event(now: Int) -> ProviderEvent? {
    let title = PlainText.title(title)
    guard let externalID = externalID(title) else { return nil }
    let markup = StatuspageMarkup(content, published: published ?? updated ?? now)
    var event = ProviderEvent(externalID: externalID, kind: .notice, state: .resolved, impact: .none, title: title)
    event.url = link ?? id
    event.providerUpdatedAt = updated ?? published
    event.raw = raw
    if markup.updates.isEmpty && !markup.isScheduledEvent {
      event.startedAt = published ?? updated
      event.resolvedAt = event.startedAt
      let text = PlainText.update(content)
      if !text.isEmpty { event.updates = [ProviderUpdate(text: text, at: published ?? updated)] }
    } else {
      fill(&event, from: markup)
    }
    return event
  }

  /// The id that Statuspage's API gives it, else what the feed says it is.
  private func externalID(_ title: String) -> String? {
    for link in [link, id].compactMap({ $0 }) {
      guard let range = link.firstRange(of: "/incidents/") else { continue }
      let path = link[range.upperBound...].prefix { $0 != "?" && $0 != "#" }
      if let last = path.split(separator: "/").last { return String(last) }
    }
    return [id, link, PlainText.slug(title)].compactMap { $0 }.first { !$0.isEmpty }
  }

  private func fill(_ event: inout ProviderEvent, from markup: StatuspageMarkup) {
    let states = markup.updates.map { StatuspageFeed.states[$0.word] }
    let isPlanned = markup.isScheduledEvent || states.contains { $0.map { $0 == $0.ofMaintenance } == true }
    let stated = markup.newest.flatMap { StatuspageFeed.states[$0.word] }
    event.kind = isPlanned ? .maintenance : .incident
    event.state = isPlanned ? stated?.ofMaintenance ?? .scheduled : stated ?? .investigating
    event.impact = isPlanned ? .maintenance : .minor
    event.updates = markup.updates.reversed().map { ProviderUpdate(state: $0.word, text: $0.text, at: $0.at) }
    let earliest = markup.updates.compactMap(\.at).min()
    let begun = markup.updates.filter { $0.word == "in_progress" }.compactMap(\.at).min()
    event.scheduledFor = markup.plannedStart
    event.scheduledUntil = markup.plannedEnd
    event.startedAt = isPlanned ? markup.plannedStart ?? begun ?? earliest : earliest
    if event.state.isOver {
      let ends = markup.updates.filter { $0.word == "resolved" || $0.word == "completed" }.compactMap(\.at)
      event.resolvedAt = ends.max() ?? markup.newest?.at
    }
  }
}
