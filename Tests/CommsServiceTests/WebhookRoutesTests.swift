import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import PrivateServers
import ServiceCalls
import ServiceRuntime
import Signing
import Testing

@testable import CommsService

struct WebhookRoutesTests {
  @Test func `a webhook's secret is shown once`() async throws {
    try await WebhooksBench.run { bench in
      let created = try await bench.ask(.post, "/api/v1/webhooks", ["url": "https://203.0.113.7/hook?key=abc", "description": " Pager "])
      #expect(created.status == 201 && created.fields[.eTag] == "\"v1\"")
      let id = try #require(created.json["id"]?.string)
      let secret = try #require(created.json["secret"]?.string)
      #expect(created.fields[.location] == "/api/v1/webhooks/\(id)" && secret.hasPrefix("whsec_"))
      #expect(Base64.decoded(String(secret.dropFirst(6)))?.count == 32)
      #expect(created.json["events"] == ["announcement.published", "component.status.changed", "maintenance.*"])
      #expect(created.json["format"] == "standard" && created.json["description"] == "Pager" && created.json["state"] == "active")
      #expect(created.json["owner"]?["name"] == "frontend")
      let read = try await bench.ask(.get, "/api/v1/webhooks/\(id)")
      #expect(read.status == 200 && read.json["secret"] == nil && read.json["url"] == "https://203.0.113.7/hook?key=abc")
      #expect(try await bench.ask(.get, "/api/v1/webhooks/\(id)", nil, [.ifNoneMatch: "\"v1\""]).status == 304)
      let list = try await bench.ask(.get, "/api/v1/webhooks")
      #expect(list.json.array == [read.json] && list.fields[HTTPField.Name("X-Total-Count")!] == "1")
    }
  }

  @Test func `changes, versions, deletion`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      let changed = try await bench.ask(.patch, webhook.path, ["events": ["incident.*"], "format": "discord", "url": "http://10.0.0.1/x"])
      #expect(changed.status == 200 && changed.fields[.eTag] == "\"v2\"" && changed.json["url"] == "http://10.0.0.1/x")
      #expect(changed.json["events"] == ["incident.*"] && changed.json["format"] == "discord" && changed.json["secret"] == nil)
      #expect(try await bench.ask(.patch, webhook.path, ["format": "discord"]).fields[.eTag] == "\"v2\"", "nothing new")
      #expect(try await bench.ask(.patch, webhook.path, ["description": "x"], [.ifMatch: "\"v1\""]).status == 412)
      #expect(try await bench.ask(.delete, webhook.path, nil, [.ifMatch: "\"v1\""]).status == 412)
      try await bench.announce()
      #expect(try await bench.deliveries(of: webhook).isEmpty)
      #expect(try await bench.ask(.delete, webhook.path).status == 204)
      for path in ["", "/deliveries", "/deliveries/msg_\("0".repeated(32))"] {
        #expect(try await bench.ask(.get, webhook.path + path).status == 404)
      }
      for path in ["/test", "/rotate", "/deliveries/msg_\("0".repeated(32))/replay"] {
        #expect(try await bench.ask(.post, webhook.path + path).status == 404)
      }
      #expect(try await bench.ask(.get, "/api/v1/webhooks/{polystatus}").status == 404)
      let names = try await bench.messages().map(\.name).filter { $0.hasPrefix("webhook.") }
      #expect(names == ["webhook.created", "webhook.updated", "webhook.deleted"])
    }
  }

  @Test func `every bad field is named, and nobody unknown may ask`() async throws {
    try await WebhooksBench.run { bench in
      let bad = try await bench.ask(
        .post, "/api/v1/webhooks", ["url": "ftp://a", "events": ["user.created"], "format": "teams", "description": 1])
      #expect(bad.status == 400 && bad.named.sorted() == ["description", "events", "format", "url"])
      #expect(try await bench.ask(.post, "/api/v1/webhooks", [:]).named == ["url"])
      let webhook = try await bench.register()
      #expect(
        try await bench.ask(.patch, webhook.path, ["state": "failing", "url": "x", "events": []]).named == ["events", "state", "url"])
      for (method, path) in [(HTTPRequest.Method.get, "/api/v1/webhooks"), (.post, webhook.path + "/test"), (.delete, webhook.path)] {
        #expect(try await bench.ask(method, path, isKnown: false).status == 401)
      }
    }
  }

  @Test func `a rotated secret signs beside the old one for a day`() async throws {
    try await WebhooksBench.run { bench in
      let webhook = try await bench.register()
      let rotated = try await bench.ask(.post, webhook.path + "/rotate")
      let secret = try #require(rotated.json["secret"]?.string)
      #expect(rotated.status == 200 && secret != webhook.secret && rotated.json["rotated_at"] == 1_800_000_000)
      try await bench.announce()
      _ = try await bench.delivery(of: webhook, "delivered")
      #expect(bench.endpoint.calls[0].isSigned(with: secret) && bench.endpoint.calls[0].isSigned(with: webhook.secret))
      bench.clock.advance(seconds: 86_401)
      try await bench.announce()
      try await soon { bench.endpoint.calls.count == 2 }
      #expect(bench.endpoint.calls[1].isSigned(with: secret) && !bench.endpoint.calls[1].isSigned(with: webhook.secret))
      #expect(try await bench.webhook(webhook)["secret"] == nil)
    }
  }

  @Test func `secrets are in no log, no message and no delivery`() async throws {
    try await WebhooksBench.run(["LOG_LEVEL": "trace"]) { bench in
      let webhook = try await bench.register("/path-that-is-secret/hook?token=query-that-is-secret")
      let rotated = try #require(try await bench.ask(.post, webhook.path + "/rotate").json["secret"]?.string)
      bench.endpoint.answers { request in
        Response(status: .internalServerError, body: .bytes(Array("no \(request.target) \(webhook.secret) \(rotated)".utf8)))
      }
      try await bench.announce()
      let delivery = try await bench.delivery(of: webhook, attempts: 1)
      await bench.endpoint.stop()
      bench.clock.advance(seconds: 6)
      let failed = try await bench.delivery(of: webhook, attempts: 2)
      #expect(delivery["attempts"]?[0]?["answer"]?.string?.hasPrefix("no ") == true && failed["attempts"]?[1]?["error"]?.string != nil)
      _ = try await bench.ask(.patch, webhook.path, ["url": "https://203.0.113.7/other-path-that-is-secret"])
      try await soon { bench.logged.contains("webhook called") }
      let messages = try await bench.messages().map { $0.data.members.map(\.value.text).joined() }.joined()
      #expect(messages.contains("\"origin\":\"http://127.0.0.1:"))
      for text in [messages, bench.logged, delivery.text, failed.text] {
        for secret in ["that-is-secret", webhook.secret.dropFirst(6).description, rotated.dropFirst(6).description] {
          #expect(!text.contains(secret), "\(secret)")
        }
      }
    }
  }
}

