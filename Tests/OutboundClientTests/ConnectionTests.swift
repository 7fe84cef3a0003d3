import Foundation
import HTTPTypes
import OutboundClient
import Reactor
import Testing

@Suite struct ConnectionTests {
  @Test func `one connection serves one request after another`() async throws {
    let server = try TestServer.tcp()
    let connections = try await withClient { (client, _) async throws in
      for _ in 0..<50 { _ = try await client.send(OutboundRequest(.post, server.url, body: [1, 2, 3])) }
      return try Connections(await client.send(OutboundRequest(server.url + "/connections")))
    }
    #expect(connections.accepted == 1 && connections.open == 1)
  }

  @Test func `two hundred at once on one loop, over no more connections than allowed`() async throws {
    let server = try TestServer.tcp()
    var configuration = OutboundConfiguration()
    configuration.connectionsPerHost = 20
    try await withClient(configuration) { (client, _) async throws in
      let lengths = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 1...200 {
          group.addTask { try await client.send(OutboundRequest(server.url + "/bytes?n=\(number)")).body.count }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(lengths.sorted() == Array(1...200))
      let connections = try Connections(await client.send(OutboundRequest(server.url + "/connections")))
      #expect((2...20).contains(connections.accepted))
    }
  }

  @Test func `two hundred wait together, not one after another`() async throws {
    let server = try TestServer.tcp()
    var configuration = OutboundConfiguration()
    configuration.connections = 256
    configuration.connectionsPerHost = 256
    let time = try await withClient(configuration) { (client, _) async throws in
      try await ContinuousClock().measure {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<200 {
            group.addTask {
              let text = try await client.send(OutboundRequest(server.url + "/delay?n=300")).text
              #expect(text == "late")
            }
          }
          try await group.waitForAll()
        }
      }
    }
    #expect(time >= .milliseconds(300) && time < .seconds(4))
  }

  @Test func `closing leaves no connection and no descriptor`() async throws {
    let server = try TestServer.tcp()
    let group = LoopGroup(count: 2)
    group.start()
    defer { group.stop() }
    let client = OutboundClient(loops: group)
    try await group.onEach { _ async throws in
      for _ in 0..<5 {
        async let first = client.send(OutboundRequest("http://localhost:\(server.port)/delay?n=20"))
        async let second = client.send(OutboundRequest(server.url))
        _ = try await (first, second)
      }
    }
    #expect(try connections(to: server.port) >= 2)
    await client.close()
    #expect(try connections(to: server.port) == 0)
    try await group.onEach { _ async throws in
      #expect(await client.failure(of: OutboundRequest(server.url)) == .closed)
    }
  }

  @Test func `closing ends what is under way`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, loop) async throws in
      let hanging = Task(executorPreference: loop) {
        await client.failure(of: OutboundRequest(server.url + "/hang"))
      }
      while try connections(to: server.port) == 0 { try await loop.sleep(for: .milliseconds(1)) }
      await client.close()
      #expect(await hanging.value == .closed)
    }
  }

  @Test func `a cancelled task ends its transfer at once`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, loop) async throws in
      let task = Task(executorPreference: loop) {
        await client.failure(of: OutboundRequest(server.url + "/hang"))
      }
      while try connections(to: server.port) == 0 { try await loop.sleep(for: .milliseconds(1)) }
      let time = await ContinuousClock().measure {
        task.cancel()
        #expect(await task.value == .cancelled)
      }
      #expect(time < .seconds(1))
      #expect(try connections(to: server.port) == 0)
      #expect(try await client.send(OutboundRequest(server.url)).status == .ok)
    }
  }

  @Test func `cancelling from anywhere, at any moment, answers each once`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, loop) async throws in
      for round in 0..<200 {
        let task = Task(executorPreference: loop) {
          await client.failure(of: OutboundRequest(server.url + "/bytes?n=10"))
        }
        Task.detached {
          if round % 3 == 0 { await Task.yield() }
          task.cancel()
        }
        let found = await task.value
        #expect(found == nil || found == .cancelled)
      }
    }
  }

  /// Sockets of this process connected to `port` (proc(5): remote address, state, inode).
  private func connections(to port: Int) throws -> Int {
    let remote = ":" + String(UInt16(port), radix: 16, uppercase: true).leftPadded(to: 4)
    let table = try #require(try FileHandle(forReadingFrom: URL(filePath: "/proc/self/net/tcp")).readToEnd())
    return String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst().count { line in
      let fields = line.split(separator: " ")
      return fields[2].hasSuffix(remote) && fields[9] != "0"
    }
  }
}

extension String {
  fileprivate func leftPadded(to length: Int) -> String { String(repeating: "0", count: max(0, length - count)) + self }
}
