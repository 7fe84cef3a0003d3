import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

extension Incidents {
  private static let bodyLimit = 4 << 20

  var alertRoutes: [ServiceRoute] {
    [ServiceRoute(.post, "/api/v1/alerts/alertmanager", .scope(.alerts), bodyLimit: Self.bodyLimit, alertmanager)]
  }

  private func alertmanager(_ request: Request) async throws -> Response {
    let outcome = try await store.take(try AlertNotification(request.fields()))
    let incident = outcome.record.map { String(decoding: $0.json, as: UTF8.self) } ?? "null"
    return .json(Array(#"{"outcome":"\#(outcome.kind.rawValue)","news":\#(outcome.news),"incident":\#(incident)}"#.utf8))
  }
}
