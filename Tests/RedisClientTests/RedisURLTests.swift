import Testing

@testable import RedisClient

@Suite struct RedisURLTests {
  typealias Place = RedisServer.Place

  @Test(arguments: [
    ("redis://localhost", RedisServer(places: [.host("localhost", port: 6379)])),
    ("redis://10.0.0.1:7000", RedisServer(places: [.host("10.0.0.1", port: 7000)])),
    ("redis://h/", RedisServer(places: [.host("h", port: 6379)])),
    ("redis://h:1/15", RedisServer(places: [.host("h", port: 1)], database: 15)),
    ("REDIS://h", RedisServer(places: [.host("h", port: 6379)])),
    ("redis://:secret@h", RedisServer(places: [.host("h", port: 6379)], password: "secret")),
    ("redis://ann:p%40%3a%2F%25@h:2/3", RedisServer(places: [.host("h", port: 2)], user: "ann", password: "p@:/%", database: 3)),
    ("redis://:a@b@h", RedisServer(places: [.host("h", port: 6379)], password: "a@b")),
    ("redis://:@h", RedisServer(places: [.host("h", port: 6379)], password: "")),
    ("redis://[::1]", RedisServer(places: [.host("::1", port: 6379)])),
    ("redis://[::1]:7000/2", RedisServer(places: [.host("::1", port: 7000)], database: 2)),
    ("redis+unix:///run/redis.sock", RedisServer(places: [.path("/run/redis.sock")])),
    ("redis+unix:///a%20b.sock?db=4", RedisServer(places: [.path("/a b.sock")], database: 4)),
    ("redis://a,b:7001,[::1]:7002/0", RedisServer(places: [.host("a", port: 6379), .host("b", port: 7001), .host("::1", port: 7002)])),
    (
      "redis+sentinel://a,b:1/main",
      RedisServer(places: [.host("a", port: 26379), .host("b", port: 1)], sentinels: .init(primary: "main"))
    ),
    (
      "redis+sentinel://u:p@a/my%20main/2?sentineluser=s&sentinelpassword=x%26y",
      RedisServer(
        places: [.host("a", port: 26379)], sentinels: .init(primary: "my main", user: "s", password: "x&y"), user: "u", password: "p",
        database: 2)
    ),
    ("redis+unix://u:p@/r.sock", RedisServer(places: [.path("/r.sock")], user: "u", password: "p")),
  ])
  func `a good URL`(url: String, server: RedisServer) throws {
    #expect(try RedisConfiguration(url: url).server == server)
  }

  @Test(arguments: [
    ("", "starts with redis://"), ("localhost:6379", "starts with redis://"), ("http://h", "unknown scheme http://"),
    ("rediss://h", "no TLS"), ("redis://a,", "names no host"), ("redis+sentinel://h", "names the primary"),
    ("redis+sentinel://h/", "names the primary"), ("redis+sentinel:///main", "names no host"),
    ("redis+sentinel://h/main/x", "not a number"),
    ("redis+sentinel://h/main?password=secret", "sentinelpassword"),
    ("redis+sentinel://h/main?sentineluser=u", "needs &sentinelpassword"),
    ("redis://", "names no host"),
    ("redis://:6379", "names no host"), ("redis://h:0", "not from 1 to 65535"), ("redis://h:65536", "not from 1 to 65535"),
    ("redis://h:", "not from 1 to 65535"), ("redis://h/x", "not a number"), ("redis://h/-1", "not a number"),
    ("redis://h/1/2", "not a number"), ("redis://h?db=1", "no ?query"), ("redis://h#1", "no #fragment"),
    ("redis://secret@h", "user:password"), ("redis://:%4@h", "two hexadecimal"), ("redis://:%zz@h", "two hexadecimal"),
    ("redis://:%ff@h", "UTF-8"), ("redis://:a%00b@h", "UTF-8"), ("redis://[::1", "ends with ]"), ("redis://[::1]7", "after ]"),
    ("redis+unix://", "absolute path"), ("redis+unix://h/p", "absolute path"), ("redis+unix:///p?x=1", "?db=n"),
    ("redis+unix:///p?db=", "not a number"), ("redis+unix:///" + String(repeating: "a", count: 107), "107 bytes"),
  ])
  func `a bad URL is refused with a line that says why`(url: String, reason: String) {
    #expect { try RedisConfiguration(url: url) } throws: { error in
      let line = "\(error)"
      return line.contains(reason) && !line.contains("secret") && !line.contains("\n")
    }
  }

  @Test func `the address shown has no password`() throws {
    #expect(try RedisConfiguration(url: "redis://u:secret@h:7").address == "h:7")
    #expect(try RedisConfiguration(url: "redis://[::1]").address == "[::1]:6379")
    #expect(try RedisConfiguration(url: "redis+sentinel://:secret@a,b/main?sentinelpassword=secret").address == "a:26379,b:26379/main")
  }
}
