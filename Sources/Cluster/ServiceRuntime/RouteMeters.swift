import HTTPTypes
import Synchronization

/// Counts and times of the requests to each route: series are bounded by the route table.
final class RouteMeters: Sendable {
  /// Upper bounds of the histogram, in microseconds.
  static let bounds: [UInt64] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
  ]

  /// One route's requests, or those that no route answered.
  final class Meter: Sendable {
    let method: String
    let route: String
    /// By first digit of the status, 1 to 5.
    private let statuses: [Count] = (0..<6).map { _ in Count() }
    /// One for each bound and one for what is slower.
    private let buckets: [Count] = (0...RouteMeters.bounds.count).map { _ in Count() }
    private let microseconds = Count()

    init(method: String, route: String) {
      self.method = method
      self.route = route
    }

    func record(status: Int, microseconds time: UInt64) {
      statuses[min(5, max(0, status / 100))].add(1)
      buckets[RouteMeters.bounds.firstIndex { time <= $0 } ?? RouteMeters.bounds.count].add(1)
      microseconds.add(time)
    }

    struct Reading {
      let method: String
      let route: String
      /// `2xx` and the like, with how many.
      let statuses: [(name: String, count: UInt64)]
      /// How many took at most each bound; the last are all.
      let cumulative: [UInt64]
      let seconds: Double
    }

    var reading: Reading {
      var sum: UInt64 = 0
      let cumulative = buckets.map { bucket in
        sum += bucket.value
        return sum
      }
      let named = statuses.enumerated().filter { $0.element.value > 0 }.map { ("\($0.offset)xx", $0.element.value) }
      return Reading(method: method, route: route, statuses: named, cumulative: cumulative, seconds: Double(microseconds.value) / 1_000_000)
    }
  }

  private let meters: [String: [Meter]]
  private let unrouted = Meter(method: "-", route: "-")

  init(_ routes: [RunningService.RouteName]) {
    meters = Dictionary(grouping: routes, by: \.template).mapValues { routes in
      routes.map { Meter(method: $0.method, route: $0.template) }
    }
  }

  func meter(_ method: HTTPRequest.Method, _ route: String?) -> Meter {
    guard let route, let candidates = meters[route] else { return unrouted }
    let name = method == .head ? "GET" : method.rawValue
    return candidates.first { $0.method == name } ?? unrouted
  }

  /// Those that were used.
  var readings: [Meter.Reading] {
    (meters.values.flatMap(\.self) + [unrouted]).map(\.reading).filter { $0.cumulative.last ?? 0 > 0 }
      .sorted { ($0.route, $0.method) < ($1.route, $1.method) }
  }
}

/// A number that many threads add to.
final class Count: Sendable {
  private let number = Atomic<UInt64>(0)
  func add(_ amount: UInt64) { number.wrappingAdd(amount, ordering: .relaxed) }
  var value: UInt64 { number.load(ordering: .relaxed) }
}
