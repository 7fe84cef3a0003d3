import Foundation
import PackagePlugin

/// Makes every text file of a target (Lua scripts, its swagger) a Swift string of its `enum Embedded`.
@main struct EmbedText: BuildToolPlugin {
  private static let endings: Set<String> = ["lua", "yaml", "json", "css", "js", "svg", "mustache", "tsv"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL
    let names = FileManager.default.enumerator(atPath: folder.path())?.compactMap { $0 as? String } ?? []
    let files = names.filter { Self.endings.contains(($0 as NSString).pathExtension) }.sorted()
      .map { folder.appending(path: $0) }
    let output = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) texts of \(target.name)", executable: try context.tool(named: "embed-text").url,
        arguments: [output.path()] + files.map { $0.path() }, inputFiles: files, outputFiles: [output])
    ]
  }
}
