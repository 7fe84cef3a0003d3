import FoundationEssentials
import Logging
import Reactor
import ServiceRuntime
import Signing
import StatusModel

/// The admin of a cluster that has none: from the configuration, or with a password of our own in a file only its owner reads.
final class FirstAdmin: Sendable {
  private let node: Node
  private let store: UsersStore
  private let passwords: Passwords
  private let email: String
  /// Nil: one is made up.
  private let password: String?
  private let file: String

  /// Throws `InvalidSetting`.
  init(_ node: Node, _ store: UsersStore, _ passwords: Passwords) throws(InvalidSetting) {
    self.node = node
    self.store = store
    self.passwords = passwords
    email = node.configuration["POLYSTATUS_ADMIN_EMAIL"] ?? "admin@polystatus.local"
    password = node.configuration["POLYSTATUS_ADMIN_PASSWORD"]
    file = node.configuration.text("POLYSTATUS_HOME") + "/admin-password"
    if let problem = UsersRules.problem(withMail: email) { throw InvalidSetting("POLYSTATUS_ADMIN_EMAIL=\(email): it \(problem)") }
    if let problem = password.flatMap({ PasswordRules.problem(with: $0, mail: email) }) {
      throw InvalidSetting("POLYSTATUS_ADMIN_PASSWORD=(hidden): it \(problem)")
    }
  }

  /// Makes the admin if there is none; while Redis is away, later.
  func start() async {
    if await ensure() { return }
    Task { [weak self, node] in
      while true {
        try? await Task.sleep(for: .milliseconds(200))
        guard let self else { return }
        if (try? await node.onLoop { await self.ensure() }) == true { return }
      }
    }
  }

  /// Removes the file: its password is no longer anybody's.
  func forgetPassword() async {
    let file = file
    try? await node.workers.run { try FileManager.default.removeItem(atPath: file) }
  }

  /// False when it has to be tried again.
  private func ensure() async -> Bool {
    do {
      try await Caller.$current.withValue(UsersRules.ourselves) { try await make() }
      return true
    } catch {
      node.logger.warning("no first admin yet", metadata: ["error": "\((error as? Failure)?.detail ?? "\(error)")"])
      return false
    }
  }

  private func make() async throws {
    if try await store.hasAdmin() { return }
    let password = password ?? Self.makePassword()
    let admin = NewUser(
      id: UUIDText.random(), name: "Administrator", email: email, role: .admin, passwordHash: try await passwords.hash(password))
    if try await store.createFirstAdmin(admin) { await tell(password) }
  }

  /// Another replica may have won: only the one that made the admin comes here.
  private func tell(_ password: String) async {
    guard self.password == nil else {
      node.logger.notice("first admin made", metadata: ["email": "\(email)"])
      return
    }
    let file = file
    do {
      try await node.workers.run {
        guard FileManager.default.createFile(atPath: file, contents: nil, attributes: [.posixPermissions: 0o600]) else {
          throw CocoaError(.fileWriteUnknown)
        }
        try Data("\(password)\n".utf8).write(to: URL(filePath: file))
      }
      node.logger.notice("first admin made", metadata: ["email": "\(email)", "password_file": "\(file)"])
    } catch {
      node.logger.error("the first admin's password could not be written; users --admin-link makes a link", metadata: ["file": "\(file)"])
    }
  }

  /// 100 random bits in four groups of letters and digits that are not mistaken for each other.
  private static func makePassword() -> String {
    let signs = Array("abcdefghjkmnpqrstuvwxyz023456789")
    let text = SecureRandom.bytes(20).map { signs[Int($0 & 31)] }
    return stride(from: 0, to: 20, by: 5).map { String(text[$0..<$0 + 5]) }.joined(separator: "-")
  }
}
