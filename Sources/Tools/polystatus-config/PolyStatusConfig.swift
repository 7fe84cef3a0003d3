import Foundation
import Reactor

/// `polystatus-config apply FILE [--dry-run] [--prune]` and `polystatus-config export`: a cluster's configuration as one YAML file.
/// The services are where `USERS_URL` and the like say; `POLYSTATUS_KEY` is an admin's token or the key of an application of admins.
@main struct PolyStatusConfig {
  static func main() async {
    let loops = LoopGroup(count: 1)
    loops.start()
    let arguments = Array(CommandLine.arguments.dropFirst())
    let isDone = await loops.loops[0].perform { @Sendable in await answer(arguments, loops) }
    exit(isDone ? 0 : 1)
  }

  /// False when something was wrong, and said.
  private static func answer(_ arguments: [String], _ loops: LoopGroup) async -> Bool {
    do {
      let options = Set(arguments.filter { $0.hasPrefix("--") })
      let words = arguments.filter { !$0.hasPrefix("--") }
      let cluster = Cluster(ProcessInfo.processInfo.environment, loops)
      switch (words.first, words.count) {
      case ("export", 1) where options.isEmpty:
        print(try ConfigurationFile(await cluster.everything()).text(), terminator: "")
        return true
      case ("apply", 2) where options.isSubset(of: ["--dry-run", "--prune"]):
        let file = try ConfigurationFile(reading: try text(of: words[1]))
        return try await Reconciler(cluster, prunes: options.contains("--prune")).apply(file, isTrial: options.contains("--dry-run"))
      default: throw Problem("usage: apply FILE [--dry-run] [--prune], or export")
      }
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      return false
    }
  }

  /// Of a file; `-` is standard input.
  private static func text(of path: String) throws(Problem) -> String {
    let bytes = path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
    guard let bytes else { throw Problem("There is no file \(path) that can be read.") }
    guard let text = String(bytes: bytes, encoding: .utf8) else { throw Problem("\(path) is no text in UTF-8.") }
    return text
  }
}

/// What stops the work, said to whoever asked for it.
struct Problem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
