import StatusModel

/// Links events to the upstream events they come from, whenever a cause or an effect appears or is revised.
struct CauseWeigher: Sendable {
  let store: CSPStore
  /// Milliseconds since the epoch.
  let clock: @Sendable () -> Int64

  /// `changed` are external ids of `provider`.
  func weigh(_ provider: String, changed: [String]) async throws(Failure) {}
}
