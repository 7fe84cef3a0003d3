import Foundation
import PrivateServers
import Gzip
import Testing

@Suite struct GzipTests {
  private static let texts: [[UInt8]] = [
    [], [0], Array("hello".utf8), [UInt8](repeating: 0x61, count: 1_000_000),
    (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) },
  ]

  @Test(arguments: texts, [0, 1, 6, 9, 99])
  func aTextComesBackAsItWas(text: [UInt8], level: Int) {
    let compressed = Gzip.compressed(text, level: level)
    #expect(compressed.prefix(2) == [0x1F, 0x8B])
    #expect(Gzip.decompressed(compressed, limit: text.count) == text)
  }

  @Test func gzipReadsWhatWeWrite() throws {
    let text = Array(String(repeating: "incident resolved\n", count: 1000).utf8)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/gzip")
    process.arguments = ["-dc"]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.start()
    input.fileHandleForWriting.write(Data(Gzip.compressed(text)))
    try input.fileHandleForWriting.close()
    #expect(Array(output.fileHandleForReading.readDataToEndOfFile()) == text)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func whatIsNoGzipTextIsNone() {
    let good = Gzip.compressed(Array("hello hello hello".utf8))
    #expect(Gzip.decompressed([], limit: 100) == nil)
    #expect(Gzip.decompressed(Array("hello".utf8), limit: 100) == nil)
    #expect(Gzip.decompressed(Array(good.dropLast()), limit: 100) == nil)
    #expect(Gzip.decompressed(good + [0], limit: 100) == nil)
    for index in 10..<good.count {
      var bad = good
      bad[index] ^= 0x55
      #expect(Gzip.decompressed(bad, limit: 100) == nil)
    }
  }

  @Test func aBombStopsAtTheLimit() {
    let bomb = Gzip.compressed([UInt8](repeating: 0, count: 10_000_000), level: 9)
    #expect(bomb.count < 20_000)
    #expect(Gzip.decompressed(bomb, limit: 1_000_000) == nil)
  }
}
