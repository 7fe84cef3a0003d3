import Foundation
import JSONBytes

@testable import CSPIngestorService

/// Recorded bodies with expected outcomes, read where they are laid beside the checkout; without them their tests are skipped.
enum Recordings {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/data/csp")
  static let areHere = FileManager.default.fileExists(atPath: folder.appending(path: "expected.json").path)

  static let expected: JSONValue = (try? JSONValue(parsing: body("expected.json"))) ?? .null
  static func body(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: path))) }
  static func read(_ path: String, now: Int = 1_800_000_000) throws -> Snapshot {
    try readFeed(try body(path), contentType: nil, address: "https://status.example/\(path)", registered: nil, now: now)
  }
  static func names(_ section: String) -> [String] { (expected[section]?.object?.members ?? []).map(\.name) }
}

/// An event in the words of expected.json.
func described(_ event: ProviderEvent) -> [String: JSONValue] {
  [
    "external_id": .string(event.externalID), "kind": .string(event.kind.rawValue), "title": .string(event.title),
    "state": .string(event.state.rawValue), "impact": .string(event.impact.rawValue),
    "started_at": event.startedAt.map { .integer($0) } ?? .null, "resolved_at": event.resolvedAt.map { .integer($0) } ?? .null,
    "components": sorted(.array(event.components.map { .string($0.name) })), "regions": sorted(.array(event.regions.map { .string($0) })),
    "updates": .integer(event.updates.count),
  ]
}

/// The members of an expected event; its sets sorted.
func described(_ expected: JSONValue) -> [String: JSONValue] {
  Dictionary(uniqueKeysWithValues: (expected.object?.members ?? []).map { ($0.name, sorted($0.value)) })
}

private func sorted(_ value: JSONValue) -> JSONValue {
  guard let names = value.array?.compactMap(\.string) else { return value }
  return .array(Set(names).sorted().map { .string($0) })
}
