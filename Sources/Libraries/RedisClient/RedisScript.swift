/// A Lua script; Redis keeps it under the SHA-1 of its source (SCRIPT LOAD, EVALSHA).
public struct RedisScript: Sendable {
  /// For people: logs and messages.
  public let name: String
  public let source: String

  public init(name: String, source: String) {
    self.name = name
    self.source = source
  }
}

extension RedisScript: Hashable {
  /// By name: sources are long, and one name seldom has two.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
