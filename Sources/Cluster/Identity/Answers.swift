/// Answers to one kind of question: good ones kept 5 s, "unknown" 1 s, and apart, so that a flood of guesses drives no good one out.
struct Answers<Value> {
  private var known = ExpiringCache<Value>(limit: 10_000, lifetime: 5_000)
  private var unknown = ExpiringCache<Void>(limit: 10_000, lifetime: 1_000)

  /// Nil: not at hand. `.some(nil)`: known to be unknown. `now` in milliseconds.
  func find(_ key: String, at now: Int64) -> Value?? {
    if let value = known.find(key, at: now) { return .some(value) }
    return unknown.find(key, at: now) == nil ? nil : .some(nil)
  }

  mutating func keep(_ value: Value?, for key: String, at now: Int64) {
    if let value { known.keep(value, for: key, at: now) } else { unknown.keep((), for: key, at: now) }
  }
}

/// Values by text for a while. Full, it drops what has expired, or else everything.
struct ExpiringCache<Value> {
  private var entries: [String: (value: Value, until: Int64)] = [:]
  private let limit: Int
  private let lifetime: Int64

  /// `lifetime` in milliseconds; `limit` in entries.
  init(limit: Int, lifetime: Int64) {
    self.limit = limit
    self.lifetime = lifetime
  }

  var count: Int { entries.count }

  func find(_ key: String, at now: Int64) -> Value? {
    guard let entry = entries[key], now < entry.until else { return nil }
    return entry.value
  }

  mutating func keep(_ value: Value, for key: String, at now: Int64) {
    if entries.count >= limit {
      entries = entries.filter { now < $0.value.until }
      if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
    }
    entries[key] = (value, now + lifetime)
  }

  mutating func drop(_ key: String) { entries[key] = nil }
}
