public import Reactor

/// Limits of a client, for each loop, and what it may reach.
public struct OutboundConfiguration: Sendable {
  public var addresses = AddressGuard.open
  /// Open connections, idle ones included; requests beyond wait for one.
  public var connections = 128
  public var connectionsPerHost = 32
  /// An idle connection older than this is not used again: less than what servers keep, so that a request rarely meets one closing.
  public var idleTime = Duration.seconds(60)
  /// A PEM file of authorities to trust instead of the system's.
  public var certificateAuthorities: String?

  public init(addresses: AddressGuard = .open) { self.addresses = addresses }
}

/// Sends HTTP/1.1 requests with libcurl, on the event loop of the caller. One pool of connections for each loop.
///
/// Requests under different address guards need different clients: a connection in the pool is not judged again.
/// No proxies, no cookies, no credentials in URLs; certificates are verified.
public final class OutboundClient: Sendable {
  private let loops: LoopGroup
  private let transfers: PerLoop<CurlLoop>

  public init(loops: LoopGroup, configuration: OutboundConfiguration = OutboundConfiguration()) {
    self.loops = loops
    transfers = PerLoop(loops: loops.loops.count) { CurlLoop(loop: $0, configuration: configuration) }
  }

  /// Call it on a loop. Every status is an answer; cancelling the task ends the transfer with `.cancelled`.
  /// A request that fails on a connection used before, without a byte of answer, is sent once more on a new one.
  public func send(_ request: OutboundRequest) async throws(OutboundFailure) -> OutboundResponse {
    try HTTPTransfer.check(request)
    let curl = transfers.here
    return try await curl.carryOut { HTTPTransfer(request, with: $0, configuration: curl.configuration) }.outcome.get()
  }

  /// Ends what runs with `.closed` and closes all connections, on every loop. Call it before the loops stop.
  public func close() async {
    // Throws only what the body throws.
    try? await loops.onEach { [transfers] _ in transfers.hereIfMade?.close() }
  }
}
