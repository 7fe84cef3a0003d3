import Foundation

/// `embed-text OUTPUT.swift FILE…` writes `enum Embedded` with one string a file, `create.lua` as `createLua`, and `files`, all of them
/// by their names.
@main struct EmbedText {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let output = arguments.first else { throw CocoaError(.fileNoSuchFile) }
    var text = "enum Embedded {\n"
    var files = ""
    for path in arguments.dropFirst() {
      let name = memberName(of: (path as NSString).lastPathComponent)
      let content = try String(contentsOfFile: path, encoding: .utf8)
      files += "\n    \"\((path as NSString).lastPathComponent)\": \(name),"
      text += "  static let \(name): String = ####\"\"\"\n\(content)\n\"\"\"####\n"
    }
    text += "  static let files: [String: String] = [\(files.isEmpty ? ":" : files + "\n  ")]\n"
    text += "}\n"
    // Written only when it differs: a newer file has the service and all that stands on it compiled again.
    if (try? String(contentsOfFile: output, encoding: .utf8)) == text { return }
    try text.write(toFile: output, atomically: true, encoding: .utf8)
  }

  private static func memberName(of file: String) -> String {
    let words = file.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    return words[0].lowercased() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}
