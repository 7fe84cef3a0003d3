import JSONBytes
public import Reactor
public import RedisClient
import Signing
public import StatusModel
import Synchronization

/// Who is calling: sessions, keys and signing applications. Written by users, read by every service itself, so that nobody
/// depends on users being up.
///
/// Keys, all under `{namespace}:identity:`
/// - `session:<SHA-256 of token>` hash: id, user, created_at, expires_at, used_at, address, agent
/// - `sessions:<user>` sorted set of those hashes, by creation
/// - `link:<SHA-256 of token>` hash: user, purpose, password_version, expires_at
/// - `application:<name>` hash: name, appid, consumer_key, key_digest, scopes, strict, admin, expires_at, service, json
/// - `applications` sorted set of names; `consumers` and `keys` hashes: consumer key or SHA-256 of the key -> name
/// - `accepted:<consumer key>:<token>` while that signature could be sent again
///
/// A person is read from `{namespace}:users:user:<id>`, fields `json`, `state`, `password_version`.
///
/// Call on a loop. What is known is kept 5 s on each loop, what is unknown 1 s; so a revocation bites within 5 s.
/// Every call fails with `Failure.unavailable` while Redis is away and the answer is not at hand.
public final class Identity: Sendable {
  private let redis: Redis
  private let namespace: String
  private let environment: String
  private let clock: @Sendable () -> Int64
  private let caches: PerLoop<Cache>
  private let generation = Atomic<Int>(0)

  /// `clock` gives milliseconds since the epoch; `environment` is the `env` of consumer keys.
  public init(redis: Redis, namespace: String, environment: String, clock: @escaping @Sendable () -> Int64, loops: LoopGroup) {
    self.redis = redis
    self.namespace = namespace
    self.environment = environment
    self.clock = clock
    caches = PerLoop(loops: loops.loops.count) { _ in Cache() }
  }

  /// The person a token was given to: nil when it was never given, has ended (30 days, 7 without use), was revoked, or its account cannot sign in.
  /// `address` and `agent` are recorded as those of the last use, at most once a minute.
  public func person(token: String, address: String = "", agent: String = "") async throws(Failure) -> Person? {
    guard Self.isToken(token, .userToken) else { return nil }
    let cache = current
    let now = clock()
    if let answer = cache.persons.find(token, at: now) { return answer }
    let seen = cache.generation
    let reply = try await run(
      Self.session, [.string(SecretToken.hash(token)), .string("\(now / 1000)"), .string(address), .string(String(agent.prefix(200)))])
    let person = reply.array.flatMap { fields in
      fields.count == 2 ? Self.person(json: fields[0].bytes, sessionID: fields[1].string) : nil
    }
    if seen == current.generation { current.persons.keep(person, for: token, at: now) }
    return person
  }

  /// The person of a user id, without a session; nil when the account cannot sign in.
  public func account(id: String) async throws(Failure) -> Account? {
    let cache = current
    let now = clock()
    if let answer = cache.accounts.find(id, at: now) { return answer }
    let seen = cache.generation
    let reply = try await command("HMGET", .string("\(namespace):users:user:\(id)"), "json", "state", "password_version")
    let fields = reply.array ?? []
    var account: Account?
    if fields.count == 3, fields[1].string == "working", let person = Self.person(json: fields[0].bytes, sessionID: nil) {
      account = Account(person: person, passwordVersion: fields[2].int ?? 0)
    }
    if seen == current.generation { current.accounts.keep(account, for: id, at: now) }
    return account
  }

  /// The application a `psk_` key belongs to; nil when unknown or expired.
  public func application(key: String) async throws(Failure) -> Application? {
    guard Self.isToken(key, .key) else { return nil }
    return try await registered("keys", key, digest: true)?.application
  }

  /// The application that signs under a consumer key, with the secret to verify its signatures; nil when unknown or expired.
  public func application(consumerKey: String) async throws(Failure) -> RegisteredApplication? {
    guard consumerKey.utf8.count <= 64 else { return nil }
    return try await registered("consumers", consumerKey, digest: false)
  }

  /// True the first time a signature is shown, false when it is shown again within `window` (Redis `SET NX PX`).
  public func acceptOnce(replayKey: String, window: Duration) async throws(Failure) -> Bool {
    let milliseconds = window.components.seconds * 1000 + 1000
    let key = RedisArgument.string("\(namespace):identity:accepted:\(replayKey)")
    return try await command("SET", key, "1", "NX", "PX", .string("\(milliseconds)")) != .null
  }

  /// The appid a service signs with. At the first start it makes its own, once for all replicas; `configured` (POLYSTATUS_APPID) overrides.
  /// Fails with `conflict` when another application has the configured one.
  public func ownApplication(_ service: ServiceName, configured: String? = nil) async throws(Failure) -> RegisteredApplication {
    let candidate = configured ?? SecretToken.make(.applicationID)
    let reply = try await run(
      Self.ownApplication,
      [.string(service.rawValue), .string(candidate), configured == nil ? "candidate" : "configured", .string("\(clock())")])
    guard let appid = reply.string else { throw .defect }
    try await index(name: service.rawValue, appid: appid)
    let application = Application(name: service.rawValue, scopes: Set(Scope.allCases), strict: true, admin: false, expiresAt: nil)
    return RegisteredApplication(application: application, appid: appid)
  }

