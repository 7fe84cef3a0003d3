import Foundation
import PrivateServers
import OutboundClient
import Reactor
import Testing

/// `server.py` in a process of its own, which ends with this one.
final class TestServer: Sendable {
  let port: Int
  let directory: URL
  private let input = Pipe()
  private let process = Process()

  static func tcp(_ host: String = "127.0.0.1") throws -> TestServer { try TestServer { _ in ["tcp", host] } }
  static func unix() throws -> TestServer { try TestServer { ["unix", $0.appending(path: "s").path] } }

  /// For `localhost`; its certificate is its own authority, `authority`.
  static func tls() throws -> TestServer {
    try TestServer { directory in
      let (certificate, key) = (directory.appending(path: "certificate.pem").path, directory.appending(path: "key.pem").path)
      let make = Process()
      make.executableURL = URL(filePath: "/usr/bin/openssl")
      make.arguments =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
      make.standardError = FileHandle.nullDevice
      try make.start()
      make.waitUntilExit()
      try #require(make.terminationStatus == 0)
      return ["tls", "127.0.0.1", certificate, key]
    }
  }

  var url: String { "http://127.0.0.1:\(port)" }
  var path: String { directory.appending(path: "s").path }
  var authority: String { directory.appending(path: "certificate.pem").path }

  private init(_ arguments: (URL) throws -> [String]) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "outbound-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", URL(filePath: #filePath).deletingLastPathComponent().appending(path: "server.py").path]
    process.arguments! += try arguments(directory)
    process.standardInput = input
    process.standardOutput = output
    try process.start()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: directory)
  }
}

/// Runs `body` on the only loop of a fresh group, with a client that is closed afterwards.
func withClient<Value: Sendable>(
  _ configuration: OutboundConfiguration = OutboundConfiguration(),
  _ body: @escaping @Sendable (OutboundClient, EventLoop) async throws -> Value
) async throws -> Value {
  let group = LoopGroup(count: 1)
  group.start()
  defer { group.stop() }
  let client = OutboundClient(loops: group, configuration: configuration)
  let loop = group.loops[0]
  let result = await Task(executorPreference: loop) { try await body(client, loop) }.result
  await client.close()
  return try result.get()
}

extension OutboundClient {
  /// How `request` fails, nil when it does not.
  func failure(of request: OutboundRequest) async -> OutboundFailure? {
    do {
      _ = try await send(request)
      return nil
    } catch { return error }
  }
}

extension OutboundFailure {
  /// Without its text.
  var kind: String { "\(self)".prefix { $0 != ":" }.description }
}

extension OutboundResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}

/// What the server says it received.
struct Seen: Decodable {
  let method: String
  let target: String
  let fields: [[String]]
  let length: Int
  let sha256: String

  init(_ response: OutboundResponse) throws { self = try JSONDecoder().decode(Seen.self, from: Data(response.body)) }
  subscript(name: String) -> String? { fields.first { $0[0].lowercased() == name.lowercased() }?[1] }
}

struct Connections: Decodable, Equatable {
  let accepted: Int
  let open: Int
  init(_ response: OutboundResponse) throws { self = try JSONDecoder().decode(Connections.self, from: Data(response.body)) }
}
