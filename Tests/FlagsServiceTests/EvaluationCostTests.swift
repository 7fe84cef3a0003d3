import Glibc
import JSONBytes
import Testing

@testable import FlagsService

/// CPU seconds of this thread: what else the machine does hardly counts.
private var threadTime: Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What it takes to evaluate a hundred flags for one context; each has twenty rules with one such test, which never holds. The least
/// of several rounds.
private func cost(of op: String, _ value: JSONValue, for actual: JSONValue) throws -> Double {
  let rule: JSONValue = ["if": ["attr": "x", "op": .string(op), "value": value], "variation": "on"]
  let flags = try snapshot(
    (0..<100).map { number in
      [
        "id": .string("f\(number)"), "on": true, "fallthrough": ["variation": "off"], "rules": .array(Array(repeating: rule, count: 20)),
      ]
    })
  let rounds = (0..<10).map { _ in
    let context = EvaluationContext(JSONObject([("x", actual)]))
    let start = threadTime
    let results = flags.ordered.map { flags.evaluate($0, for: context) }
    let took = threadTime - start
    #expect(results.allSatisfy { $0.reason == .default })
    return took
  }
  return try #require(rounds.min())
}

@Suite struct EvaluationCostTests {
  /// Reading a version takes ten times what comparing two takes: where it were read for every test, this would show.
  @Test(
    arguments: [
      ("semver_gte", "2.0.0-rc.1", "1.20.3-beta.11+build.5"), ("before", "2020-01-01T00:00:00Z", "2026-03-01T12:00:00.5+01:00"),
      ("ends_with", "@example.org", "somebody.with.a.long.name@example.com"),
    ] as [(String, JSONValue, JSONValue)])
  func `a value is read once for a context, not for every test`(op: String, value: JSONValue, actual: JSONValue) throws {
    let plain = try cost(of: "eq", "somebody.with.a.long.name@example.org", for: "somebody.with.a.long.name@example.com")
    let measured = try cost(of: op, value, for: actual)
    #expect(measured < 5 * plain, "\(measured / plain) times an equality")
  }
}
