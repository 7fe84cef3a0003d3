import JSONBytes

/// AWS's RSS of one service in one region, known from documents: items are updates, and `refresh` knows by the series what is one event.
enum AWSServiceFeed {
  static func isOne(_ channel: XMLElement, _ context: FeedContext) -> Bool {
    if context.path.contains("://status.aws.amazon.com/rss/") { return true }
    return channel["link"]?.text.contains("status.aws.amazon.com") == true || channel.all("item").contains { series($0) != nil }
  }

  static func read(_ items: [XMLElement]) -> Snapshot {
    var builder = SnapshotBuilder(.rss)
    var bySeries: [String: [Update]] = [:]
    var order: [String] = []
    for item in items {
      let entry = FeedEntry(rss: item)
      guard let series = series(item), let at = entry.published else {
        builder.addUnreadable()
        continue
      }
      if bySeries[series] == nil { order.append(series) }
      bySeries[series, default: []].append(Update(entry, at))
    }
    for series in order {
      let updates = (bySeries[series] ?? []).sorted { $0.at < $1.at }
      for run in runs(updates).reversed() { builder.add(event(series, run)) }
    }
    return builder.finished()
  }

  private struct Update {
    let at: Int
    let title: String
    let text: String
    let isOver: Bool
    let impact: Impact
    let entry: FeedEntry
    var impactWhileOpen: Impact { isOver ? .none : impact }

    init(_ entry: FeedEntry, _ at: Int) {
      self.entry = entry
      self.at = at
      title = PlainText.title(entry.title)
      text = PlainText.update(entry.content)
      let heading = title.lowercased()
      isOver = heading.contains("[resolved]") || heading.contains("operating normally") || text.lowercased().contains("[resolved]")
      impact = heading.contains("disruption") ? .major : heading.contains("informational") ? .none : .minor
    }
  }

  /// `ec2-us-east-1` of `https://status.aws.amazon.com/#ec2-us-east-1_1606336447`.
  private static func series(_ item: XMLElement) -> String? {
    guard let guid = item["guid"]?.text.trimmingBlanks, guid.contains("status.aws.amazon.com"), let hash = guid.lastIndex(of: "#") else {
      return nil
    }
    let fragment = guid[guid.index(after: hash)...]
    let name = fragment.prefix { $0 != "_" }
    return name.isEmpty || name.count == fragment.count ? nil : String(name)
  }

  private static let secondsOfDay = 86_400

  /// A pause of more than a day begins a new event.
  private static func runs(_ updates: [Update]) -> [[Update]] {
    var runs: [[Update]] = []
    for update in updates {
      if let last = runs.last?.last, update.at - last.at <= secondsOfDay {
        runs[runs.count - 1].append(update)
      } else {
        runs.append([update])
      }
    }
    return runs
  }

  /// Without what the dashboard puts before it.
  private static func subject(_ title: String) -> String {
    for heading in ["Service is operating normally: ", "Service disruption: ", "Performance issues: ", "Informational message: "]
    where title.hasPrefix(heading) { return AWSFeed.title(String(title.dropFirst(heading.count))) }
    return AWSFeed.title(title)
  }

  private static func event(_ series: String, _ run: [Update]) -> ProviderEvent? {
    guard let first = run.first, let last = run.last else { return nil }
    let isOver = last.isOver
    var event = ProviderEvent(
      externalID: "\(series):\(first.at)", series: series, kind: .incident, state: isOver ? .resolved : .investigating,
      impact: isOver ? run.map(\.impactWhileOpen).max() ?? .none : last.impact, title: subject(last.title))
    event.impactEnded = isOver
    event.startedAt = first.at
    event.resolvedAt = isOver ? last.at : nil
    let region = Places.suffix(ofService: series)
    event.components = [ProviderComponent(id: series, called: region.map { String(series.dropLast($0.count + 1)) } ?? series)].compactMap {
      $0
    }
    event.regions = [region ?? "global"]
    event.updates = run.map { ProviderUpdate(text: $0.text.isEmpty ? $0.title : $0.text, at: $0.at) }
    event.url = last.entry.link
    event.providerUpdatedAt = last.at
    event.raw = last.entry.raw
    return event
  }
}
