/// When to ask next.
enum Schedule {
  /// Seconds between two polls of what does not answer, at most.
  static let longestBackOff = 900
  /// Seconds a server may ask us to wait, at most; what it says of freshness counts up to `longestBackOff`.
  static let longestRetryAfter = 3600
  /// The share of the interval by which polls are moved at random, so that they spread.
  static let jitter = 0.1

  /// Seconds from now, before jitter.
  static func delay(interval: Int, refusals: Int, backsOff: Bool, freshFor: Int?, retryAfter: Int?) -> Int {
    var delay = interval
    if backsOff {
      let doubled = refusals > 10 ? longestBackOff : interval << max(0, refusals)
      delay = max(interval, min(doubled, longestBackOff))
    }
    if let retryAfter { delay = max(delay, min(retryAfter, longestRetryAfter)) }
    if let freshFor { delay = max(delay, min(freshFor, longestBackOff)) }
    return delay
  }

  /// Milliseconds. `random` is from -1 to 1; nobody is asked earlier than it wished.
  static func jittered(_ seconds: Int, random: Double, mayBeEarlier: Bool) -> Int64 {
    let share = mayBeEarlier ? random : abs(random)
    return Int64(Double(seconds) * 1000 * (1 + jitter * share))
  }
}
