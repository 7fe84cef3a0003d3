import Glibc

/// A primary with two replicas and the three sentinels that watch them, each a real process on loopback.
public final class PrivateSentinels: Sendable {
  /// The primary at the start comes first.
  public let servers: [PrivateRedis]
  public let sentinels: [PrivateRedis]
  private let password: String?

  /// Returns when the sentinels know each other and both replicas. With `password` the data nodes have that one, and the
  /// sentinels their own, which is `sentinelPassword`.
  public init(password: String? = nil) async throws {
    self.password = password
    let login = password.map { ["--masterauth", $0] } ?? []
    let arguments = ["--appendonly", "yes", "--appendfsync", "always", "--repl-diskless-sync-delay", "0"] + login
    let primary = try await PrivateRedis(tcp: true, password: password, arguments: arguments)
    let follow = ["--replicaof", "127.0.0.1 \(primary.port)"]
    servers = [
      primary, try await PrivateRedis(tcp: true, password: password, arguments: arguments + follow),
      try await PrivateRedis(tcp: true, password: password, arguments: arguments + follow),
    ]
    try await Self.until { try await primary.ask("INFO", "replication").ranges(of: "state=online").count == 2 }
    let file =
      [
        "sentinel monitor main 127.0.0.1 \(primary.port) 2", "sentinel failover-timeout main 3000", "sentinel parallel-syncs main 2",
      ] + (password.map { ["sentinel auth-pass main \($0)", "sentinel sentinel-pass \(Self.sentinelPassword)"] } ?? [])
    let own = password == nil ? nil : Self.sentinelPassword
    var sentinels: [PrivateRedis] = []
    // Apart, because sentinels that find out at the same time vote each for itself, and then again after seconds.
    for patience in [1000, 1300, 1700] {
      let file = file + ["sentinel down-after-milliseconds main \(patience)"]
      sentinels.append(try await PrivateRedis(tcp: true, password: own, file: file, arguments: ["--sentinel"]))
    }
    self.sentinels = sentinels
    try await untilSettled(on: primary)
  }

  public static let sentinelPassword = "watchword"

  /// `redis+sentinel://…/main`
  public var url: String {
    let hosts = sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    let (login, query) = password.map { (":\($0)@", "?sentinelpassword=\(Self.sentinelPassword)") } ?? ("", "")
    return "redis+sentinel://\(login)\(hosts)/main\(query)"
  }

  /// What the first sentinel says.
  public func primary() async throws -> PrivateRedis {
    let port = try await sentinels[0].ask("SENTINEL", "get-master-addr-by-name", "main").split(separator: "\n").last
    if let server = servers.first(where: { port == "\($0.port)" }) { return server }
    throw ServerFailure(description: "no server at \(port ?? "")")
  }

  /// Waits until every sentinel has taken another server than `old` for the primary; gives the new one.
  public func untilPrimary(isNot old: PrivateRedis) async throws -> PrivateRedis {
    try await Self.until { [sentinels] in
      for sentinel in sentinels where try await sentinel.ask("SENTINEL", "get-master-addr-by-name", "main").hasSuffix("\n\(old.port)") {
        return false
      }
      return true
    }
    return try await primary()
  }

  /// Waits until both replicas follow `primary` and every sentinel sees that, so that the next fail-over may come.
  public func untilSettled(on primary: PrivateRedis) async throws {
    try await Self.until { [sentinels] in
      guard try await primary.ask("INFO", "replication").ranges(of: "state=online").count == 2 else { return false }
      for sentinel in sentinels {
        let replicas = try await sentinel.ask("SENTINEL", "REPLICAS", "main").split(separator: "\n").map(String.init)
        let wanted = [("flags", "slave"), ("master-link-status", "ok"), ("master-port", "\(primary.port)")]
        for (name, value) in wanted where zip(replicas, replicas.dropFirst()).count(where: { $0 == (name, value) }) != 2 { return false }
        guard try await sentinel.ask("SENTINEL", "CKQUORUM", "main").hasPrefix("OK 3 ") else { return false }
      }
      return true
    }
  }

  public func stop() async { for server in sentinels + servers { await server.stop() } }

  private static func until(_ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
      guard ContinuousClock.now < end else { throw ServerFailure(description: "sentinels: what was waited for did not come in a minute") }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
