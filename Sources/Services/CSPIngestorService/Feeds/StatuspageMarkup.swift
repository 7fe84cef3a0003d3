/// The updates of an incident as Statuspage writes them into its feeds:
/// `<small>Mon <var>d</var>, <var>HH:MM</var> UTC</small><br><strong>State</strong> - text`, the newest first, without a year.
struct StatuspageMarkup {
  struct Update {
    /// In lower case, `in_progress` as one word.
    let word: String
    let text: String
    let at: Int?
  }
  /// The newest first, as they stand.
  private(set) var updates: [Update] = []
  private(set) var isScheduledEvent = false
  private(set) var plannedStart: Int?
  private(set) var plannedEnd: Int?

  /// `published` tells the year: the latest that is at most a day after it.
  init(_ html: String, published: Int) {
    let bytes = Array(html.utf8)
    var starts: [Int] = []
    var index = 0
    while let after = PlainText.end(of: "<small", in: bytes, from: index) {
      starts.append(after - 6)
      index = after
    }
    readPlan(Self.text(bytes[..<(starts.first ?? bytes.count)]), published: published)
    for (number, start) in starts.enumerated() {
      let end = number + 1 < starts.count ? starts[number + 1] : bytes.count
      if let update = Self.update(Array(bytes[start..<end]), published: published) { updates.append(update) }
    }
  }

  /// A year from the newest update on.
  var newest: Update? {
    updates.enumerated().filter { $0.element.word != "update" }
      .max { ($0.element.at ?? 0, -$0.offset) < ($1.element.at ?? 0, -$1.offset) }?.element
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { PlainText.update(String(decoding: bytes, as: UTF8.self)) }

  private static func update(_ part: [UInt8], published: Int) -> Update? {
    guard let afterTime = PlainText.end(of: "</small>", in: part, from: 0),
      let wordTag = PlainText.end(of: "<strong", in: part, from: afterTime),
      let wordStart = part[wordTag...].firstIndex(of: UInt8(ascii: ">")),
      let afterWord = PlainText.end(of: "</strong>", in: part, from: wordStart)
    else { return nil }
    let moment = WrittenMoment(text(part[..<afterTime]))
    guard moment.month != nil, moment.hour != nil else { return nil }
    let word = SnapshotBuilder.normal(text(part[(wordStart + 1)..<(afterWord - 9)]))
    let rest = text(part[afterWord...]).drop { $0 == "-" || $0 == "–" || $0 == "—" || $0 == " " }
    return Update(word: word, text: String(rest), at: latest(moment, before: published + secondsOfDay))
  }

  private static let secondsOfDay = 86_400

  /// In the year that brings it closest to `limit` without passing it.
  private static func latest(_ moment: WrittenMoment, before limit: Int) -> Int? {
    years(around: limit, moment).filter { $0 <= limit }.max()
  }

  private static func nearest(_ moment: WrittenMoment, to time: Int) -> Int? {
    years(around: time, moment).min { abs($0 - time) < abs($1 - time) }
  }

  /// A 29th of February comes every four years, or after eight.
  private static func years(around time: Int, _ moment: WrittenMoment) -> [Int] {
    if let year = moment.year { return [moment.seconds(year: year)].compactMap { $0 } }
    let year = 1970 + time / 31_556_952
    return ((year - 8)...(year + 8)).compactMap { moment.seconds(year: $0) }
  }

  /// `THIS IS A SCHEDULED EVENT Oct 5, 04:00 - 05:00 UTC`, before the updates.
  private mutating func readPlan(_ text: String, published: Int) {
    let bytes = Array(text.utf8)
    guard let after = PlainText.end(of: "this is a scheduled event", in: bytes, from: 0) else { return }
    isScheduledEvent = true
    let window = String(decoding: bytes[after...], as: UTF8.self).replacing("–", with: "-").split(separator: " - ", maxSplits: 1)
    guard var start = window.first.map({ WrittenMoment(String($0)) }) else { return }
    guard window.count > 1 else {
      plannedStart = Self.nearest(start, to: published)
      return
    }
    var end = WrittenMoment(String(window[1]))
    start.offset = start.offset ?? end.offset
    let hasOwnDay = end.month != nil && end.day != nil
    if !hasOwnDay { (end.month, end.day, end.year) = (start.month, start.day, start.year) }
    plannedStart = Self.nearest(start, to: published)
    plannedEnd = plannedStart.flatMap { Self.nearest(end, to: $0) }
    if let start = plannedStart, let end = plannedEnd, end < start { plannedEnd = hasOwnDay ? nil : end + Self.secondsOfDay }
  }
}
