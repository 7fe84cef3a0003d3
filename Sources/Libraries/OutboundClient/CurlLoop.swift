internal import CCurl
import Reactor

/// libcurl's multi handle on one event loop: its sockets are the loop's watches, its timer one of the loop's timers.
@safe final class CurlLoop {
  private let loop: EventLoop
  let configuration: OutboundConfiguration
  private let multi: UnsafeMutableRawPointer
  /// By easy handle.
  private var transfers: [UInt: Transfer] = [:]
  private var watched: Set<Int32> = []
  private var timer: EventLoop.TimerID?
  private var idle: [EasyHandle] = []
  private var isClosed = false

  private static let idleHandles = 32

  /// Once in the process.
  private static let isInitialized: Bool = {
    let code = curl_global_init(Int(CURL_GLOBAL_ALL))
    let features = unsafe curl_version_info(CURLVERSION_TENTH).pointee.features
    precondition(code == CURLE_OK, "libcurl cannot start")
    precondition(features & CURL_VERSION_ASYNCHDNS != 0, "this libcurl would look names up on the event loop")
    return true
  }()

  init(loop: EventLoop, configuration: OutboundConfiguration) {
    _ = Self.isInitialized
    guard let multi = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory") }
    self.loop = loop
    self.configuration = configuration
    unsafe self.multi = unsafe multi
    set(CURLMOPT_MAXCONNECTS, configuration.connections)
    set(CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connections)
    set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHost)
    set(CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    let target = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, target)
    unsafe ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, target)
    unsafe ccurl_multi_set_socket_function(multi) { _, socket, what, target, _ in
      unsafe CurlLoop.from(target).watch(socket, what)
      return 0
    }
    unsafe ccurl_multi_set_timer_function(multi) { _, milliseconds, target in
      unsafe CurlLoop.from(target).setTimer(milliseconds)
      return 0
    }
  }

  /// Nothing runs any more, so nothing is watched.
  deinit {
    guard !isClosed else { return }
    unsafe ccurl_multi_set_socket_function(multi, nil)
    unsafe ccurl_multi_set_timer_function(multi, nil)
    unsafe curl_multi_cleanup(multi)
  }

  private func set(_ option: CURLMoption, _ value: Int) { unsafe ccurl_multi_set_long(multi, option, value) }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlLoop {
    guard let pointer = unsafe pointer else { preconditionFailure("a callback without its loop") }
    return unsafe Unmanaged<CurlLoop>.fromOpaque(pointer).takeUnretainedValue()
  }

  // MARK: - Transfers

  /// Carries a transfer out; then its outcome is in it. Throws `.closed` and `.cancelled` when it never began.
  func carryOut<Kind: Transfer>(_ make: (EasyHandle) -> Kind) async throws(OutboundFailure) -> Kind {
    loop.preconditionCurrent()
    if isClosed { throw .closed }
    if Task.isCancelled { throw .cancelled }
    let transfer = make(idle.popLast() ?? EasyHandle())
    let here = LoopBound((curl: self, transfer: transfer as Transfer), on: loop)
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        here.value.transfer.wait(continuation)
        here.value.curl.begin(here.value.transfer)
      }
    } onCancel: {
      here.onLoop { $0.curl.finish($0.transfer) { $0.end(.cancelled) } }
    }
    return transfer
  }

  private func begin(_ transfer: Transfer) {
    guard !transfer.isFinished else { return }
    transfer.easy.setCallbacks(to: transfer)
    transfer.setUp()
    transfers[transfer.easy.id] = transfer
    transfer.deadline = loop.after(transfer.timeout) { [weak self, weak transfer] in
      guard let transfer else { return }
      self?.finish(transfer) { $0.end(.timedOut("after \($0.timeout.milliseconds) ms")) }
    }
    let code = unsafe curl_multi_add_handle(multi, transfer.easy.pointer)
    precondition(code == CURLM_OK, "libcurl does not take a transfer: \(unsafe String(cString: curl_multi_strerror(code)))")
    act(CURL_SOCKET_BAD, 0)
  }

  /// The one way a transfer ends; `conclude` notes the outcome.
  private func finish(_ transfer: Transfer, _ conclude: (Transfer) -> Void) {
    guard !transfer.isFinished else { return }
    conclude(transfer)
    if transfers.removeValue(forKey: transfer.easy.id) != nil {
      if let deadline = transfer.deadline { loop.cancel(deadline) }
      unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
      transfer.easy.reset()
      if idle.count < Self.idleHandles { idle.append(transfer.easy) }
    }
    transfer.finish()
  }

  func close() {
    loop.preconditionCurrent()
    guard !isClosed else { return }
    isClosed = true
    for transfer in Array(transfers.values) { finish(transfer) { $0.end(.closed) } }
    idle.removeAll()
    unsafe curl_multi_cleanup(multi)
    setTimer(-1)
  }

  // MARK: - Between libcurl and the loop

  private func act(_ socket: curl_socket_t, _ events: Int32) {
    var running: Int32 = 0
    unsafe curl_multi_socket_action(multi, socket, events, &running)
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      let (kind, handle, code) = unsafe (message.pointee.msg, UInt(bitPattern: message.pointee.easy_handle), ccurl_message_result(message))
      if kind == CURLMSG_DONE, let transfer = transfers[handle] { finish(transfer) { $0.end(code) } }
    }
  }

  private func watch(_ socket: Int32, _ what: Int32) {
    if what == CURL_POLL_REMOVE {
      if watched.remove(socket) != nil { loop.unwatch(socket) }
      return
    }
    var interest: EventLoop.Readiness = []
    if what & CURL_POLL_IN != 0 { interest.insert(.read) }
    if what & CURL_POLL_OUT != 0 { interest.insert(.write) }
    if watched.insert(socket).inserted {
      loop.watch(socket, interest) { [weak self] ready in
        var events: Int32 = 0
        if ready.contains(.read) { events |= CURL_CSELECT_IN }
        if ready.contains(.write) { events |= CURL_CSELECT_OUT }
        self?.act(socket, events)
      }
    } else {
      loop.watch(socket, for: interest)
    }
  }

  /// Negative takes the timer away.
  private func setTimer(_ milliseconds: Int) {
    if let timer { loop.cancel(timer) }
    timer = nil
    guard milliseconds >= 0 else { return }
    timer = loop.after(.milliseconds(milliseconds)) { [weak self] in
      self?.timer = nil
      self?.act(CURL_SOCKET_BAD, 0)
    }
  }
}
