import Gzip
import HTTPServer
import HTTPTypes
import Reactor
import Testing

@Suite struct CompressionTests {
  private static let text = Array(String(repeating: "All systems operational. ", count: 200).utf8)

  @Test(arguments: [
    ("gzip", true), ("deflate, gzip, br", true), ("GZIP", true), ("gzip;q=0.5", true), ("*", true), ("x-gzip", true),
    ("br;q=1, gzip ; q=0.001", true),
    ("", false), ("identity", false), ("gzip;q=0", false), ("gzip;q=0.000", false), ("gzip; Q=0, *", false), ("*;q=0", false),
    ("br", false),
    ("gzip;q=x", false), ("notgzip", false),
  ])
  func onlyWhoTakesGzipGetsIt(accepted: String, isGzip: Bool) async throws {
    let prepared = Prepared(Self.text, contentType: "text/plain", tag: "v1")
    let fly = Response(contentType: "application/json", Self.text)
    let routes = [
      Route(.get, "/prepared") { prepared.response(to: $0) }, Route(.get, "/fly") { fly.compressed(for: $0) },
    ]
    try await RunningServer.run(routes) { server in
      for path in ["/prepared", "/fly"] {
        let answer = try await server.answer(to: get(path, "Accept-Encoding: \(accepted)\r\n"))
        #expect(answer["Content-Encoding"] == (isGzip ? "gzip" : nil))
        #expect(answer["Vary"] == "Accept-Encoding")
        let body = isGzip ? Gzip.decompressed(answer.bytes, limit: 100_000) : answer.bytes
        #expect(body == Self.text)
      }
    }
  }

  @Test func eachFormHasItsOwnTag() async throws {
    let prepared = Prepared(Self.text, contentType: "text/plain", tag: "v1", headerFields: [.cacheControl: "max-age=5"])
    try await RunningServer.run([Route(.get, "/") { prepared.response(to: $0) }]) { server in
      func answer(_ fields: String) async throws -> Answer { try await server.answer(to: get("/", fields)) }
      let plain = try await answer("")
      let gzip = try await answer("Accept-Encoding: gzip\r\n")
      #expect(plain["ETag"] == "\"v1\"" && gzip["ETag"] == "\"v1-gzip\"")
      #expect(plain["Cache-Control"] == "max-age=5")
      let known = try await answer("Accept-Encoding: gzip\r\nIf-None-Match: \"v1-gzip\"\r\n")
      #expect(known.status == 304)
      #expect(known["Vary"] == "Accept-Encoding" && known["ETag"] == "\"v1-gzip\"")
      let other = try await answer("If-None-Match: \"v1-gzip\"\r\n")
      #expect(other.status == 200)
    }
  }

  @Test func whatWouldNotGainStaysPlain() async throws {
    let png = Response(contentType: "image/png", Self.text)
    let short = Response(contentType: "text/plain", Array("short".utf8))
    let tagged = Response(headerFields: [.contentType: "text/html", .eTag: "\"a\"", .vary: "Cookie"], body: .bytes(Self.text))
    let random = Prepared((0..<2000).map { _ in UInt8.random(in: 0...255) }, contentType: "text/plain", tag: "r")
    let routes = [
      Route(.get, "/png") { png.compressed(for: $0) }, Route(.get, "/short") { short.compressed(for: $0) },
      Route(.get, "/tagged") { tagged.compressed(for: $0) }, Route(.get, "/random") { random.response(to: $0) },
    ]
    try await RunningServer.run(routes) { server in
      for path in ["/png", "/short", "/random"] {
        let answer = try await server.answer(to: get(path, "Accept-Encoding: gzip\r\n"))
        #expect(answer["Content-Encoding"] == nil)
      }
      let answer = try await server.answer(to: get("/tagged", "Accept-Encoding: gzip\r\n"))
      #expect(answer["ETag"] == "W/\"a\"")
      #expect(answer["Vary"] == "Cookie, Accept-Encoding")
    }
  }
}
