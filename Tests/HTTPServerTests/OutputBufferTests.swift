import Reactor
import Testing

@testable import HTTPServer

@Suite struct OutputBufferTests {
  /// Two ends of one connection, the server's last.
  private func connectedPair() throws -> (client: Socket, server: Socket) {
    let path = "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock"
    let listener = try Socket.listen(at: .unix(path: path))
    let client = try Socket.connect(to: .unix(path: path))
    guard case .accepted(let server, _) = listener.accept() else { throw NothingAccepted() }
    return (client, server)
  }
  private struct NothingAccepted: Error {}

  /// The client always takes something and never all: what it has taken must not be kept.
  @Test func aClientThatAlwaysLagsCostsNoMoreThanItsLag() throws {
    let (client, socket) = try connectedPair()
    var output = OutputBuffer()
    var scratch = [UInt8](repeating: 0, count: 64 * 1024)
    var largest = 0
    let piece = [UInt8](repeating: 0x61, count: 64 * 1024)
    for _ in 0..<16 { output.append { $0.append(contentsOf: piece) } }
    for _ in 0..<1000 {
      output.append { $0.append(contentsOf: piece) }
      guard case .waiting = output.send(to: socket) else {
        Issue.record("the kernel took all")
        return
      }
      largest = max(largest, output.bytes.count)
      #expect(client.read(into: &scratch) == .bytes(scratch.count))
    }
    #expect(largest < 4 << 20)
    #expect(output.unsent <= output.bytes.count)
  }

  /// Bodies below and above the size from which they are not copied, one after the other, to a client that reads in small pieces.
  @Test func everyByteArrivesInItsOrder() throws {
    let (client, socket) = try connectedPair()
    var output = OutputBuffer()
    var expected: [UInt8] = []
    var received: [UInt8] = []
    var scratch = [UInt8](repeating: 0, count: 7001)
    var inFlight = 0
    func send() -> OutputBuffer.Progress {
      let before = output.unsent
      defer { inFlight += before - output.unsent }
      return output.send(to: socket)
    }
    for (number, size) in [10, 4095, 4096, 300_000, 5, 900_000, 4097].enumerated() {
      let head = Array("head \(number)".utf8)
      let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
      output.append { $0.append(contentsOf: head) }
      output.append(body: body)
      expected += head + body
      #expect(output.unsent == expected.count - received.count - inFlight)
      // Sends now and then only, so that answers pile up behind a body that is half sent.
      if number % 2 == 1 { _ = send() }
    }
    while received.count < expected.count {
      _ = send()
      guard case .bytes(let count) = client.read(into: &scratch), count > 0 else { break }
      received += scratch[..<count]
      inFlight -= count
    }
    #expect(received == expected && output.isEmpty && output.unsent == 0)
  }
}
