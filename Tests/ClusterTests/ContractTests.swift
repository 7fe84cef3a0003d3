import HTTPTypes
import JSONBytes
import Messaging
import ServiceRuntime
import StatusModel
import Testing

/// Throws what the message breaks.
func check(_ message: JSONValue) throws { _ = try BusMessage(message.object ?? JSONObject()) }

/// What every service keeps, and the swagger against the route tables.
struct ContractTests {
  @Test func theSwaggerIsTheRouteTable() async throws {
    try await Cluster.with { cluster in
      for service in ServiceName.allCases {
        let document = try await cluster.call(service, .get, "/swagger.json").json
        var described: Set<String> = []
        for path in document["paths"]?.object?.members ?? [] {
          for method in path.value.object?.members ?? [] where method.name != "parameters" {
            described.insert("\(method.name.uppercased()) \(path.name)")
          }
        }
        let routed = Set(cluster.routes(of: service).map { "\($0.method) \($0.template)" })
        #expect(described == routed, "\(service)")
      }
    }
  }

  @Test func everyServiceAnswersTheCommonRoutes() async throws {
    try await Cluster.with { cluster in
      for service in ServiceName.allCases {
        for path in ["/health", "/v1/health"] + (service == .frontend ? [] : ["/"]) {
          let health = try await cluster.call(service, .get, path)
          #expect(health.status == .ok && health.json["name"]?.string == service.rawValue && health.json["alive"]?.bool == true)
        }
        let manifest = try await cluster.call(service, .get, "/v1/manifest").json
        #expect(manifest["depends_on"]?[0]?["name"]?.string == "redis")
        let page = try await cluster.call(service, .get, service == .frontend ? "/docs/frontend" : "/docs")
        #expect(page.status == .ok && String(decoding: page.body, as: UTF8.self).contains("/swagger.yaml"))
        let yaml = try await cluster.call(service, .get, "/swagger.yaml")
        #expect(String(decoding: yaml.body, as: UTF8.self).contains("openapi: 3.0.3"))
      }
    }
  }

  @Test func errorsAreProblemsWithTheCorrelationID() async throws {
    try await Cluster.with { cluster in
      let nothing = try await cluster.call(.comms, .get, "/nothing", headers: ["X-CID": "find-me-0"])
      #expect(nothing.status == .notFound && nothing.json["cid"]?.string == "find-me-0" && nothing.cid == "find-me-0")
      let method = try await cluster.call(.users, .delete, "/health")
      #expect(method.status == .methodNotAllowed && method.headerFields[.allow] == "GET, HEAD, OPTIONS")
      let replaced = try await cluster.call(.users, .get, "/health", headers: ["X-CID": "bad one!"])
      #expect(replaced.status == .ok && replaced.cid != "bad one!" && CorrelationID.isValid((replaced.cid ?? "").utf8))
      let secret = "psu_" + String(repeating: "0a", count: 32)
      let kept = try await cluster.call(.users, .get, "/health", headers: ["X-CID": secret])
      #expect(kept.cid?.utf8.count == 36, "a secret is no correlation id")
      let stranger = try await cluster.call(.incidents, .get, "/api/v1/incidents")
      #expect(stranger.status == .unauthorized && stranger.headerFields[.wwwAuthenticate] != nil)
    }
  }
}
