import Foundation
import PrivateServers
import HTTPServer
import Reactor
import Testing

/// `echo-server` in a process of its own, seen through /proc.
private final class EchoProcess {
  private let process = Process()
  let address: SocketAddress

  /// `descriptors` is the limit of open files (RLIMIT_NOFILE).
  init(descriptors: Int) async throws {
    let path = "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock"
    address = .unix(path: path)
    let products = try URL(filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).deletingLastPathComponent()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "ulimit -n $0 && exec \"$1\" \"$2\"", "\(descriptors)", products.appending(path: "echo-server").path, path]
    try process.start()
    for _ in 0..<1000 where !isListening { try await EventLoop.current.sleep(for: .milliseconds(10)) }
    try #require(isListening)
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    if case .unix(let path) = address { try? FileManager.default.removeItem(atPath: path) }
  }

  private var isListening: Bool { (try? Socket.connect(to: address)) != nil }

  var openDescriptors: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count) ?? -1 }

  /// Resident, in KiB.
  func memory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    return status.firstMatch(of: /VmRSS:\s*(\d+) kB/).flatMap { Int($0.1) } ?? 0
  }

  /// Fields 14 and 15 of proc(5)'s stat, in hundredths of a second.
  func processorTime() throws -> Int {
    let stat = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
  }
}

@Suite(.serialized) struct ProcessTests {
  private func onLoop(_ body: () async throws -> Void) async throws {
    let loops = LoopGroup(count: 1)
    loops.start()
    defer { loops.stop() }
    try await loops.loops[0].perform { try await body() }
  }

  private let request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"

  @Test func aProcessOutOfDescriptorsWaitsWithoutSpinningAndGoesOn() async throws {
    try await onLoop {
      let echo = try await EchoProcess(descriptors: 40)
      var wires: [Wire] = []
      for _ in 0..<60 {
        let wire = try Wire(to: echo.address)
        try await wire.send(request)
        wires.append(wire)
      }
      try await wires[0].wait("an answer") { !$0.received.isEmpty }
      while echo.openDescriptors < 40 { try await EventLoop.current.sleep(for: .milliseconds(10)) }
      let before = try echo.processorTime()
      try await EventLoop.current.sleep(for: .seconds(1))
      #expect(try echo.processorTime() - before < 20)
      let unanswered = wires.filter { $0.received.isEmpty }
      #expect(unanswered.count >= 20)
      for wire in wires where !wire.received.isEmpty { wire.close() }
      for wire in unanswered { #expect(try await wire.answer().body == "hi") }
    }
  }

  @Test func everyDescriptorIsGivenBackHoweverAConnectionEnds() async throws {
    try await onLoop {
      let echo = try await EchoProcess(descriptors: 1024)
      let first = try Wire(to: echo.address)
      try await first.send(request)
      #expect(try await first.answer().body == "hi")
      let before = echo.openDescriptors
      let endings: [(Wire) async throws -> Void] = [
        { _ = try await $0.answer() },
        { _ in },
        { $0.finishSending() },
        { try await $0.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") },
        { try await $0.send("nonsense\r\n\r\n") },
        { try await $0.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc") },
      ]
      for _ in 0..<20 {
        for ending in endings {
          let wire = try Wire(to: echo.address)
          try await wire.send(request)
          try await ending(wire)
          wire.close()
        }
      }
      for _ in 0..<500 where echo.openDescriptors > before { try await EventLoop.current.sleep(for: .milliseconds(10)) }
      #expect(echo.openDescriptors == before)
    }
  }

  /// Its reads never end where a request does, so there is always something left to keep; 64 MiB pass.
  @Test func aClientAlwaysHalfARequestAheadCostsNoMemory() async throws {
    try await onLoop {
      let echo = try await EchoProcess(descriptors: 100)
      let wire = try Wire(to: echo.address)
      let first = "POST /echo HTTP/1.1\r\nHost: a\r\nX: ", second = String(repeating: "x", count: 8192) + "\r\nContent-Length: 0\r\n\r\n"
      try await wire.send(first)
      var before = 0
      for round in 0..<8192 {
        if round == 256 { before = try echo.memory() }
        try await wire.send(second + first)
        #expect(try await wire.answer().status == 200)
      }
      #expect(try echo.memory() < before + 4096)
    }
  }
}
