import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceRuntime
import StatusModel

/// Which incidents are counted, and how they are grouped.
struct MetricsQuery: Sendable {
  var grouping = IncidentRows.Grouping.month
  /// Bounds of started_at in epoch seconds, both included.
  var from: Int?
  var to: Int?
}

extension MetricsQuery {
  init(_ request: Request) throws(Failure) {
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    grouping = query.optionalChoice("group", IncidentRows.Grouping.self) ?? .month
    from = query.number("from", Bounds.time)
    to = query.number("to", Bounds.time)
    if let from, let to, from > to { query.refuse("to", "must not be before from") }
    try query.check()
  }
}

extension Incidents {
  var metricsRoutes: [ServiceRoute] { [ServiceRoute(.get, "/api/v1/incidents/metrics", .viewer, count)] }

  private func count(_ request: Request) async throws -> Response {
    .json(try metrics.counted(try MetricsQuery(request)).bytes)
  }
}
