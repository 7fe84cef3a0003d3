import FoundationEssentials
import JSONBytes
import StatusModel

/// Bodies of feeds that were recorded, or written, one after another: a folder of `<provider>/<UTC time>.<ending>`, times as
/// `20260301T083000Z`, with a `providers.json` beside the folders if the providers are to be registered as it says.
struct Replay: Sendable {
  struct Step: Sendable {
    /// Epoch seconds of the replay's own time.
    let time: Int
    let body: [UInt8]
    let contentType: String
  }
  /// By provider; each in order of time.
  let steps: [String: [Step]]
  /// Registrations as `POST /api/v1/csp/providers` takes them, but with `path` in place of `feed_url`.
  let providers: [JSONValue]
  /// When the first body was served.
  let begin: Int

  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  private static let contentTypes = [
    "json": "application/json", "xml": "application/xml", "rss": "application/rss+xml", "atom": "application/atom+xml",
  ]

  /// Reads the whole folder; it may block. Throws `Unreadable`.
  init(folder: String) throws {
    let files = FileManager.default
    var steps: [String: [Step]] = [:]
    for provider in try files.contentsOfDirectory(atPath: folder).sorted() {
      var isFolder = false
      guard files.fileExists(atPath: "\(folder)/\(provider)", isDirectory: &isFolder), isFolder else { continue }
      for name in try files.contentsOfDirectory(atPath: "\(folder)/\(provider)") {
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count == 2, let type = Self.contentTypes[parts[1]], let time = Self.time(parts[0]) else {
          throw Unreadable(description: "\(folder)/\(provider)/\(name) is not named as a time, such as 20260301T083000Z.json")
        }
        let body = files.contents(atPath: "\(folder)/\(provider)/\(name)") ?? Data()
        steps[provider, default: []].append(Step(time: time, body: Array(body), contentType: type))
      }
    }
    self.steps = steps.mapValues { $0.sorted { $0.time < $1.time } }
    guard let begin = self.steps.values.compactMap(\.first?.time).min() else {
      throw Unreadable(description: "\(folder) holds no folder with recorded bodies")
    }
    self.begin = begin
    let listed = files.contents(atPath: "\(folder)/providers.json").map { Array($0) }
    providers = listed.flatMap { try? JSONValue(parsing: $0) }?.array ?? []
  }

  /// `20260301T083000Z` as epoch seconds.
  static func time(_ text: String) -> Int? {
    let digits = text.utf8.filter { $0 &- 0x30 < 10 }
    guard text.utf8.count == 16, digits.count == 14, text.hasSuffix("Z"), text.dropFirst(8).hasPrefix("T") else { return nil }
    let parts = String(decoding: digits, as: UTF8.self)
    let start = parts.index(parts.startIndex, offsetBy: 8)
    let clock = Array(parts[start...])
    let day = "\(parts.prefix(4))-\(parts.dropFirst(4).prefix(2))-\(parts.dropFirst(6).prefix(2))"
    return FeedTime.read("\(day)T\(String(clock[0..<2])):\(String(clock[2..<4])):\(String(clock[4..<6]))Z")
  }

  /// The body of `provider` at a moment of the replay's time; before its first one nothing.
  func step(_ provider: String, at time: Int) -> Step? { steps[provider]?.last { $0.time <= time } }

  /// `body` with every `{{20260301T083000Z}}` as the ISO 8601 time at which this replay reaches that moment.
  func dated(_ body: [UInt8], _ clock: ReplayClock) -> [UInt8] {
    guard body.contains(UInt8(ascii: "{")) else { return body }
    var text: [UInt8] = []
    text.reserveCapacity(body.count)
    var index = 0
    while index < body.count {
      if body[index] == UInt8(ascii: "{"), let time = Self.mark(body, at: index) {
        text.append(contentsOf: ISO8601.text(milliseconds: clock.reaches(time)).utf8)
        index += Self.markLength
      } else {
        text.append(body[index])
        index += 1
      }
    }
    return text
  }

  private static let markLength = 20

  private static func mark(_ body: [UInt8], at index: Int) -> Int? {
    guard index + markLength <= body.count, body[index + 1] == UInt8(ascii: "{"), body[index + 18] == UInt8(ascii: "}") else { return nil }
    return time(String(decoding: body[(index + 2)..<(index + 18)], as: UTF8.self))
  }
}

/// The replay's time beside the wall's.
struct ReplayClock: Sendable {
  /// Milliseconds since the epoch at which the replay began, on the wall.
  let startedAt: Int64
  /// Of the replay, epoch seconds.
  let begin: Int
  /// How many seconds of the replay pass in one.
  let speed: Int

  func time(at now: Int64) -> Int { begin + Int((now - startedAt) * Int64(speed) / 1000) }

  /// When the replay reaches a moment: milliseconds since the epoch.
  func reaches(_ time: Int) -> Int64 { startedAt + Int64(time - begin) * 1000 / Int64(speed) }
}
