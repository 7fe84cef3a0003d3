/// `/badge.svg`: the state for a README or an intranet.
struct Badge: Sendable {
  let svg: String

  init(_ snapshot: PublicPages.Snapshot, _ language: Language) {
    let strings = language.strings
    let overall = snapshot.data.overall(strings)
    let label = strings("status")
    let word = overall.word
    let left = Self.width(label)
    let right = Self.width(word)
    let color = Self.colors[overall.style] ?? "#5b6478"
    let text = ScalarHTML.escaped("\(label): \(word)")
    svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(left + right)" height="22" role="img" aria-label="\(text)"><title>\(text)</title>\
      <clipPath id="r"><rect width="\(left + right)" height="22" rx="4"/></clipPath><g clip-path="url(#r)">\
      <path fill="#333a48" d="M0 0h\(left)v22H0z"/><path fill="\(color)" d="M\(left) 0h\(right)v22H\(left)z"/></g>\
      <g fill="#fff" font-family="system-ui,Verdana,sans-serif" font-size="12" text-anchor="middle">\
      <text x="\(left / 2)" y="15">\(ScalarHTML.escaped(label))</text>\
      <text x="\(left + right / 2)" y="15">\(ScalarHTML.escaped(word))</text></g></svg>

      """
  }

  /// Pixels, about.
  private static func width(_ text: String) -> Int { text.count * 7 + 14 }

  /// Dark enough for white text.
  private static let colors = [
    "ok": "#1d6b3f", "degraded": "#85520a", "partial": "#984a0c", "major": "#a32a26", "maintenance": "#1f4fe0", "unknown": "#565f73",
  ]
}