  /// Makes every registered application known under its consumer key of this environment.
  public func indexApplications() async throws(Failure) {
    let names = try await command("ZRANGE", .string("\(namespace):identity:applications"), "0", "-1").array ?? []
    for name in names.compactMap(\.string) {
      let appid = try await command("HGET", .string("\(namespace):identity:application:\(name)"), "appid").string
      if let appid { try await index(name: name, appid: appid) }
    }
  }

  /// The consumer key of an appid in this environment.
  public func consumerKey(appid: String) -> String { RequestSignature.consumerKey(appid: appid, env: environment) }

  /// Forgets, on every loop of this process, what was read: whoever has just revoked something sees it at once.
  public func forget() { generation.add(1, ordering: .relaxed) }

  private func index(name: String, appid: String) async throws(Failure) {
    let consumers = RedisArgument.string("\(namespace):identity:consumers")
    let key = RedisArgument.string(consumerKey(appid: appid))
    guard try await command("HSETNX", consumers, key, .string(name)) == .integer(0) else { return }
    guard try await command("HGET", consumers, key).string == name else {
      throw .conflict("The appid of \(name) belongs to another application; every service needs its own.")
    }
  }

  private func registered(_ index: String, _ value: String, digest: Bool) async throws(Failure) -> RegisteredApplication? {
    let cache = current
    let now = clock()
    let answer: RegisteredApplication?
    if let kept = cache.applications.find(value, at: now) {
      answer = kept
    } else {
      let seen = cache.generation
      let reply = try await run(Self.application, [.string(index), .string(digest ? SecretToken.hash(value) : value)])
      answer = RegisteredApplication(fields: reply.array ?? [])
      if seen == current.generation { current.applications.keep(answer, for: value, at: now) }
    }
    if let ends = answer?.application.expiresAt, Int64(ends) * 1000 <= now { return nil }
    return answer
  }

  private var current: Cache {
    let cache = caches.here
    let wanted = generation.load(ordering: .relaxed)
    if cache.generation != wanted { cache.empty(generation: wanted) }
    return cache
  }
}

/// An account that can sign in.
public struct Account: Sendable, Equatable {
  public let person: Person
  /// Grows with every change of the password.
  public let passwordVersion: Int
}

/// An application with its secret. Its description hides the secret.
public struct RegisteredApplication: Sendable, Equatable, CustomStringConvertible {
  public let application: Application
  /// The HMAC key: never to be logged or sent.
  public let appid: String

  public var description: String { "application \(application.name)" }
}

extension Identity {
  private static let session = RedisScript(name: "identity.session", source: Embedded.sessionLua)
  private static let application = RedisScript(name: "identity.application", source: Embedded.applicationLua)
  private static let ownApplication = RedisScript(name: "identity.own-application", source: Embedded.ownApplicationLua)

  /// A prefix and 256 bits in hexadecimal.
  private static func isToken(_ text: String, _ kind: SecretToken.Kind) -> Bool {
    text.utf8.count == kind.prefix.utf8.count + 64 && text.utf8.starts(with: kind.prefix.utf8)
  }

  private static func person(json: [UInt8]?, sessionID: String?) -> Person? {
    guard let json, let user = try? JSONValue(parsing: json), let id = user["id"]?.string, let name = user["name"]?.string,
      let email = user["email"]?.string, let role = user["role"]?.string.flatMap(Role.init(rawValue:))
    else { return nil }
    return Person(id: id, name: name, email: email, role: role, sessionID: sessionID)
  }

  private func run(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(Failure) -> RedisValue {
    do { return try await redis.run(script, keys: [.string(namespace)], arguments: arguments) } catch { throw Failure(error) }
  }

  private func command(_ words: RedisArgument...) async throws(Failure) -> RedisValue {
    do { return try await redis.command(words) } catch { throw Failure(error) }
  }
}

extension Failure {
  fileprivate init(_ failure: RedisFailure) {
    switch failure {
    case .server: self = .defect
    default: self = .unavailable("We cannot check who is calling just now. Try again.", retryAfter: 2)
    }
  }
}

extension RegisteredApplication {
  /// The reply of application.lua.
  fileprivate init?(fields: [RedisValue]) {
    guard fields.count == 6, let name = fields[0].string, let appid = fields[1].string else { return nil }
    let scopes = (fields[2].string ?? "").split(separator: ",").compactMap { Scope(rawValue: String($0)) }
    application = Application(
      name: name, scopes: Set(scopes), strict: fields[3].string != "0", admin: fields[4].string == "1",
      expiresAt: fields[5].string.flatMap { Int($0) })
    self.appid = appid
  }
}

/// What one loop has read.
private final class Cache {
  var generation = 0
  var persons = Answers<Person>()
  var accounts = Answers<Account>()
  var applications = Answers<RegisteredApplication>()

  func empty(generation: Int) {
    self.generation = generation
    persons = Answers()
    accounts = Answers()
    applications = Answers()
  }
}
