import FoundationEssentials
import Logging
import Reactor
import ServiceClients
import ServiceRuntime
import StatusModel

/// A copy of the public pages as files, fit for any web space: written anew with every snapshot (`EXPORT_DIR`).
/// Pages are `index.html` in folders, other languages below a folder of their own.
struct StaticExport: Sendable {
  let folder: String
  /// The address of the service, without a final slash: for what a copy cannot do.
  let site: String
  private let zone: PageZone

  init?(_ configuration: Configuration) {
    guard let folder = configuration["EXPORT_DIR"] else { return nil }
    self.folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let site = configuration.text("PUBLIC_URL")
    self.site = site.hasSuffix("/") ? String(site.dropLast()) : site
    zone = PageZone(configuration.text("PAGE_TIME_ZONE"))
  }

  /// What cannot be written is logged; the pages themselves are served all the same.
  func write(_ snapshot: PublicPages.Snapshot, _ renderer: Renderer, _ node: Node) async {
    do {
      try await node.workers.run {
        for (name, bytes) in files(snapshot, renderer) { try write(bytes, to: name) }
      }
    } catch {
      node.logger.error("static copy not written", metadata: ["folder": "\(folder)", "error": "\(error)"])
    }
  }

  /// By path below the folder.
  func files(_ snapshot: PublicPages.Snapshot, _ renderer: Renderer) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for language in Language.allCases {
      let setting = PageContext(
        links: Links(language: language, form: .exported(site: site)), site: snapshot.data.siteName ?? "PolyStatus",
        staleSince: snapshot.staleSince, zone: zone)
      func add(_ path: String, _ html: String?) {
        if let html { files[Links.folder(path, language) + "index.html"] = Array(html.utf8) }
      }
      add("/", renderer.html(StatusPage(snapshot, setting)))
      add("/history", renderer.html(HistoryPage(snapshot, setting)))
      for incident in snapshot.data.incidents {
        add("/incidents/\(Links.segment(incident.id))", IncidentPage(incident.id, snapshot, setting).map(renderer.html))
      }
      for component in snapshot.data.components {
        add("/components/\(Links.segment(component.key))", ComponentPage(component.key, snapshot, setting).map(renderer.html))
      }
    }
    for (path, document) in snapshot.data.documents { files[path] = document.bytes }
    for (name, bytes) in Assets.shared.bytes { files[Links.asset(name)] = bytes }
    files[Links.badge] = Array(Badge(snapshot, .en).svg.utf8)
    files["/as-of.txt"] = Array("\(ISO8601.text(milliseconds: Int64(snapshot.staleSince ?? snapshot.confirmedAt) * 1000))\n".utf8)
    return files
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    let path = folder + name
    let data = Data(bytes)
    if let known = FileManager.default.contents(atPath: path), known == data { return }
    let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
    try data.write(to: URL(filePath: path), options: .atomic)
  }
}
