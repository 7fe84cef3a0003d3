import Mustache

/// The pages' templates, parsed once: `Templates/*.mustache`, each known by its file's name.
enum Templates {
  /// Throws what is wrong with a template: at the start, never while a page is made.
  static func library() throws -> MustacheLibrary {
    MustacheContentTypes.register(ScalarHTML(), named: ScalarHTML.name)
    var library = MustacheLibrary()
    for (file, text) in Embedded.files where file.hasSuffix(".mustache") {
      try library.register("{{% CONTENT_TYPE:\(ScalarHTML.name) }}\(text)", named: String(file.dropLast(".mustache".count)))
    }
    return library
  }
}

/// Escapes by Unicode scalar. The library's own escaping goes by character and so lets pass a quote or an angle bracket that a combining
/// mark follows; to a browser it is still a quote.
struct ScalarHTML: MustacheContentType {
  static let name = "SCALAR_HTML"

  func escapeText(_ text: String) -> String { Self.escaped(text) }

  static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
      case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
      case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
      case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
      case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
      default: escaped.append(isForbidden(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return String(escaped)
  }

  /// Control characters and noncharacters, which no HTML text may hold.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x20 { return value != 0x09 && value != 0x0A && value != 0x0D }
    return (0x7F...0x9F).contains(value) || (0xFDD0...0xFDEF).contains(value) || value & 0xFFFE == 0xFFFE
  }
}
