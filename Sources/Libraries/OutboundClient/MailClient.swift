public import Reactor

/// One mail for one person.
public struct OutboundMail: Sendable {
  /// Bare addresses of printable ASCII, such as `ada@example.org`: of the envelope (RFC 5321).
  public var sender: String
  public var recipient: String
  /// Head and body, lines ended by CR LF (RFC 5322).
  public var message: [UInt8]
  /// Until there is a session: name, TCP, TLS, greeting.
  public var connectTimeout = Duration.seconds(15)
  /// Until the server has taken the mail, waiting for a free connection included.
  public var timeout = Duration.seconds(120)

  public init(from sender: String, to recipient: String, _ message: [UInt8]) {
    self.sender = sender
    self.recipient = recipient
    self.message = message
  }
}

/// Why a mail was not taken. The texts hold no mail address.
public enum MailFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The mail is none that could be sent; the server was not asked.
  case invalid(String)
  /// The server will never take this one: it answered 5xx to sender, recipient or message.
  case refused(String)
  /// The server does not take it now: it answered 4xx.
  case postponed(String)
  /// There was no session in which to ask: no connection, no TLS, no login; or it broke off, and the mail may have been taken.
  case unreachable(String)
  /// The task was cancelled or the client closed; the mail may have been taken.
  case interrupted

  public var description: String {
    switch self {
    case .invalid(let detail): "Not a mail: \(detail)"
    case .refused(let detail): "Refused: \(detail)"
    case .postponed(let detail): "Not now: \(detail)"
    case .unreachable(let detail): "No mail server: \(detail)"
    case .interrupted: "Interrupted."
    }
  }
}

/// Sends mails to one server with libcurl, on the event loop of the caller. Sessions are kept for the next mail.
public final class MailClient: Sendable {
  private let loops: LoopGroup
  private let server: MailServer
  private let transfers: PerLoop<CurlLoop>

  /// `connections` are the most sessions of each loop.
  public init(loops: LoopGroup, server: MailServer, connections: Int) {
    self.loops = loops
    self.server = server
    var configuration = OutboundConfiguration()
    configuration.connections = connections
    configuration.connectionsPerHost = connections
    configuration.idleTime = .seconds(30)
    configuration.certificateAuthorities = server.certificateAuthorities
    let limits = configuration
    transfers = PerLoop(loops: loops.loops.count) { CurlLoop(loop: $0, configuration: limits) }
  }

  /// Returns when the server has taken the mail. Call it on a loop.
  public func send(_ mail: OutboundMail) async throws(MailFailure) {
    try MailTransfer.check(mail)
    let curl = transfers.here
    let transfer: MailTransfer
    do {
      transfer = try await curl.carryOut { [server] in MailTransfer(mail, to: server, with: $0, configuration: curl.configuration) }
    } catch {
      throw .interrupted
    }
    if let failure = transfer.failure { throw failure }
  }

  /// Ends what runs with `.interrupted` and closes all sessions, on every loop. Call it before the loops stop.
  public func close() async {
    // Throws only what the body throws.
    try? await loops.onEach { [transfers] _ in transfers.hereIfMade?.close() }
  }
}
