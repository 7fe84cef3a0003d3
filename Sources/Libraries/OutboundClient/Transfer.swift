internal import CCurl
import Reactor

/// One exchange under way, whatever its protocol: owns its easy handle, and lets its sender go on exactly once.
class Transfer {
  let easy: EasyHandle
  /// From the beginning to the end, waiting for a free connection included.
  let timeout: Duration
  var deadline: EventLoop.TimerID?
  private let addresses: AddressGuard
  private var continuation: CheckedContinuation<Void, Never>?
  private(set) var isFinished = false
  final var refusedAddresses = 0
  final var openedSockets = 0

  init(with easy: EasyHandle, within timeout: Duration, to addresses: AddressGuard) {
    self.easy = easy
    self.timeout = timeout
    self.addresses = addresses
  }

  final func wait(_ continuation: CheckedContinuation<Void, Never>) {
    if isFinished { continuation.resume() } else { self.continuation = continuation }
  }

  /// The outcome is known.
  final func finish() {
    isFinished = true
    continuation?.resume()
    continuation = nil
  }

  // MARK: - What a protocol adds

  /// Sets all options of the easy handle but the callbacks.
  func setUp() {}
  /// libcurl has ended it.
  func end(_ code: CURLcode) {}
  /// We have ended it.
  func end(_ failure: OutboundFailure) {}
  /// A part of the answer. False ends the transfer.
  func receive(body part: UnsafeRawBufferPointer) -> Bool { true }
  /// One line of a head, of a trailer, or of a server's reply. False ends the transfer.
  func receive(header line: UnsafeRawBufferPointer) -> Bool { true }
  /// Copies the next part of what is uploaded to `target` and says how many bytes; 0 at the end.
  func supply(_ target: UnsafeMutableRawBufferPointer) -> Int { 0 }

  // MARK: - Connections

  /// `address` has 4 or 16 bytes, or none for a Unix socket.
  final func mayConnect(to address: [UInt8]) -> Bool {
    guard address.isEmpty ? addresses.permitsUnixSockets : addresses.permits(address) else {
      refusedAddresses += 1
      return false
    }
    openedSockets += 1
    return true
  }

  /// What every protocol asks of its connections.
  final func setConnection(timeout: Duration, _ configuration: OutboundConfiguration) {
    easy.set(CURLOPT_PROXY, "")
    easy.set(CURLOPT_NOPROXY, "*")
    easy.set(CURLOPT_NOSIGNAL, 1)
    // A name that is still being looked up when its time is over would hold the loop up.
    easy.set(CURLOPT_QUICK_EXIT, 1)
    easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, timeout.milliseconds)
    easy.set(CURLOPT_MAXAGE_CONN, configuration.idleTime.milliseconds / 1000)
    if let authorities = configuration.certificateAuthorities { easy.set(CURLOPT_CAINFO, authorities) }
  }

  /// What libcurl's result means for a connection; nil for a result of the protocol.
  final func connectionFailure(_ code: CURLcode, _ message: String) -> OutboundFailure? {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: .cannotResolve(message)
    case CURLE_COULDNT_CONNECT: refusedAddresses > 0 && openedSockets == 0 ? .addressRefused(message) : .cannotConnect(message)
    case CURLE_OPERATION_TIMEDOUT: .timedOut(message)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE, CURLE_USE_SSL_FAILED:
      .tls(message)
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .connectionLost(message)
    default: nil
    }
  }
}

extension Duration {
  /// Rounded up, at least 1: libcurl takes 0 for its own default.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return max(1, Int(clamping: seconds) &* 1000 &+ Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }
}
