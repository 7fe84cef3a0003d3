/// Where Redis is, and the limits of the client.
public struct RedisConfiguration: Sendable {
  /// How long one command may take, connecting for the first time included.
  public var commandTimeout: Duration = .seconds(2)
  /// How long each step of connecting (connect, AUTH, SELECT, PING) may take at one address.
  public var connectTimeout: Duration = .seconds(2)
  /// Commands without a reply on one connection; beyond, `.overloaded`.
  public var inFlightLimit = 10_000
  /// Bytes not yet taken by the kernel on one connection; beyond, `.overloaded`.
  public var unsentByteLimit = 64 << 20
  /// A connection whose oldest reply is overdue by this much is dropped and made again.
  public var stallTimeout: Duration = .seconds(5)
  /// The pause before the first attempt to reconnect; it doubles, and each is cut by up to half at random.
  public var firstReconnectDelay: Duration = .milliseconds(50)
  /// The longest pause between attempts to reconnect.
  public var longestReconnectDelay: Duration = .seconds(2)
  /// Connections for blocking commands on one loop; beyond, `.overloaded`.
  public var blockingLimit = 16
  /// How long each step (connect, AUTH, the question itself) with one sentinel may take before the next is asked.
  public var sentinelTimeout: Duration = .milliseconds(500)
  /// How many replicas must have what `Redis.runReplicated` wrote before it counts as replicated; 0 asks none.
  public var replicas = 0
  /// How long Redis waits for those replicas (WAIT). Two of these are to be less than `commandTimeout`: a script may find
  /// another's wait before its own.
  public var replicationTimeout: Duration = .milliseconds(500)

  let server: RedisServer

  /// One of
  /// - `redis://[user][:password@]host[:port][,host[:port]…][/db]`: a server, or some nodes of a Redis Cluster, of which the
  ///   first that answers is asked where the keys live
  /// - `redis+unix://[[user]:password@]/path.sock[?db=n]`
  /// - `redis+sentinel://[user][:password@]host[:port][,host[:port]…]/primary[/db][?sentinelpassword=…][&sentineluser=…]`:
  ///   the sentinels and the name they have for the primary; the login before @ is for the primary, the query for the sentinels
  ///
  /// Texts are percent-decoded. Port 6379, that of a sentinel 26379, and database 0 unless given.
  public init(url: String) throws(RedisURLError) { server = try RedisServer(url: url) }

  /// The hosts and ports, or the path; never a password.
  public var address: String {
    server.places.map(\.description).joined(separator: ",") + (server.sentinels.map { "/\($0.primary)" } ?? "")
  }
}
