import FoundationEssentials
import OutboundClient
import Reactor

/// Where mails go: to a server, or without one into a folder.
enum MailDelivery: Sendable {
  case server(MailClient)
  case folder(MailFolder)

  /// Hands one mail over. `id` names its file.
  func deliver(_ message: MailMessage, id: String) async -> MailOutcome {
    switch self {
    case .server(let client):
      do {
        try await client.send(OutboundMail(from: message.from.address, to: message.to.address, message.bytes))
        return .sent
      } catch {
        switch error {
        case .invalid(let detail): return .failed(detail)
        case .refused(let reply): return .failed(reply)
        case .postponed(let reply): return .postponed(reply)
        case .unreachable(let detail): return .unreachable(detail)
        case .interrupted: return .unreachable("The service was stopped.")
        }
      }
    case .folder(let folder): return await folder.keep(message.bytes, id: id)
    }
  }

  var hasServer: Bool {
    if case .server = self { true } else { false }
  }

  func close() async {
    if case .server(let client) = self { await client.close() }
  }
}

/// The kept mails as files, for their owner alone: `mail/<id>.eml` in POLYSTATUS_HOME.
struct MailFolder: Sendable {
  let path: String
  let workers: WorkerPool

  init(home: String, workers: WorkerPool) {
    path = "\(home)/mail"
    self.workers = workers
  }

  func keep(_ bytes: [UInt8], id: String) async -> MailOutcome {
    do {
      try await workers.run { [path] in
        let files = FileManager.default
        try files.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = "\(path)/\(id).eml"
        guard files.createFile(atPath: "\(file).new", contents: Data(bytes), attributes: [.posixPermissions: 0o600]) else {
          throw CocoaError(.fileWriteUnknown)
        }
        if files.fileExists(atPath: file) { try files.removeItem(atPath: file) }
        try files.moveItem(atPath: "\(file).new", toPath: file)
      }
      return .kept
    } catch {
      return .postponed("The mail could not be written to the folder mail of POLYSTATUS_HOME.")
    }
  }

  /// Removes the files of mails that go out after all.
  func remove(_ ids: [String]) async {
    try? await workers.run { [path] in
      for id in ids { try? FileManager.default.removeItem(atPath: "\(path)/\(id).eml") }
    }
  }

  /// Removes files older than `seconds`.
  func sweep(olderThan seconds: Int) async {
    try? await workers.run { [path] in
      let files = FileManager.default
      for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".eml") {
        let written = try files.attributesOfItem(atPath: "\(path)/\(name)")[.modificationDate] as? Date
        if let written, written.timeIntervalSinceNow < -Double(seconds) { try files.removeItem(atPath: "\(path)/\(name)") }
      }
    }
  }
}
