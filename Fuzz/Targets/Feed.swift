@testable import CSPIngestorService
import JSONBytes

/// Whatever a provider sends is a snapshot or a refusal, in linear time; what is read is sound, and the same again changes nothing.
func fuzzFeed(_ bytes: [UInt8]) {
  expectLinearTime(bytes) { _ = try? fed($0) }
  guard let snapshot = try? fed(bytes) else { return }
  expect((try? fed(bytes)) == snapshot, "read again it is another snapshot")
  expect(Set(snapshot.events.map(\.externalID)).count == snapshot.events.count, "an id is there twice")
  expect(snapshot.unreadable == 0 || snapshot.absence == .none, "an incomplete list resolves by absence")
  for event in snapshot.events { expectSound(event) }
  let once = refresh(KnownProvider(), with: snapshot, now: now)
  expect(once.counts.opened + once.counts.recorded == snapshot.events.count, "an event of a new provider is not new")
  let twice = refresh(once.known, with: snapshot, now: now)
  expect(twice.counts.unchanged == snapshot.events.count && twice.known == once.known, "the same snapshot changes something")
  let gone = refresh(once.known, with: Snapshot(absence: .all, pageID: snapshot.pageID), now: now)
  expect(gone.known.events.values.allSatisfy { $0.state.isOver }, "an absent event is not over")
  if snapshot.charset == Charset.utf8.rawValue, !bytes.starts(with: [0xEF, 0xBB, 0xBF]) { expectSameInUTF16(bytes, snapshot) }
}

private let now = 1_772_640_000

private func fed(_ bytes: [UInt8]) throws(Refusal) -> Snapshot {
  try readFeed(bytes, contentType: nil, address: "https://status.example/feed", registered: nil, now: now)
}

private func expectSound(_ event: ProviderEvent) {
  expect(!event.externalID.isEmpty && event.externalID.utf8.count <= 512, "an id of \(event.externalID.utf8.count) bytes")
  expect(
    !event.title.isEmpty && event.title.unicodeScalars.count <= PlainText.titleLimit,
    "a title of \(event.title.unicodeScalars.count) characters")
  expect(event.updates.allSatisfy { $0.text.unicodeScalars.count <= PlainText.updateLimit }, "an update that is too long")
  for text in [event.title] + event.updates.map(\.text) + event.components.map(\.name) {
    expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a control character in \(text.debugDescription)")
  }
  expect(event.regions == Set(event.regions).sorted(), "regions are no sorted set")
  expect((event.kind == .maintenance) == (event.impact == .maintenance), "\(event.kind) of impact \(event.impact)")
  expect((event.kind == .maintenance) == (event.state.ofMaintenance == event.state), "\(event.kind) in \(event.state)")
  expect(event.url.map { $0.hasPrefix("https://") || $0.hasPrefix("http://") } ?? true, "the address \(event.url ?? "")")
  let times =
    [event.startedAt, event.resolvedAt, event.scheduledFor, event.scheduledUntil].compactMap { $0 } + event.updates.compactMap(\.at)
  expect(times.allSatisfy { $0 > 0 }, "a time before 1970")
  let order = event.updates.compactMap(\.at)
  expect(order == order.sorted(), "updates out of order")
}

/// Characters in UTF-16 with a mark say the same; in XML a declaration of another charset gives way to the mark.
private func expectSameInUTF16(_ bytes: [UInt8], _ snapshot: Snapshot) {
  let units = String(decoding: bytes, as: UTF8.self).utf16
  var body: [UInt8] = [0xFE, 0xFF]
  for unit in units { body += [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
  guard let other = try? fed(body) else { fatalError("in UTF-16 it is refused") }
  expect(other.events == snapshot.events, "in UTF-16 it has other events")
}
