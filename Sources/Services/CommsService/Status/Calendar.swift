import StatusModel

/// Maintenances as a calendar (RFC 5545).
struct MaintenanceCalendar: Sendable {
  private let snapshot: PublicSnapshot
  private let page: PageFacts

  init(_ snapshot: PublicSnapshot, _ page: PageFacts) {
    self.snapshot = snapshot
    self.page = page
  }

  var text: String {
    var lines = [
      "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//PolyStatus//Maintenance//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
      "X-WR-CALNAME:\(Self.escaped(page.name)) maintenance", "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for maintenance in snapshot.maintenances { lines += event(maintenance) }
    lines.append("END:VCALENDAR")
    return lines.map { Self.folded($0) + "\r\n" }.joined()
  }

  private func event(_ maintenance: Maintenance) -> [String] {
    let names = maintenance.components.map { key in snapshot.component(key)?.name ?? key }
    return [
      "BEGIN:VEVENT", "UID:\(maintenance.id)@\(page.id)", "DTSTAMP:\(Self.time(maintenance.updatedAt))",
      "CREATED:\(Self.time(maintenance.createdAt))", "LAST-MODIFIED:\(Self.time(maintenance.updatedAt))",
      "SEQUENCE:\(maintenance.version - 1)", "DTSTART:\(Self.time(maintenance.startsAt))", "DTEND:\(Self.time(maintenance.endsAt))",
      "SUMMARY:\(Self.escaped(maintenance.title))", "DESCRIPTION:\(Self.escaped(maintenance.message))",
      "URL:\(page.url)/#\(maintenance.id)", "STATUS:CONFIRMED", "TRANSP:TRANSPARENT",
    ] + (names.isEmpty ? [] : ["CATEGORIES:\(names.map(Self.escaped).joined(separator: ","))"]) + ["END:VEVENT"]
  }

  /// Section 3.3.5, form 2: `20260301T093000Z`.
  private static func time(_ seconds: Int) -> String {
    ISO8601.text(milliseconds: Int64(seconds) * 1000).prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
  }

  /// Section 3.3.11.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\", ";", ",": escaped += "\\\(character)"
      case "\r\n", "\n", "\r": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// Section 3.1: no line has more than 75 octets; what is longer goes on after a blank.
  static func folded(_ line: String) -> String {
    var text = ""
    var octets = 0
    for scalar in line.unicodeScalars {
      let width = UTF8.width(scalar)
      if octets + width > 75 {
        text += "\r\n "
        octets = 1
      }
      text.unicodeScalars.append(scalar)
      octets += width
    }
    return text
  }
}
