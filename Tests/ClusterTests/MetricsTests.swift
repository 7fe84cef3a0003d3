import Foundation
import PrivateServers
import HTTPTypes
import JSONBytes
import StatusModel
import Testing

struct MetricsTests {
  @Test func jsonSaysHowTheHostIs() async throws {
    try await Cluster.with { cluster in
      let metrics = try await cluster.call(.flags, .get, "/metrics").json
      #expect(metrics["status"]?.string == "ok" && metrics["name"]?.string == "flags")
      for space in ["disk_usage", "virtual_memory"] {
        let total = metrics[space]?["total_bytes"]?.integer ?? 0
        let parts = (metrics[space]?["used_bytes"]?.integer ?? 0) + (metrics[space]?["free_bytes"]?.integer ?? 0)
        #expect(total > 0 && parts == total, "\(space)")
      }
      #expect(metrics["cpu"]?["count"]?.integer == ProcessInfo.processInfo.processorCount)
      #expect(metrics["process"]?["resident_bytes"]?.integer ?? 0 > 1_000_000)
    }
  }

  @Test func requestsAreCountedByTemplate() async throws {
    try await Cluster.with { cluster in
      for number in 0..<3 { _ = try await cluster.call(.incidents, .get, "/api/v1/incidents/INC-00000\(number)") }
      let text = String(
        decoding: try await cluster.call(.incidents, .get, "/metrics", headers: ["Accept": "text/plain"]).body, as: UTF8.self)
      #expect(text.contains(#"polystatus_http_requests_total{method="GET",route="/api/v1/incidents/{id}",status="4xx"} 3.0"#))
      #expect(!text.contains("INC-"))
    }
  }

  /// promtool, when it is installed, finds nothing to complain about.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"))) func promtoolIsContent() async throws {
    try await Cluster.with { cluster in
      _ = try await cluster.call(.users, .get, "/nothing/\"quoted\"".replacing("\"", with: "%22"))
      let answer = try await cluster.call(.users, .get, "/prom")
      #expect(answer.headerFields[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
      let promtool = Process()
      promtool.executableURL = URL(filePath: "/usr/bin/promtool")
      promtool.arguments = ["check", "metrics"]
      let (input, output) = (Pipe(), Pipe())
      promtool.standardInput = input
      promtool.standardError = output
      try promtool.start()
      input.fileHandleForWriting.write(Data(answer.body))
      try input.fileHandleForWriting.close()
      let complaints = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      promtool.waitUntilExit()
      #expect(promtool.terminationStatus == 0 && complaints.isEmpty, "\(complaints)")
    }
  }

  @Test func everyInstanceBeats() async throws {
    try await Cluster.with { cluster in
      for service in ServiceName.allCases {
        try await eventually { try await cluster.call(service, .get, "/metrics/history").json.array?.count == 1 }
        let sample = try await cluster.call(service, .get, "/metrics/history").json[0]
        #expect(sample?["service"]?.string == service.rawValue)
      }
    }
  }
}
