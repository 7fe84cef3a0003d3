/// Pauses between attempts: doubling from `first` to `longest`, each cut by up to half at random so that clients spread.
struct Backoff {
  let first: Duration
  let longest: Duration
  private var failures = 0

  init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  /// The pause after one more failure; `random` is from 0 to 1.
  mutating func next(random: Double = .random(in: 0...1)) -> Duration {
    let whole = min(first * (1 << min(failures, 20)), longest)
    failures += 1
    return whole * (0.5 + random / 2)
  }

  mutating func reset() { failures = 0 }
}
