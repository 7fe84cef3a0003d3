import Foundation
import Glibc
import PrivateServers
import Testing

@Suite struct PrivateRedisTests {
  @Test func `it ends and leaves nothing behind`() async throws {
    let server = try await PrivateRedis()
    let pid = server.pid
    #expect(kill(pid, 0) == 0)
    await server.stop()
    #expect(kill(pid, 0) == -1)
    #expect(!FileManager.default.fileExists(atPath: server.directory.path))
  }

  @Test func `a bad argument is told with the server's own words`() async throws {
    await #expect { _ = try await PrivateRedis(arguments: ["--maxmemory", "lots"]) } throws: { "\($0)".contains("must be a memory value") }
  }

  @Test func `data survives a kill and a restart`() async throws {
    let server = try await PrivateRedis(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
    let first = server.pid
    await server.kill()
    try await server.restart()
    #expect(server.pid != first)
    #expect(FileManager.default.fileExists(atPath: server.directory.appending(path: "appendonlydir").path))
    await server.stop()
  }
}
