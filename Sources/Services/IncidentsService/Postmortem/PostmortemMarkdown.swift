import FoundationEssentials
import JSONBytes

/// A postmortem as a document to read and to pass on.
enum PostmortemMarkdown {
  /// Whether an `Accept` names `text/markdown` with more weight than `application/json` (RFC 9110 section 12.5.1).
  static func isPreferred(_ accept: String?) -> Bool {
    guard let accept else { return false }
    let markdown = weight(of: "text/markdown", in: accept)
    return markdown > 0 && markdown > weight(of: "application/json", in: accept)
  }

  private static func weight(of type: String, in accept: String) -> Double {
    for item in accept.lowercased().split(separator: ",") {
      let parts = item.split(separator: ";").map { String($0.filter { $0 != " " && $0 != "\t" }) }
      guard parts.first == type else { continue }
      guard let parameter = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return 1 }
      return Double(parameter.dropFirst(2)) ?? 1
    }
    return 0
  }

  /// `postmortem` as it is stored, of the incident called `title`.
  static func text(_ postmortem: JSONValue, title: String) -> String {
    var text = "# Postmortem of \(postmortem["incident_id"]?.string ?? ""): \(line(title))\n"
    let author = postmortem["author"]?["name"]?.string.map { " by \(line($0))" } ?? ""
    text += "\n\(postmortem["state"]?.string == "published" ? "Published" : "Draft"), saved \(day(postmortem["updated_at"]))\(author).\n"
    for (heading, member) in sections {
      guard let body = postmortem[member]?.string, !body.isEmpty else { continue }
      text += "\n## \(heading)\n\n\(body)\n"
    }
    text += list("Contributing factors", postmortem["contributing_factors"]) { "- \(line($0.string ?? ""))" }
    text += list("Action items", postmortem["action_items"], item)
    return text
  }

  private static let sections = [
    ("What happened", "what_happened"), ("Impact", "impact"), ("Detection", "detection"), ("Root cause", "root_cause"),
    ("Lessons", "lessons"),
  ]

  private static func list(_ heading: String, _ values: JSONValue?, _ render: (JSONValue) -> String) -> String {
    guard let values = values?.array, !values.isEmpty else { return "" }
    return "\n## \(heading)\n\n" + values.map { render($0) + "\n" }.joined()
  }

  private static func item(_ item: JSONValue) -> String {
    var notes: [String] = []
    if let owner = item["owner"]?.string { notes.append("owner \(line(owner))") }
    if item["due_at"]?.integer != nil { notes.append("due \(day(item["due_at"]))") }
    let box = item["done"]?.bool == true ? "x" : " "
    return "- [\(box)] \(line(item["title"]?.string ?? ""))" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
  }

  /// Of epoch seconds, in UTC: 2026-01-31.
  private static func day(_ time: JSONValue?) -> String {
    Date(timeIntervalSince1970: Double(time?.integer ?? 0)).formatted(.iso8601.year().month().day())
  }

  private static func line(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
