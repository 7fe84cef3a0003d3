import Foundation
import HTTPTypes
import OutboundClient
import Reactor
import Testing

@Suite struct ClientTests {
  @Test func `a request arrives as it was meant`() async throws {
    let server = try TestServer.tcp()
    let body = Array("{\"a\":1}".utf8)
    try await withClient { (client, _) async throws in
      for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete, .options] {
        let fields: HTTPFields = [.contentType: "application/json", .init("X-CID")!: "abc-12345", .init("X-Empty")!: ""]
        let seen = try Seen(await client.send(OutboundRequest(method, server.url + "/a/../b?q=%20&r", headerFields: fields, body: body)))
        #expect(seen.method == method.rawValue && seen.target == "/a/../b?q=%20&r")
        #expect(seen.length == body.count)
        #expect(seen["Content-Type"] == "application/json" && seen["X-CID"] == "abc-12345" && seen["X-Empty"] == "")
        #expect(seen["Expect"] == nil && seen["Cookie"] == nil && seen["Accept-Encoding"] == nil)
      }
    }
  }

  @Test func `without a body nothing is said about one`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, _) async throws in
      for method in [HTTPRequest.Method.get, .delete, .options] {
        let seen = try Seen(await client.send(OutboundRequest(method, server.url)))
        #expect(seen.method == method.rawValue && seen["Content-Length"] == nil && seen["Content-Type"] == nil)
      }
      let posted = try Seen(await client.send(OutboundRequest(.post, server.url)))
      #expect(posted["Content-Length"] == "0" && posted["Content-Type"] == nil)
      let head = try await client.send(OutboundRequest(.head, server.url + "/bytes?n=1000"))
      #expect(head.status == .ok && head.body.isEmpty && head.headerFields[.contentLength] == "1000")
    }
  }

  @Test func `an answer comes back whole`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, _) async throws in
      let many = try await client.send(OutboundRequest(server.url + "/head"))
      #expect(many.headerFields[values: .init("X-Many")!] == ["1", String(repeating: "h", count: 200)])
      let chunks = try await client.send(OutboundRequest(server.url + "/chunks?n=100"))
      #expect(chunks.body == [UInt8](repeating: UInt8(ascii: "y"), count: 102_400))
      #expect(chunks.headerFields[.init("X-Trailer")!] == nil)
      let interim = try await client.send(OutboundRequest(server.url + "/interim"))
      #expect(interim.status == .ok && interim.text == "final")
      #expect(interim.headerFields[.init("X-Final")!] == "yes" && interim.headerFields[.init("Link")!] == nil)
    }
  }

  @Test func `a body of a mebibyte goes up at once`() async throws {
    let server = try TestServer.tcp()
    let body = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let seen = try await withClient { client, _ in try Seen(await client.send(OutboundRequest(.post, server.url, body: body))) }
    #expect(seen.length == 1 << 20 && seen["Expect"] == nil)
    let here = try await withClient { client, _ in try Seen(await client.send(OutboundRequest(.put, server.url, body: body))) }
    #expect(here.sha256 == seen.sha256)
  }

  @Test func `gzip is asked for and unpacked only on demand`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, _) async throws in
      var request = OutboundRequest(server.url + "/gzip?n=100000")
      #expect(try await client.send(request).body.count < 1000)
      request.acceptsGzip = true
      #expect(try await client.send(request).body == [UInt8](repeating: UInt8(ascii: "z"), count: 100_000))
      request.responseLimit = 99_999
      #expect(await client.failure(of: request) == .tooLarge)
    }
  }

  @Test func `over a Unix socket`() async throws {
    let server = try TestServer.unix()
    try await withClient { (client, _) async throws in
      var request = OutboundRequest("http://inside/x")
      request.unixSocketPath = server.path
      let seen = try Seen(await client.send(request))
      #expect(seen.target == "/x" && seen["Host"] == "inside")
    }
  }

  @Test func `a certificate must be trusted and name the host`() async throws {
    let server = try TestServer.tls()
    @Sendable func request(_ host: String) -> OutboundRequest {
      var request = OutboundRequest("https://\(host):\(server.port)")
      (request.connectTimeout, request.timeout) = (.seconds(30), .seconds(30))
      return request
    }
    let distrusted = try await withClient { (client, _) async throws in await client.failure(of: request("localhost")) }
    #expect(distrusted?.kind == "No secure connection")
    var configuration = OutboundConfiguration()
    configuration.certificateAuthorities = server.authority
    try await withClient(configuration) { (client, _) async throws in
      #expect(try await client.send(request("localhost")).status == .ok)
      let numeric = await client.failure(of: request("127.0.0.1"))
      #expect(numeric?.kind == "No secure connection")
    }
  }

  @Test func `the end of a certificate is told on a connection of its own`() async throws {
    let server = try TestServer.tls()
    var configuration = OutboundConfiguration()
    configuration.certificateAuthorities = server.authority
    try await withClient(configuration) { (client, _) async throws in
      var request = OutboundRequest("https://localhost:\(server.port)")
      (request.connectTimeout, request.timeout) = (.seconds(30), .seconds(30))
      #expect(try await client.send(request).certificateExpiresAt == nil)
      request.usesOwnConnection = true
      for _ in 0..<2 {
        let expiry = try #require(try await client.send(request).certificateExpiresAt)
        let days = (Double(expiry) - Date().timeIntervalSince1970) / 86_400
        #expect((0.5...400).contains(days))
      }
    }
    let plain = try TestServer.tcp()
    var request = OutboundRequest(plain.url)
    request.usesOwnConnection = true
    let asked = request
    let expiry = try await withClient { client, _ in try await client.send(asked).certificateExpiresAt }
    #expect(expiry == nil)
  }
}