/// Nobody makes the service call inward.
struct WebhookAddressTests {
  private static let closed = ["ALLOW_PRIVATE_ADDRESSES": "false"]
  private static let inward = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://0.0.0.0/",
    "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/",
    "http://[fc00::1]/", "http://[ff02::1]/", "http://localhost/", "http://LOCALHOST:8080/",
  ]

  @Test func `an address inside is refused when it is registered`() async throws {
    try await WebhooksBench.run(Self.closed) { bench in
      for url in Self.inward {
        let answer = try await bench.ask(.post, "/api/v1/webhooks", ["url": .string(url)])
        #expect(answer.status == 400 && answer.named == ["url"], "\(url)")
      }
      #expect(try await bench.ask(.post, "/api/v1/webhooks", ["url": "https://198.41.0.4/"]).status == 201)
      let id = try #require(try await bench.ask(.get, "/api/v1/webhooks").json[0]?["id"]?.string)
      #expect(try await bench.ask(.patch, "/api/v1/webhooks/\(id)", ["url": "http://127.0.0.1/"]).status == 400)
    }
    try await WebhooksBench.run(Self.closed.merging(["ALLOW_ADDRESSES": "10.1.0.0/16"]) { $1 }) { bench in
      let opened = try await bench.ask(.post, "/api/v1/webhooks", ["url": "http://10.1.2.3/"])
      let other = try await bench.ask(.post, "/api/v1/webhooks", ["url": "http://10.2.2.3/"])
      #expect(opened.status == 201 && other.status == 400)
    }
  }

  @Test func `an address that turned inward is refused when it is called`() async throws {
    try await WebhooksBench.run(Self.closed) { bench in
      // What registration would have refused, as if the name had meant something else then.
      let store = Webhooks(bench.node).store
      let port = bench.endpoint.url.split(separator: ":").last ?? ""
      for url in ["http://127.0.0.1:\(port)/hook", "http://localhost:\(port)/hook", "http://[::ffff:127.0.0.1]:\(port)/hook"] {
        let webhook = WebhooksBench.Registered(id: UUIDText.random(), secret: SecretToken.make(.webhookSecret))
        let new = NewWebhook(address: try TypedAddress(url), events: ["#"], description: "", format: .standard)
        _ = try await bench.node.onLoop { try await store.create(new, id: webhook.id, secret: webhook.secret) }
        try await bench.announce()
        let delivery = try await bench.delivery(of: webhook, attempts: 1)
        #expect(delivery["attempts"]?[0]?["error"]?.string?.hasPrefix("Address not allowed") == true, "\(url)")
      }
      #expect(bench.endpoint.calls.isEmpty)
    }
  }
}
