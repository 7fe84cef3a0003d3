import JSONBytes
import StatusModel

/// A postmortem to begin with, made of what the timeline has: the same for the same incident.
struct PostmortemDraft {
  /// As the detail of an incident is sent.
  private let incident: JSONValue
  private let entries: [JSONValue]
  private let start: Int

  private static let lineLength = 300
  private static let left = 200
  private static let told: Set<String> = [
    "created", "assigned", "status", "update", "mitigation", "resolution", "announcement", "flag", "alert", "linked", "provider",
  ]

  init(_ incident: JSONValue) {
    self.incident = incident
    entries = incident["timeline"]?.array ?? []
    start = incident["started_at"]?.integer ?? 0
  }

  /// What `POST …/postmortem` takes, with the times it was made of.
  var json: JSONValue {
    [
      "incident_id": incident["id"] ?? .null, "state": "draft", "what_happened": .string(whatHappened), "root_cause": .string(rootCause),
      "impact": .string(impact), "detection": .string(detection), "contributing_factors": .array(factors.map { .string($0) }),
      "lessons": "", "action_items": [], "updated_at": incident["updated_at"] ?? .null, "started_at": .integer(start),
      "seconds": [
        "to_acknowledge": seconds(to: "acknowledged_at"), "to_mitigate": seconds(to: "mitigated_at"),
        "to_resolve": seconds(to: "resolved_at"),
      ],
    ]
  }

  private func seconds(to member: String) -> JSONValue { incident[member]?.integer.map { .integer($0 - start) } ?? .null }

  private var whatHappened: String {
    var text = ""
    let lines = entries.filter { Self.told.contains($0["type"]?.string ?? "") }.map(line)
    for (index, line) in lines.enumerated() {
      if text.unicodeScalars.count + line.unicodeScalars.count + Self.left > Bounds.postmortemText {
        return text + "- and \(lines.count - index) more entries of the timeline"
      }
      text += line + "\n"
    }
    return String(text.dropLast())
  }

  private func line(_ entry: JSONValue) -> String {
    let at = entry["at"]?.integer ?? start
    let message = Self.firstLine(entry["message"]?.string ?? "")
    let who = entry["author"]?["name"]?.string.map { " \(Self.firstLine($0)):" } ?? ""
    return "- \(Self.time(at)) (+\(Self.duration(at - start)))\(who) \(message)"
  }

  private var detection: String {
    let first = entries.first { $0["type"] == "alert" } ?? entries.first
    let who = first?["author"]?["name"]?.string.map { " by \(Self.firstLine($0))" } ?? ""
    let how = first?["type"] == "alert" ? "Noticed by an alert (\(Self.firstLine(first?["message"]?.string ?? "")))" : "Declared\(who)"
    let noticed = "\(how) at \(Self.time(first?["at"]?.integer ?? start))."
    guard let acknowledged = incident["acknowledged_at"]?.integer else { return noticed + " No person has acted on it yet." }
    return noticed + " A person acted on it after \(Self.duration(acknowledged - start))."
  }

  private var impact: String {
    let services = incident["services"]?.array?.compactMap(\.string) ?? []
    var text = "Severity \(incident["sev"]?.integer ?? 0)"
    if !services.isEmpty { text += " on \(services.joined(separator: ", "))" }
    text += ", from \(Self.time(start))"
    if let mitigated = incident["mitigated_at"]?.integer { text += ", mitigated after \(Self.duration(mitigated - start))" }
    if let resolved = incident["resolved_at"]?.integer {
      text += ", resolved after \(Self.duration(resolved - start)) (\(Self.time(resolved)))."
    } else {
      text += ", not resolved yet."
    }
    let announcements = entries.count { $0["type"] == "announcement" }
    return announcements == 0 ? text : text + " Announcements to the public: \(announcements)."
  }

  private var rootCause: String {
    let causes = links("caused_by").map { "Caused by \($0)." }
    return causes.joined(separator: " ")
  }

  /// Flags that changed, what providers said, and what it was related to.
  private var factors: [String] {
    let said = entries.filter { entry in
      entry["type"] == "flag" || entry["type"] == "provider"
        || entry["author"]?["name"] == .string(ServiceName.cspIngestor.rawValue)
          && entry["type"] == "update"
    }
    var factors = said.map { Self.firstLine($0["message"]?.string ?? "") } + links("related").map { "Related to \($0)" }
    var seen: Set<String> = []
    factors = factors.filter { !$0.isEmpty && seen.insert($0).inserted }
    return Array(factors.prefix(Bounds.factors.upperBound))
  }

  /// The other ends of the links of a kind that begin here.
  private func links(_ kind: String) -> [String] {
    (incident["links"]?.array ?? []).filter { $0["kind"] == .string(kind) && $0["incident"] == incident["id"] }
      .compactMap { $0["target"]?.string }
  }

  // MARK: Words

  /// 2026-03-01 09:30 UTC
  private static func time(_ seconds: Int) -> String {
    let text = ISO8601.text(milliseconds: Int64(seconds) * 1000)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }

  /// The two largest units: 1 d 4 h, 5 min.
  static func duration(_ seconds: Int) -> String {
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
    let first = parts.firstIndex { $0.0 != 0 } ?? 3
    return parts[first...].prefix(2).filter { $0.0 != 0 || first == 3 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }

  private static func firstLine(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.unicodeScalars.count <= lineLength ? line : String(String.UnicodeScalarView(line.unicodeScalars.prefix(lineLength))) + "…"
  }
}
