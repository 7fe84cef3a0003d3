import Reactor
import Testing

@testable import HTTPServer

@Suite struct OutputBufferTests {
  /// The client always takes something and never all: what it has taken must not be kept.
  @Test func aClientThatAlwaysLagsCostsNoMoreThanItsLag() throws {
    let path = "/tmp/polystatus-test-\(UInt64.random(in: 0...UInt64.max)).sock"
    let listener = try Socket.listen(at: .unix(path: path))
    let client = try Socket.connect(to: .unix(path: path))
    guard case .accepted(let socket, _) = listener.accept() else {
      Issue.record("nothing accepted")
      return
    }
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
}
