import Foundation

/// A Swift file of the product, seen as text.
struct SourceFile {
  /// From the root of the repository.
  let path: String
  let lines: [String]
  /// The lines without comments and without the text of string literals.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    code = lines.map { line in
      let withoutText = line.replacing(/"(\\.|[^"\\])*"/, with: "\"\"")
      return String(withoutText.prefix(upTo: withoutText.firstRange(of: "//")?.lowerBound ?? withoutText.endIndex))
    }
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let all: [SourceFile] = ["Sources", "Plugins"].flatMap { folder in
    let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".swift") }.compactMap { name -> SourceFile? in
      guard let text = try? String(contentsOf: root.appending(path: "\(folder)/\(name)"), encoding: .utf8) else { return nil }
      return SourceFile(path: "\(folder)/\(name)", text: text)
    }
  }

  /// The module this file belongs to when it stands in that folder of Sources.
  func module(in folder: String) -> String? {
    let parts = path.split(separator: "/")
    return parts.count > 3 && parts[0] == "Sources" && parts[1] == folder ? String(parts[2]) : nil
  }

  private static let folders = ["C", "Libraries", "Cluster", "Services", "Executables"]

  /// 0 for C libraries, 4 for executables.
  var tier: Int? { path.split(separator: "/").dropFirst().first.flatMap { Self.folders.firstIndex(of: String($0)) } }

  /// Every module of ours and its tier.
  static let tiers: [String: Int] = {
    var tiers: [String: Int] = [:]
    for file in all {
      let parts = file.path.split(separator: "/")
      if let tier = file.tier, parts.count > 3 { tiers[String(parts[2])] = tier }
    }
    return tiers
  }()

  var imports: [String] {
    code.compactMap { $0.firstMatch(of: /^(?:public |internal |private |@testable )*import (\w+)/).map { String($0.1) } }
  }

  /// Functions, initialisers and the like: the line of the opening and how many lines to the closing brace of the same indentation.
  var functions: [(line: Int, length: Int)] {
    code.enumerated().compactMap { index, line in
      guard line.contains(/\b(func|init|deinit|subscript)\b.*\{\s*$/) else { return nil }
      let indentation = line.prefix { $0 == " " }
      guard let end = code[(index + 1)...].firstIndex(where: { $0.hasPrefix("\(indentation)}") }) else { return nil }
      return (index + 1, end - index + 1)
    }
  }
}
