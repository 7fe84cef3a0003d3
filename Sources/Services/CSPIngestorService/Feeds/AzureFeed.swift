/// Azure's status feed: an item is an open event and bears no date, no guid and no link; no item is healthy.
enum AzureFeed {
  static func read(_ items: [XMLElement]) -> Snapshot {
    var builder = SnapshotBuilder(.rss, absence: .all)
    for item in items { builder.add(event(FeedEntry(rss: item))) }
    return builder.finished()
  }

  private static func event(_ entry: FeedEntry) -> ProviderEvent? {
    let title = PlainText.title(entry.title)
    var event = ProviderEvent(externalID: PlainText.slug(title), kind: .incident, state: .investigating, impact: .minor, title: title)
    let (component, region) = parts(title)
    event.components = [ProviderComponent(id: nil, called: component)].compactMap { $0 }
    event.regions = region.map { [PlainText.slug($0)] } ?? []
    event.startedAt = entry.published
    let text = PlainText.update(entry.content)
    if !text.isEmpty { event.updates = [ProviderUpdate(text: text, at: entry.published)] }
    event.url = entry.link
    event.providerUpdatedAt = entry.updated ?? entry.published
    event.raw = entry.raw
    return event
  }

  /// `<component> - <region>`, at the last dash.
  private static func parts(_ title: String) -> (component: String, region: String?) {
    guard let dash = title.ranges(of: " - ").last else { return (title, nil) }
    return (String(title[..<dash.lowerBound]), String(title[dash.upperBound...]))
  }
}
