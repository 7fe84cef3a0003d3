import HTTPServer
import HTTPTypes
import JSONBytes
import Messaging
import Reactor
import RedisClient
import StatusModel
import Synchronization

/// `/metrics`: the host and the process as JSON or as Prometheus text, and the last day of this instance.
final class Metrics: Sendable {
  private let service: ServiceName
  private let meters: RouteMeters
  private let heartbeat: Heartbeat
  private let redis: Redis
  private let bus: BusSupervisor
  private let busGroups: @Sendable () -> Set<String>
  private let errorLines: ErrorLines
  private let writer: LineWriter
  private let workers: WorkerPool
  private let clock: @Sendable () -> Int64

  init(_ node: Node, meters: RouteMeters, heartbeat: Heartbeat) {
    service = node.name
    self.meters = meters
    self.heartbeat = heartbeat
    redis = node.redis
    bus = node.bus
    busGroups = { [node] in node.ownGroups }
    errorLines = node.logs.errorLines
    writer = node.writer
    workers = node.workers
    clock = node.clock
  }

  static let paths = (metrics: "/metrics", history: "/metrics/history", prometheus: "/prom")

  var routes: [ServiceRoute] {
    [
      ServiceRoute(.get, Self.paths.metrics, .operators, metrics), ServiceRoute(.get, Self.paths.history, .operators, history),
      ServiceRoute(.get, Self.paths.prometheus, .operators, prometheus),
    ]
  }

  /// JSON, or Prometheus text when `Accept` asks for it.
  private func metrics(_ request: Request) async throws -> Response {
    let accept = request.header(.accept) ?? ""
    if accept.contains("text/plain") || accept.contains("openmetrics") { return try await prometheus(request) }
    let reading = try await workers.run { HostReading.now() }
    let earlier = heartbeat.lastReading
    let percents = reading.cores.enumerated().map { index, core in
      let before = earlier.flatMap { $0.cores.indices.contains(index) ? $0.cores[index] : nil }
      return JSONValue.number((core.percent(since: before) * 10).rounded() / 10)
    }
    let times = reading.cores.first.map { all in
      JSONObject(zip(all.names, all.ticks).map { ($0, .number(Double($1) / 100)) })
    }
    let body: JSONValue = [
      "status": "ok", "name": .string(service.rawValue), "time": .string(ISO8601.text(milliseconds: clock())),
      "disk_usage": Self.space(reading.disk), "virtual_memory": Self.space(reading.memory), "swap_memory": Self.space(reading.swap),
      "cpu": [
        "percent": ["all": percents.first ?? 0, "percpu": .array(Array(percents.dropFirst()))],
        "count": .integer(max(0, reading.cores.count - 1)), "times": .object(times ?? JSONObject()),
      ],
      "process": [
        "resident_bytes": .integer(reading.residentBytes), "cpu_seconds": .number(reading.processSeconds),
        "open_descriptors": .integer(reading.openDescriptors), "started_at": .integer(heartbeat.startedAt),
        "loop_lag_ms": .number(heartbeat.lagMilliseconds),
      ],
      "bus": .array(await ownGroups().map(\.json)),
    ]
    return .json(body.bytes)
  }

  /// The worker groups of this service; none while Redis is away.
  private func ownGroups() async -> [BusGroup] {
    let own = busGroups()
    return ((try? await bus.groups()) ?? []).filter { own.contains($0.name) }
  }

  /// Bytes, and GiB rounded to hundredths.
  private static func space(_ space: HostReading.Space) -> JSONValue {
    func gib(_ bytes: Int) -> JSONValue { .number((Double(bytes) / 1_073_741_824 * 100).rounded() / 100) }
    return [
      "total": gib(space.total), "used": gib(space.used), "free": gib(space.free), "total_bytes": .integer(space.total),
      "used_bytes": .integer(space.used), "free_bytes": .integer(space.free),
    ]
  }

