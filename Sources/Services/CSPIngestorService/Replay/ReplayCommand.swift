import HTTPServer
import HTTPTypes
import JSONBytes
import Reactor
import ServiceRuntime
import StatusModel

/// `csp-ingestor --replay FOLDER [--speed 60] [--port 8084]`: serves recorded bodies over time, so that an ingestor may poll them.
public enum ReplayCommand {
  /// Serves until the process is ended; false for anything else than `--replay`. What fails ends the process.
  public static func answer(_ arguments: [String]) async -> Bool {
    guard arguments.dropFirst().first == "--replay" else { return false }
    ProcessSetup.prepare()
    do {
      let options = try Options(Array(arguments.dropFirst(2)))
      let server = try await ReplayServer.start(Replay(folder: options.folder), speed: options.speed, port: options.port)
      LineWriter(descriptor: 1).write { $0.append(contentsOf: "\(server.announcement)\n".utf8) }
      // Until a signal ends the process: there is nothing to finish.
      while true { try await Task.sleep(for: .seconds(3600)) }
    } catch {
      Node.fail("csp-ingestor cannot replay: \(error)")
    }
  }

  private struct Options {
    var folder = ""
    var speed = 60
    var port: UInt16 = 8084

    struct Wrong: Error, CustomStringConvertible {
      let description: String
    }

    init(_ arguments: [String]) throws {
      guard let folder = arguments.first else { throw Wrong(description: "--replay needs a folder") }
      self.folder = folder
      var rest = arguments.dropFirst()
      while let name = rest.popFirst() {
        let value = rest.popFirst() ?? ""
        switch name {
        case "--speed":
          guard let speed = Int(value), (1...86_400).contains(speed) else {
            throw Wrong(description: "--speed is a number from 1 to 86400")
          }
          self.speed = speed
        case "--port":
          guard let port = UInt16(value) else { throw Wrong(description: "--port is a number from 0 to 65535") }
          self.port = port
        default: throw Wrong(description: "it knows --speed and --port, not \(name)")
        }
      }
    }
  }
}

/// A replay over HTTP on loopback: `/<provider>/<anything>` is that provider's feed, `/` tells what there is.
struct ReplayServer: Sendable {
  let address: SocketAddress
  private let replay: Replay
  private let clock: ReplayClock
  private let server: Server
  private let loops: LoopGroup

  /// Its time begins now. `wall` gives milliseconds since the epoch. Throws `SocketFailure`.
  static func start(
    _ replay: Replay, speed: Int, port: UInt16, wall: @escaping @Sendable () -> Int64 = Node.wallClock
  ) async throws -> ReplayServer {
    let loops = LoopGroup(count: 1)
    loops.start()
    let feeds = Feeds(replay: replay, clock: ReplayClock(startedAt: wall(), begin: replay.begin, speed: speed), wall: wall)
    let server = Server(
      Router([Route(.get, "/", handler: feeds.overview), Route(.get, "/{provider}/{feed}", handler: feeds.feed)]), loops: loops)
    let address = try await server.listen(at: .internet(bytes: [127, 0, 0, 1], port: port))
    return ReplayServer(address: address, replay: replay, clock: feeds.clock, server: server, loops: loops)
  }

  func stop() async {
    await server.stop(grace: .zero)
    loops.stop()
  }

  var announcement: String {
    let names = replay.steps.keys.sorted().map { "http://\(address)/\($0)/feed" }
    return "replaying at \(clock.speed) times the speed: \(names.joined(separator: " "))"
  }

  private struct Feeds: Sendable {
    let replay: Replay
    let clock: ReplayClock
    let wall: @Sendable () -> Int64

    func feed(_ request: Request) async throws -> Response {
      let provider = request.parameters["provider"] ?? ""
      guard let step = replay.step(provider, at: clock.time(at: wall())) else {
        return .text("There is no feed of \(provider) yet.\n", status: .notFound)
      }
      var answer = Response(contentType: step.contentType, replay.dated(step.body, clock))
      answer.headerFields[.eTag] = "\"\(step.time)\""
      return answer.conditional(on: request)
    }

    /// The replay's time, its feeds, and the registrations with their addresses.
    func overview(_ request: Request) async throws -> Response {
      let host = "http://\(request.header(HTTPField.Name("Host")!) ?? "127.0.0.1")"
      let providers = replay.providers.map { provider -> JSONValue in
        var body = provider.object ?? JSONObject()
        body["feed_url"] = .string(host + (body["path"]?.string ?? "/"))
        body["path"] = nil
        return .object(body)
      }
      let feeds = replay.steps.sorted { $0.key < $1.key }.map { name, steps -> JSONValue in
        ["name": .string(name), "feed_url": .string("\(host)/\(name)/feed"), "steps": .integer(steps.count)]
      }
      let answer: JSONValue = [
        "time": .integer(clock.time(at: wall())), "begin": .integer(replay.begin), "speed": .integer(clock.speed),
        "feeds": .array(feeds), "providers": .array(providers),
      ]
      return Response(contentType: "application/json", answer.bytes)
    }
  }
}
