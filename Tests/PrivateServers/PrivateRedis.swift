public import Foundation
import Glibc
import Reactor
import Synchronization

/// A real `redis-server` of one test's own: on a Unix socket in a fresh temporary directory, saving nothing unless asked to.
/// It ends with `stop`, with the last reference, and with the test process, however that dies.
public final class PrivateRedis: Sendable {
  /// Holds the socket, the log (`redis.log`) and the data; removed at the end.
  public let directory: URL
  /// `redis+unix://…`, with the password when one was given.
  public let url: String
  /// `redis://127.0.0.1:<port>`, nil unless asked for.
  public let tcpURL: String?
  /// 0 unless TCP was asked for.
  public let port: UInt16

  private let password: String?
  private let arguments: [String]
  private let guardian: Guardian
  private let process: Mutex<Process?>

  /// Returns when it answers. `tcp` adds a free port on loopback; `arguments` are those of `redis-server`,
  /// such as `--appendonly yes --appendfsync always`, and `file` the lines of a configuration file. Throws `ServerFailure`.
  public init(tcp: Bool = false, password: String? = nil, file: [String] = [], arguments: [String] = []) async throws {
    let name = "polystatus-redis-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    directory = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    port = tcp ? Self.freePort() : 0
    self.password = password
    let path = directory.appending(path: "redis.conf").path
    if !file.isEmpty { try Data(file.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: path)) }
    let login = password.map { ":\($0)@" } ?? ""
    url = "redis+unix://\(login)\(directory.path)/redis.sock"
    tcpURL = tcp ? "redis://\(login)127.0.0.1:\(port)" : nil
    self.arguments =
      (file.isEmpty ? [] : [path]) + [
        "--port", String(port), "--bind", "127.0.0.1", "--unixsocket", "\(directory.path)/redis.sock", "--dir", directory.path,
        "--logfile", "\(directory.path)/redis.log", "--save", "", "--enable-debug-command", "yes",
      ] + (password.map { ["--requirepass", $0] } ?? []) + arguments
    guardian = try Guardian(of: directory)
    process = Mutex(nil)
    try await launch()
  }

  deinit { guardian.end() }

  /// Traps when it is not running.
  public var pid: Int32 {
    guard let process = process.withLock({ $0 }) else { preconditionFailure("this redis-server is not running") }
    return process.processIdentifier
  }

  /// Sends `signal`; returns when a deadly one (`SIGKILL`, `SIGTERM`) has ended the server.
  public func kill(_ signal: Int32 = SIGKILL) async {
    guard let running = process.withLock({ $0 }) else { return }
    _ = Glibc.kill(running.processIdentifier, signal)
    guard signal == SIGKILL || signal == SIGTERM else { return }
    while running.isRunning { await pause() }
    guardian.watch(nil)
    process.withLock { $0 = nil }
  }

  /// Starts it again on the same data, after ending it in good order if it runs. Returns when it answers. Throws `ServerFailure`.
  public func restart(adding more: [String] = []) async throws {
    await kill(SIGCONT)
    await kill(SIGTERM)
    try await launch(adding: more)
  }

  /// What `redis-cli` prints for a command, without the last line break; an error reply is printed too.
  public func ask(_ words: String...) async throws -> String { try await ask(words) }

  public func ask(_ words: [String]) async throws -> String {
    let client = Process()
    client.executableURL = URL(filePath: "/usr/bin/env")
    client.arguments = ["--default-signal", "redis-cli", "-s", "\(directory.path)/redis.sock"] + words
    if let password { client.environment = ProcessInfo.processInfo.environment.merging(["REDISCLI_AUTH": password]) { $1 } }
    let answer = directory.appending(path: "answer-\(UInt64.random(in: 0 ... .max))")
    _ = FileManager.default.createFile(atPath: answer.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: answer) }
    client.standardInput = FileHandle.nullDevice
    client.standardOutput = try FileHandle(forWritingTo: answer)
    client.standardError = FileHandle.nullDevice
    try client.start()
    while client.isRunning { await pause() }
    let text = try String(contentsOf: answer, encoding: .utf8)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// Ends the server and removes its directory. For good.
  public func stop() async {
    await kill(SIGKILL)
    guardian.end()
    while guardian.isRunning { await pause() }
  }

  private func launch(adding more: [String] = []) async throws {
    let server = Process()
    server.executableURL = URL(filePath: "/usr/bin/env")
    // A thread of the pool has signals blocked, and a process inherits that.
    server.arguments = ["--default-signal", "redis-server"] + arguments + more
    server.standardInput = FileHandle.nullDevice
    let words = directory.appending(path: "redis.out")
    _ = FileManager.default.createFile(atPath: words.path, contents: nil)
    server.standardOutput = try FileHandle(forWritingTo: words)
    server.standardError = server.standardOutput
    try server.start()
    guardian.watch(server.processIdentifier)
    process.withLock { $0 = server }
    while await !isAnswering(server) {
      guard server.isRunning else {
        guardian.watch(nil)
        let log = ["redis.out", "redis.log"].compactMap { try? String(contentsOf: directory.appending(path: $0), encoding: .utf8) }
        throw ServerFailure(description: "redis-server ended at once; its log:\n\(log.joined())")
      }
      await pause()
    }
  }

  /// Whether PING is answered by a server that has loaded its data.
  private func isAnswering(_ server: Process) async -> Bool {
    guard let socket = try? Socket.connect(to: .unix(path: "\(directory.path)/redis.sock")) else { return false }
    defer { socket.close() }
    let ping = Array("PING\r\n".utf8)
    guard socket.write(ping) == .bytes(ping.count) else { return false }
    var answer = [UInt8](repeating: 0, count: 64)
    while server.isRunning {
      switch socket.read(into: &answer) {
      case .bytes(let count):
        let text = String(decoding: answer.prefix(count), as: UTF8.self)
        return text.hasPrefix("+PONG") || text.hasPrefix("-NOAUTH")
      case .wouldBlock: await pause()
      case .end, .failed: return false
      }
    }
    return false
  }

  private func pause() async { try? await Task.sleep(for: .milliseconds(1)) }

  /// Below the ports that the kernel gives to connections: a client that tries to reconnect may be given the very port it calls.
  public static func freePort() -> UInt16 {
    while true {
      let port = UInt16.random(in: 10_000..<32_000)
      guard givenPorts.withLock({ $0.insert(port).inserted }) else { continue }
      if let probe = try? Socket.listen(at: .internet(bytes: [127, 0, 0, 1], port: port)) {
        probe.close()
        return port
      }
    }
  }

  /// No port is given to two tests of a run: who asked first may not listen yet.
  private static let givenPorts = Mutex<Set<UInt16>>([])
}

/// Why a private server did not come up, with its log.
public struct ServerFailure: Error, CustomStringConvertible {
  public let description: String
}