  private func history(_ request: Request) async throws -> Response {
    let samples = try await heartbeat.history()
    return .json(Array("[".utf8) + samples.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8))
  }

  private func prometheus(_ request: Request) async throws -> Response {
    let reading = try await workers.run { HostReading.now() }
    var text = PrometheusText()
    text.family("polystatus_up", .gauge, "Whether the store can be reached.", [([], redis.isUp ? 1 : 0)])
    let routes = meters.readings
    text.family(
      "polystatus_http_requests_total", .counter, "Requests answered, by route and class of status.",
      routes.flatMap { route in
        route.statuses.map { ([("method", route.method), ("route", route.route), ("status", $0.name)], Double($0.count)) }
      })
    text.histogram(
      "polystatus_http_request_duration_seconds", "Time from a request's head to its answer.",
      routes.map { route in
        (
          [("method", route.method), ("route", route.route)],
          zip(RouteMeters.bounds.map { Double($0) / 1_000_000 }, route.cumulative).map { ($0, $1) }, route.cumulative.last ?? 0,
          route.seconds
        )
      })
    text.bus(await ownGroups())
    text.family(
      "polystatus_loop_lag_seconds", .gauge, "The latest a timer was in the last ten seconds.", [([], heartbeat.lagMilliseconds / 1000)])
    text.family("polystatus_log_lines_dropped_total", .counter, "Log lines nobody took.", [([], Double(writer.dropped))])
    text.family(
      "polystatus_error_lines_unsent_total", .counter, "Error lines that were too many to become messages.",
      [([], Double(errorLines.dropped))])
    text.family("process_resident_memory_bytes", .gauge, "Resident memory.", [([], Double(reading.residentBytes))])
    text.family("process_cpu_seconds_total", .counter, "User and system time.", [([], reading.processSeconds)])
    text.family("process_open_fds", .gauge, "Open file descriptors.", [([], Double(reading.openDescriptors))])
    text.family("process_start_time_seconds", .gauge, "Start, in seconds since the epoch.", [([], Double(heartbeat.startedAt))])
    return Response(contentType: "text/plain; version=0.0.4; charset=utf-8", text.bytes)
  }
}

extension PrometheusText {
  fileprivate mutating func bus(_ groups: [BusGroup]) {
    func samples(_ number: (BusGroup) -> Int?) -> [(Labels, Double)] {
      groups.compactMap { group in number(group).map { ([("group", group.name)], Double($0)) } }
    }
    family("polystatus_bus_lag", .gauge, "Messages a worker group has not been given yet.", samples(\.lag))
    family("polystatus_bus_pending", .gauge, "Messages given and not yet acknowledged.", samples(\.pending))
    family("polystatus_bus_retrying", .gauge, "Messages that wait for another attempt.", samples(\.retrying))
    family("polystatus_bus_dead", .gauge, "Dead letters.", samples(\.dead))
    family("polystatus_bus_missed_total", .counter, "Messages a group never saw, because they were trimmed.", samples(\.missed))
  }
}

extension BusGroup {
  fileprivate var json: JSONValue {
    [
      "group": .string(name), "lag": lag.map { .integer($0) } ?? .null, "pending": .integer(pending), "retrying": .integer(retrying),
      "dead": .integer(dead), "missed": .integer(missed),
    ]
  }
}

/// Prometheus' text format, version 0.0.4.
struct PrometheusText {
  typealias Labels = [(name: String, value: String)]
  enum Kind: String { case gauge, counter, histogram }
  private(set) var bytes: [UInt8] = []

  mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [(Labels, Double)]) {
    guard !samples.isEmpty else { return }
    header(name, kind, help)
    for (labels, value) in samples { sample(name, labels, value) }
  }

  /// Each series: labels, (upper bound in seconds, count up to it), count, sum in seconds.
  mutating func histogram(_ name: String, _ help: String, _ series: [(Labels, [(Double, UInt64)], UInt64, Double)]) {
    guard !series.isEmpty else { return }
    header(name, .histogram, help)
    for (labels, buckets, count, sum) in series {
      for (bound, below) in buckets { sample("\(name)_bucket", labels + [("le", "\(bound)")], Double(below)) }
      sample("\(name)_bucket", labels + [("le", "+Inf")], Double(count))
      sample("\(name)_sum", labels, sum)
      sample("\(name)_count", labels, Double(count))
    }
  }

  private mutating func header(_ name: String, _ kind: Kind, _ help: String) {
    bytes.append(contentsOf: "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8)
  }

  private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
    let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    bytes.append(contentsOf: "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n".utf8)
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
