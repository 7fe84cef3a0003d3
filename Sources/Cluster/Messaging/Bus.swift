import RedisClient

/// Limits of the bus that every part of it keeps, and the scripts that look after it.
enum Bus {
  /// Seconds an error history lives after its last entry; that of a dead letter as long as the letter.
  static let errorLifetime = 8 * 86_400
  /// Errors kept of one message, the newest.
  static let errorsKept = 100
  /// The newest messages, which stay to be seen although every group has done them.
  static let window = 20_000
  /// Milliseconds a message stays at most.
  static let longestStay: Int64 = 7 * 86_400_000
  /// Milliseconds a group remembers what it has done, and how many at most.
  static let doneLifetime: Int64 = 86_400_000
  static let doneKept = 100_000

  static func script(_ name: String, _ source: String) -> RedisScript {
    RedisScript(name: name, source: Embedded.busGroupsLua + source)
  }

  static func mutation(_ name: String, _ source: String) -> MutationScript {
    MutationScript(name: name, source: Embedded.busGroupsLua + source)
  }
}
