import Logging
import Messaging
import Reactor
import RedisClient
import ServiceRuntime
import StatusModel

/// Reminds of incidents of severity 1 or 2 that nobody leads, or that the public has long heard nothing about: on the timeline and on the
/// bus, once in the cluster, again after twice the time.
struct Reminders: Sendable {
  enum About: String, CaseIterable { case update, commander }

  let store: IncidentsStore
  /// After how many seconds; 0: never.
  let seconds: [About: Int]
  let logger: Logger

  private static let round = Duration.seconds(5)
  /// Reminders of one kind that a round gives at most.
  private static let limit = 100
  /// This service, as the one who does it.
  private static let ownCaller = Caller(
    application: Application(name: ServiceName.incidents.rawValue, scopes: [.read, .write], strict: true, admin: false, expiresAt: nil),
    isSigned: true)

  init(_ store: IncidentsStore, _ configuration: Configuration, logger: Logger) {
    self.init(
      store,
      seconds: [
        .update: 60 * (configuration.number("REMIND_UPDATE_MINUTES") ?? 0),
        .commander: 60 * (configuration.number("REMIND_COMMANDER_MINUTES") ?? 0),
      ], logger: logger)
  }

  init(_ store: IncidentsStore, seconds: [About: Int], logger: Logger) {
    self.store = store
    self.seconds = seconds
    self.logger = logger
  }

  /// Until cancelled, on a loop.
  func run() async {
    while (try? await EventLoop.current.sleep(for: Self.round)) != nil {
      do { try await remind() } catch {
        logger.notice("reminders wait", metadata: ["error": "\((error as? Failure)?.detail ?? "\(error)")"])
      }
    }
  }

  /// Gives the reminders that are due, each under a correlation id of its own. Throws `.unavailable`.
  func remind() async throws {
    for (about, seconds) in seconds where seconds > 0 {
      for _ in 0..<Self.limit {
        let isGiven = try await Caller.$current.withValue(Self.ownCaller) {
          try await CorrelationID.$current.withValue("") { try await store.remind(about, after: seconds) }
        }
        if !isGiven { break }
      }
    }
  }
}

extension IncidentsStore {
  private static let remindScript = mutation("incidents.remind", Embedded.remindLua)

  /// Reminds of one incident; false when there is none that it is time for. Throws `.unavailable`.
  func remind(_ about: Reminders.About, after seconds: Int) async throws(Failure) -> Bool {
    try await mutations.run(Self.remindScript, [.string(about.rawValue), .integer(seconds)]).first?.string == "ok"
  }
}
