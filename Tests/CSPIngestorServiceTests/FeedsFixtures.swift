import Foundation

@testable import CSPIngestorService

/// Small bodies of every family, in the real shapes; the fuzzer begins with them too.
enum Fixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz/Corpus")
  static let all = [
    "statuspage/summary", "incidentio/summary", "incidentio/compatible", "google/incidents", "aws/currentevents", "aws/retired",
    "aws/service-rss", "statusio/status", "slack/current", "instatus/summary", "betterstack/index", "heroku/current-status",
    "rss/statuspage.rss", "rss/statuspage.atom", "rss/azure",
  ]
  static func body(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: "feed-\(name)"))) }
  static func read(_ name: String, address: String = "https://status.example/feed") throws -> Snapshot {
    try readFeed(try body(name), contentType: nil, address: address, registered: nil, now: now)
  }
  /// 2026-03-04 16:00 UTC.
  static let now = 1_772_640_000
}

/// `text` as a feed.
func read(
  _ text: String, type: String? = nil, address: String = "https://status.example/feed", registered: Family? = nil
) throws(Refusal) -> Snapshot {
  try readFeed(Array(text.utf8), contentType: type, address: address, registered: registered, now: Fixtures.now)
}

/// Of 2026-03-04, in epoch seconds.
func at(_ hour: Int, _ minute: Int = 0) -> Int { 1_772_582_400 + hour * 3_600 + minute * 60 }

extension Snapshot {
  subscript(id: String) -> ProviderEvent? { events.first { $0.externalID == id } }
}
