import HTTPTypes
import JSONBytes
import ServiceCalls
import ServiceRuntime
import StatusModel
import Testing

@testable import CommsService

extension CommsBench {
  /// A working account whose profile has a webhook; its id.
  fileprivate func sre(calledAt webhook: String) async throws -> String {
    let id = try await account("sre@example.org", [("role", "sre"), ("password", "a long enough password"), ("notify", "sev1")])
    let profile: JSONValue = ["contact": ["webhook": .string(webhook)]]
    let answer = try await users.node.ask(users, .put, "/api/v2/profile/personal/\(id)", profile.text, as: admin)
    try #require(answer.status == 200, "\(answer.text)")
    return id
  }

  /// An incident as a machine declares it, told twice; its id.
  fileprivate func wake() async throws -> String {
    let id = try await declare("Disk full")
    let machine: JSONValue = ["kind": "application", "id": "probe", "name": "probe"]
    let opened: JSONValue = ["actor": machine, "incident_id": .string(id), "incident": ["sev": 1]]
    try await publish("incident.created", opened, uuid: MailTests.uuid, times: 2)
    return id
  }

  fileprivate func mail(to user: String) async throws -> JSONValue? {
    let mails = try await ask(.get, "/api/v1/mails?maxResults=500").json.array ?? []
    return mails.first { $0["template"] == "incident_opened" && $0["to"]?["id"]?.string == user }
  }
}

struct NoticeCallTests {
  @Test func `whose profile has a webhook is called there, once, in place of a mail`() async throws {
    try await CommsBench.run(["ALLOW_ADDRESSES": "127.0.0.1"]) { bench in
      let endpoint = try await Endpoint()
      let user = try await bench.sre(calledAt: "\(endpoint.url)/hook/only-mine")
      let incident = try await bench.wake()
      try await eventually { try await bench.mail(to: user)?["state"] == "sent" }
      let mail = try #require(try await bench.mail(to: user))
      #expect(mail["to"]?["kind"] == "contact" && mail["attempts"] == 1)
      let call = try #require(endpoint.calls.first)
      let body = try JSONValue(parsing: call.body)
      #expect(endpoint.calls.count == 1 && call.path == "/hook/only-mine" && call.id == mail["id"]?.string)
      #expect(body["type"] == "incident_opened" && body["data"]?["incident"]?["id"]?.string == incident)
      #expect(body["text"]?.string?.contains("Sev 1: Disk full\n") == true && body["text"] == body["content"])
      #expect(body["text"]?.string?.hasSuffix("/dashboard/incidents/\(incident)") == true)
      // The administrator has no webhook and gets a mail.
      try await eventually { try await bench.mails("incident_opened").contains { $0["state"] == "kept" && $0["to"]?["kind"] == "user" } }
      #expect(endpoint.calls.count == 1)
      let said = try await bench.messages("request.comms.mail.send")
      #expect(said.contains { $0["data"]?["via"] == "webhook" } && !said.contains { $0.text.contains("only-mine") })
      #expect(try await !bench.mails().contains { $0.text.contains("only-mine") }, "the address is the person's to know")
      await endpoint.stop()
    }
  }

  @Test func `what a webhook refuses is mailed`() async throws {
    try await CommsBench.run(["ALLOW_ADDRESSES": "127.0.0.1"]) { bench in
      let endpoint = try await Endpoint()
      endpoint.answers(.notFound)
      let user = try await bench.sre(calledAt: "\(endpoint.url)/gone")
      _ = try await bench.wake()
      try await eventually { try await bench.mail(to: user)?["state"] == "kept" }
      #expect(endpoint.calls.count == 1)
      await endpoint.stop()
    }
  }

  @Test func `a webhook that does not answer is tried three times, then it is mailed`() async throws {
    try await CommsBench.run(["ALLOW_ADDRESSES": "127.0.0.1"]) { bench in
      let endpoint = try await Endpoint()
      endpoint.answers(.serviceUnavailable)
      let user = try await bench.sre(calledAt: "\(endpoint.url)/busy")
      _ = try await bench.wake()
      for attempt in 1..<MailRules.callAttempts {
        try await eventually { try await bench.mail(to: user)?["attempts"]?.integer == attempt }
        let mail = try await bench.mail(to: user)
        #expect(mail?["state"] == "queued" && mail?["error"] == "The webhook answered 503.")
        // As long as its wait can be; in all less than signatures are good for.
        bench.advance(seconds: MailRules.waits[attempt - 1] * 5 / 4)
      }
      try await eventually { try await bench.mail(to: user)?["state"] == "kept" }
      #expect(endpoint.calls.count == MailRules.callAttempts)
      await endpoint.stop()
    }
  }

  @Test func `no webhook leads to where the cluster may not call`() async throws {
    try await CommsBench.run { bench in
      let endpoint = try await Endpoint()
      let user = try await bench.sre(calledAt: "\(endpoint.url)/inward")
      _ = try await bench.wake()
      try await eventually { try await bench.mail(to: user)?["state"] == "kept" }
      #expect(endpoint.calls.isEmpty)
      await endpoint.stop()
    }
  }
}
