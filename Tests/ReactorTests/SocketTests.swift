import Foundation
import Reactor
import Synchronization
import Testing

@Suite struct SocketTests {
  private func path() -> String { "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock" }

  @Test func anAddressIsReadAndWritten() throws {
    #expect(SocketAddress(address: "127.0.0.1", port: 80)?.description == "127.0.0.1:80")
    for text in ["0.0.0.0", "1.20.103.255", "255.255.255.255", "10.9.99.100"] {
      #expect(SocketAddress(address: text, port: 1)?.host == text)
    }
    #expect(SocketAddress(address: "::1", port: 8080)?.description == "[::1]:8080")
    #expect(SocketAddress(address: "2001:DB8:0:0::7", port: 1)?.host == "2001:db8::7")
    for text in ["", "localhost", "256.0.0.1", "1.2.3", ":::", "127.0.0.1:80"] { #expect(SocketAddress(address: text, port: 1) == nil) }
  }

  @Test func namesAreResolved() async throws {
    let pool = WorkerPool(threads: 1)
    defer { pool.stop() }
    let addresses = try await pool.run { try SocketAddress.resolve("localhost", port: 8081) }
    #expect(addresses.contains { $0.description == "127.0.0.1:8081" || $0.description == "[::1]:8081" })
    let failure = await #expect(throws: SocketFailure.self) { try await pool.run { try SocketAddress.resolve("no such host", port: 1) } }
    #expect(failure?.description.hasPrefix("resolve no such host: ") == true)
  }

  @Test func onlyADeadSocketsPathIsTakenOver() throws {
    let path = path()
    let first = try Socket.listen(at: .unix(path: path))
    let busy = #expect(throws: SocketFailure.self) { try Socket.listen(at: .unix(path: path)) }
    #expect(busy?.description == "listen at \(path): Address already in use")
    // A process that dies leaves its file.
    try FileManager.default.linkItem(atPath: path, toPath: path + ".dead")
    first.close()
    #expect(!FileManager.default.fileExists(atPath: path))
    let second = try Socket.listen(at: .unix(path: path + ".dead"))
    second.close()

    try Data("precious".utf8).write(to: URL(filePath: path))
    #expect(throws: SocketFailure.self) { try Socket.listen(at: .unix(path: path)) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func aPathTooLongIsRefusedAndNotCut() {
    let failure = #expect(throws: SocketFailure.self) { try Socket.listen(at: .unix(path: "/tmp/" + String(repeating: "a", count: 103))) }
    #expect(failure?.message == "File name too long")
  }

  @Test func anAddressIsSharedOnlyWhereBothSay() throws {
    let free = SocketAddress.internet(bytes: [127, 0, 0, 1], port: 0)
    let shared = try Socket.listen(at: free, isShared: true)
    let address = shared.localAddress
    #expect(throws: SocketFailure.self) { try Socket.listen(at: address) }
    #expect(throws: SocketFailure.self) { try Socket.checkFree(address) }
    let other = try Socket.listen(at: address, isShared: true)
    #expect(other.localAddress == address)
    shared.close()
    other.close()
    try Socket.checkFree(address)
  }

  @Test func aDescriptorUsedAnewGetsNoEventsOfItsPredecessor() async throws {
    let group = LoopGroup(count: 1)
    group.start()
    defer { group.stop() }
    let path = path()
    try await group.loops[0].perform {
      let listener = try Socket.listen(at: .unix(path: path))
      // Another test may take the number first: then once more.
      var reused = 0
      for _ in 0..<100 where reused < 5 { reused += try await reuse(listener, path, group.loops[0]) ? 1 : 0 }
      #expect(reused == 5)
    }
  }

  /// Two sockets become readable in one batch; whichever is told first closes the other and takes its number for a new one.
  /// False when the number went elsewhere.
  private func reuse(_ listener: Socket, _ path: String, _ loop: EventLoop) async throws -> Bool {
    func pair() throws -> (Socket, Socket) {
      let client = try Socket.connect(to: .unix(path: path))
      guard case .accepted(let accepted, _) = listener.accept() else { throw SleepTests.Unexpected() }
      return (client, accepted)
    }
    let (client1, a) = try pair()
    let (client2, b) = try pair()
    var told: Socket?
    var replacement: [Socket] = []
    func replace(_ other: Socket, by first: Socket) {
      guard told == nil else { return }
      told = first
      loop.unwatch(other.descriptor)
      other.close()
      guard let (client, accepted) = try? pair() else { return }
      replacement = [client, accepted].filter { $0.descriptor == other.descriptor } + [client, accepted]
      loop.watch(replacement[0].descriptor, .read) { _ in Issue.record("an event of another socket") }
    }
    loop.watch(a.descriptor, .read) { _ in replace(b, by: a) }
    loop.watch(b.descriptor, .read) { _ in replace(a, by: b) }
    #expect(client1.write([1]) == .bytes(1))
    #expect(client2.write([1]) == .bytes(1))
    try await loop.sleep(for: .milliseconds(5))
    if let told { loop.unwatch(told.descriptor) }
    if let watched = replacement.first { loop.unwatch(watched.descriptor) }
    return replacement.count == 3
  }

  /// In a process of its own: other tests open and close descriptors meanwhile.
  @Test func loopsPoolsAndSocketsGiveTheirDescriptorsBack() async {
    await #expect(processExitsWith: .success) {
      func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
      try await useEverythingOnce()
      let before = try open()
      for _ in 0..<100 { try await useEverythingOnce() }
      try #require(try open() < before + 50)
    }
  }
}

/// Loops, a pool and sockets, made, used and ended.
private func useEverythingOnce() async throws {
  let group = LoopGroup(count: 2)
  group.start()
  let pool = WorkerPool(threads: 1)
  try await group.loops[1].perform {
    let listener = try Socket.listen(at: .internet(bytes: [127, 0, 0, 1], port: 0))
    let client = try Socket.connect(to: listener.localAddress)
    group.loops[1].watch(listener.descriptor, .read) { _ in }
    group.loops[1].watch(client.descriptor, [.read, .write]) { _ in }
    try await pool.run {}
    group.loops[1].unwatch(listener.descriptor)
    group.loops[1].unwatch(client.descriptor)
  }
  pool.stop()
  group.stop()
}
