import Reactor

/// Where the keys of a client live in a Redis Cluster. They share one hash slot (a namespace is a hash tag), and a slot has one
/// primary, so one place is all a client remembers; keys in more slots are more clients. Against a plain server it stays unset.
struct SlotHome {
  private var place: RedisServer.Place?

  /// MOVED named it.
  mutating func move(to place: RedisServer.Place) { self.place = place }

  /// Where to look, in this order: home may have died, and then any node knows the new one.
  func candidates(_ places: [RedisServer.Place]) -> [RedisServer.Place] {
    guard let place else { return places }
    return [place] + places.filter { $0 != place }
  }
}

/// Why a server would not do a command that another one will.
enum Redirection: Equatable {
  /// `MOVED slot host:port`: that node has the slot now.
  case moved(RedisServer.Place)
  /// `ASK slot host:port`: that node is taking over the slot, and has the keys that are no longer or not yet here.
  case ask(RedisServer.Place)

  /// Nil when `failure` is another. `host` answered: Redis leaves the host out when it is the same.
  init?(_ failure: RedisFailure, from host: String) {
    guard case .server(let code, let message) = failure, code == "MOVED" || code == "ASK" else { return nil }
    let words = message.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, let colon = words[1].lastIndex(of: ":"), let port = UInt16(words[1][words[1].index(after: colon)...]) else {
      return nil
    }
    let named = words[1][..<colon]
    let place = RedisServer.Place.host(named.isEmpty ? host : String(named), port: port)
    self = code == "MOVED" ? .moved(place) : .ask(place)
  }
}
