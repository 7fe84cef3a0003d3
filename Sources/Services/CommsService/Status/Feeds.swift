import StatusModel

/// Public incidents and maintenances as feeds, the latest change first, in the words and the mark-up that readers of status feeds expect.
struct HistoryFeed: Sendable {
  private struct Entry {
    let id: String
    let title: String
    let link: String
    let publishedAt: Int
    let updatedAt: Int
    /// The newest first.
    let said: [(state: String, text: String, at: Int)]
  }

  private let page: PageFacts
  private let entries: [Entry]

  init(_ snapshot: PublicSnapshot, _ page: PageFacts) {
    self.page = page
    let incidents = snapshot.history.map { incident in
      Entry(
        id: incident.id, title: incident.title, link: page.link(incident.id), publishedAt: incident.publishedAt,
        updatedAt: incident.updatedAt,
        said: incident.announcements.reversed().map { ($0.isPostmortem ? "Postmortem" : Self.word($0.state.rawValue), $0.message, $0.at) })
    }
    let maintenances = snapshot.maintenances.map { maintenance -> Entry in
      var said = [(state: "Scheduled", text: maintenance.message, at: maintenance.createdAt)]
      let status = maintenance.status(at: snapshot.now)
      if status != .scheduled { said.append(("In progress", "The maintenance has begun.", maintenance.startsAt)) }
      if status == .completed { said.append(("Completed", "The maintenance is over.", maintenance.endsAt)) }
      return Entry(
        id: maintenance.id, title: maintenance.title, link: "\(page.url)/#\(maintenance.id)", publishedAt: maintenance.createdAt,
        updatedAt: maintenance.updatedAt, said: said.reversed())
    }
    entries = Array((incidents + maintenances).sorted { ($1.updatedAt, $1.id) < ($0.updatedAt, $0.id) }.prefix(StatusBounds.history))
  }

  /// RFC 4287.
  var atom: String {
    let updated = Self.time(entries.first?.updatedAt ?? 0)
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <feed xml:lang="en" xmlns="http://www.w3.org/2005/Atom">
      <id>\(XML.text(page.url))/history.atom</id>
      <title>\(XML.text(page.name)) Status - Incident History</title>
      <link rel="alternate" type="text/html" href="\(XML.text(page.url))"/>
      <link rel="self" type="application/atom+xml" href="\(XML.text(page.url))/history.atom"/>
      <updated>\(updated)</updated>
      <author><name>\(XML.text(page.name))</name></author>

      """
    for entry in entries {
      text += """
        <entry>
        <id>\(XML.text(entry.link))</id>
        <published>\(Self.time(entry.publishedAt))</published>
        <updated>\(Self.time(entry.updatedAt))</updated>
        <link rel="alternate" type="text/html" href="\(XML.text(entry.link))"/>
        <title>\(XML.text(entry.title))</title>
        <content type="html">\(XML.text(Self.html(entry)))</content>
        </entry>

        """
    }
    return text + "</feed>\n"
  }

  /// RSS 2.0.
  var rss: String {
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
      <channel>
      <title>\(XML.text(page.name)) Status - Incident History</title>
      <link>\(XML.text(page.url))</link>
      <description>Incidents and maintenance of \(XML.text(page.name))</description>
      <atom:link rel="self" type="application/rss+xml" href="\(XML.text(page.url))/history.rss"/>
      <pubDate>\(Self.mailTime(entries.first?.updatedAt ?? 0))</pubDate>

      """
    for entry in entries {
      text += """
        <item>
        <title>\(XML.text(entry.title))</title>
        <description>\(XML.text(Self.html(entry)))</description>
        <pubDate>\(Self.mailTime(entry.updatedAt))</pubDate>
        <link>\(XML.text(entry.link))</link>
        <guid isPermaLink="true">\(XML.text(entry.link))</guid>
        </item>

        """
    }
    return text + "</channel>\n</rss>\n"
  }

  private static func html(_ entry: Entry) -> String {
    entry.said.map { state, text, at in
      "<p><small>\(date(at)) UTC</small><br><strong>\(XML.text(state))</strong> - \(PlainText.html(text))</p>"
    }.joined()
  }

  private static func word(_ state: String) -> String { state.prefix(1).uppercased() + state.dropFirst() }

  /// `Mar <var data-var='date'> 1</var>, <var data-var='time'>09:30</var>`
  private static func date(_ seconds: Int) -> String {
    let (_, month, day, time) = parts(seconds)
    return "\(month) <var data-var='date'>\(day)</var>, <var data-var='time'>\(time.prefix(5))</var>"
  }

  private static func time(_ seconds: Int) -> String { String(ISO8601.text(milliseconds: Int64(seconds) * 1000).prefix(19)) + "Z" }

  /// RFC 5322, such as `Sun, 01 Mar 2026 09:30:00 +0000`.
  private static func mailTime(_ seconds: Int) -> String {
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][seconds / 86_400 % 7]
    let (year, month, day, time) = parts(seconds)
    return "\(weekday), \(day) \(month) \(year) \(time) +0000"
  }

  private static func parts(_ seconds: Int) -> (year: String, month: String, day: String, time: String) {
    let text = Self.time(seconds)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split { "-T".contains($0) }.map(String.init)
    return (words[0], months[(Int(words[1]) ?? 1) - 1], words[2], String(words[3].prefix(8)))
  }
}

enum XML {
  /// `text` within an element or an attribute. Characters that XML cannot have are left out.
  static func text(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
      default: if scalar.value >= 0x20, scalar.value & 0xFFFE != 0xFFFE { escaped.unicodeScalars.append(scalar) }
      }
    }
    return escaped
  }
}

/// What people write: plain text, whose line breaks are kept and whose http(s) addresses become links.
enum PlainText {
  static func html(_ text: String) -> String {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { line in line.split(separator: " ", omittingEmptySubsequences: false).map(word).joined(separator: " ") }
      .joined(separator: "<br>")
  }

  /// Punctuation after an address is none of it.
  private static func word(_ word: Substring) -> String {
    guard word.hasPrefix("https://") || word.hasPrefix("http://") else { return XML.text(String(word)) }
    var address = word
    while let last = address.last, ".,;:!?)]}'\"".contains(last) { address = address.dropLast() }
    guard address.utf8.count > 8 else { return XML.text(String(word)) }
    let escaped = XML.text(String(address))
    return "<a href=\"\(escaped)\">\(escaped)</a>\(XML.text(String(word[address.endIndex...])))"
  }
}
