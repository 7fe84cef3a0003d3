/// What a mail says, whatever its form: a subject, and parts that become text and HTML.
struct MailContent: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case heading(String)
    case paragraph(String)
    /// What somebody wrote: line breaks are kept, http and https addresses become links.
    case quote(String)
    /// The one thing to do.
    case action(String, url: String)
    case facts([Fact])
  }
  struct Fact: Sendable, Equatable {
    let name: String
    let value: String
  }
  struct Link: Sendable, Equatable {
    let title: String
    let url: String
  }

  /// `en` or `fr`.
  var language: MailLanguage
  var subject: String
  var parts: [Part]
  /// Why it was sent, and how it stops.
  var footer: String
  var footerLinks: [Link] = []

  // MARK: - As text

  var text: String {
    let blocks = parts.map { part -> String in
      switch part {
      case .heading(let text): text + "\n" + String(repeating: "=", count: min(text.count, 70))
      case .paragraph(let text), .quote(let text): text
      case .action(let title, let url): "\(title):\n\(url)"
      case .facts(let facts): facts.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
      }
    }
    let end = ([footer] + footerLinks.map { "\($0.title): \($0.url)" }).joined(separator: "\n")
    return (blocks + ["-- \n" + end]).joined(separator: "\n\n") + "\n"
  }

  // MARK: - As HTML

  var html: String {
    let body = parts.map(Self.html).joined(separator: "\n")
    let links = footerLinks.map { Self.link($0.title, $0.url) }.joined(separator: " &middot; ")
    return """
      <!DOCTYPE html>
      <html lang="\(language.rawValue)">
      <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>\(HTMLText.escaped(subject))</title></head>
      <body style="margin:0;padding:24px;background:#f4f5f7;color:#1d2433;font:16px/1.5 system-ui,sans-serif">
      <div style="max-width:600px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">
      \(body)
      </div>
      <p style="max-width:600px;margin:16px auto 0;color:#5a6478;font-size:13px">\(HTMLText.escaped(footer))\(links.isEmpty ? "" : "<br>")\(links)</p>
      </body>
      </html>

      """
  }

  private static func html(_ part: Part) -> String {
    switch part {
    case .heading(let text): return #"<h1 style="margin:0 0 16px;font-size:20px">\#(HTMLText.escaped(text))</h1>"#
    case .paragraph(let text): return "<p>\(HTMLText.escaped(text))</p>"
    case .quote(let text): return "<p>\(HTMLText.linked(text))</p>"
    case .action(let title, let url):
      let style = "display:inline-block;padding:10px 18px;border-radius:6px;background:#2448c8;color:#ffffff;text-decoration:none"
      return #"<p><a style="\#(style)" href="\#(HTMLText.escaped(url))">\#(HTMLText.escaped(title))</a></p>"#
        + #"<p style="color:#5a6478;font-size:13px;word-break:break-all">\#(HTMLText.escaped(url))</p>"#
    case .facts(let facts):
      return "<p>" + facts.map { "<strong>\(HTMLText.escaped($0.name)):</strong> \(HTMLText.escaped($0.value))" }.joined(separator: "<br>")
        + "</p>"
    }
  }

  private static func link(_ title: String, _ url: String) -> String {
    #"<a style="color:#5a6478" href="\#(HTMLText.escaped(url))">\#(HTMLText.escaped(title))</a>"#
  }
}

/// Plain text inside HTML.
enum HTMLText {
  /// With the five signs that mean something to HTML written as references.
  static func escaped(_ text: some StringProtocol) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Escaped, with line breaks kept and http(s) addresses as links. A point, comma or bracket that ends an address is not part of it.
  static func linked(_ text: String) -> String {
    let lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line in
      line.split(separator: " ", omittingEmptySubsequences: false).map(linkedWord).joined(separator: " ")
    }.joined(separator: "<br>\n")
  }

  private static func linkedWord(_ word: Substring) -> String {
    guard let start = ["https://", "http://"].compactMap({ word.firstRange(of: $0)?.lowerBound }).min() else { return escaped(word) }
    var address = word[start...].prefix { !"<>\"'".contains($0) }
    while let last = address.last, ".,;:!?)]}".contains(last) { address.removeLast() }
    guard let host = address.split(separator: "/").dropFirst().first, !host.isEmpty else { return escaped(word) }
    let link = #"<a href="\#(escaped(address))">\#(escaped(address))</a>"#
    return escaped(word[..<start]) + link + escaped(word[address.endIndex...])
  }
}