@Suite struct RedirectTests {
  @Test func `no redirect to http where only https will do`() async throws {
    let server = try TestServer.tcp()
    var request = OutboundRequest(server.url + "/redirect?n=1")
    request.maximumRedirects = 3
    request.redirectsToHTTPSOnly = true
    let asked = request
    let failure = try await withClient { client, _ in await client.failure(of: asked) }
    #expect(failure?.kind == "Bad URL")
  }

  @Test func `a redirect is handed back`() async throws {
    let server = try TestServer.tcp()
    let response = try await withClient { client, _ in try await client.send(OutboundRequest(server.url + "/redirect?n=1")) }
    #expect(response.status == .found && response.headerFields[.location] == "/redirect?n=0" && response.text == "moved")
  }

  @Test func `redirects are followed up to the limit`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, _) async throws in
      var request = OutboundRequest(server.url + "/redirect?n=3")
      request.maximumRedirects = 3
      let response = try await client.send(request)
      #expect(response.status == .ok && response.text == "arrived")
      #expect(response.headerFields[values: .init("X-Hop")!] == ["last"])
      request.maximumRedirects = 2
      #expect(await client.failure(of: request) == .tooManyRedirects)
      request.method = .post
      #expect(try await client.send(request).status == .found)
    }
  }

  @Test func `a redirect to what is no plain URL is not followed`() async throws {
    let server = try TestServer.tcp()
    try await withClient { (client, _) async throws in
      for target in ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://user:secret@127.0.0.1/"] {
        var request = OutboundRequest(server.url + "/to?url=" + target)
        request.maximumRedirects = 5
        let found = await client.failure(of: request)
        #expect(found?.kind == "Bad URL" && found?.description.contains("secret") == false, "\(target)")
      }
    }
  }
}

@Suite struct GuardedClientTests {
  @Test func `an inward address is refused however it is written`() async throws {
    let server = try TestServer.tcp()
    try await withClient(OutboundConfiguration(addresses: .publicAddresses())) { (client, _) async throws in
      for host in [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "169.254.169.254", "10.0.0.1", "[fe80::1]", "[64:ff9b::7f00:1]",
      ] {
        let found = await client.failure(of: OutboundRequest("http://\(host):\(server.port)/"))
        #expect(found?.kind == "Address not allowed", "\(host)")
      }
    }
    #expect(try await accepted(by: server) == 0)
  }

  @Test func `a redirect inward is refused at its hop`() async throws {
    let (outside, inside) = (try TestServer.tcp("127.0.0.1"), try TestServer.tcp("127.0.0.2"))
    var request = OutboundRequest(outside.url + "/to?url=http://127.0.0.2:\(inside.port)/secret")
    request.maximumRedirects = 5
    let sent = request
    #expect(try await withClient { client, _ in try Seen(await client.send(sent)) }.target == "/secret")
    let guarding = AddressGuard.publicAddresses(and: [try #require(AddressRange("127.0.0.1"))])
    let found = try await withClient(OutboundConfiguration(addresses: guarding)) { (client, _) async throws in
      await client.failure(of: sent)
    }
    #expect(found?.kind == "Address not allowed")
    #expect(try await accepted(by: inside, at: "127.0.0.2") == 1)
  }

  @Test func `a Unix socket is no way around`() async throws {
    let server = try TestServer.unix()
    let found = try await withClient(OutboundConfiguration(addresses: .publicAddresses())) { (client, _) async throws in
      var request = OutboundRequest("http://inside/")
      request.unixSocketPath = server.path
      let sent = request
      return await client.failure(of: sent)
    }
    #expect(found?.kind == "Address not allowed")
  }

  /// Connections the server took before this question.
  private func accepted(by server: TestServer, at host: String = "127.0.0.1") async throws -> Int {
    try await withClient { (client, _) async throws in
      try Connections(await client.send(OutboundRequest("http://\(host):\(server.port)/connections"))).accepted - 1
    }
  }
}
