import HTTPTypes
import Reactor

/// One client's connection: reads requests one after the other, answers them in order, and knows how long each step may take.
/// Lives on one loop; nothing here is Sendable.
final class Connection {
  private enum Phase {
    /// Between requests, or with part of a head.
    case head
    case body
    case answering
    case streaming
    /// The last answer is written; what still comes is read and dropped, so that the client gets that answer whole.
    case lingering
  }

  let peer: SocketAddress
  private let socket: Socket
  private unowned let server: LoopServer
  private let loop: EventLoop
  private var phase = Phase.head
  private var input: [UInt8] = []
  private var start = 0
  private var scanned = 0
  private var output: [UInt8] = []
  private var sent = 0
  private var decoder: BodyDecoder?
  private var exchange: (request: Request, entry: Router.Entry)?
  private var task: Task<Void, Never>?
  private var producer: CheckedContinuation<Void, any Error>?
  private var isChunked = false
  private var inputEnded = false
  private var isProcessing = false
  private var isFlushScheduled = false
  private var isClosed = false
  /// Monotonic nanoseconds; `max` while there is nothing to wait for.
  private var deadline = UInt64.max
  private var bodyDeadline = UInt64.max
  private var writeDeadline = UInt64.max

  init(_ socket: Socket, peer: SocketAddress, server: LoopServer) {
    self.socket = socket
    self.peer = peer
    self.server = server
    loop = server.loop
    wait(server.limits.headTime)
    loop.watch(socket.descriptor, .read) { [unowned self] in ready($0) }
  }

  var descriptor: Int32 { socket.descriptor }
  private var limits: Limits { server.limits }
  private var isIdle: Bool { phase == .head && start == input.count && output.isEmpty }

  // MARK: - Reading

  private func ready(_ readiness: EventLoop.Readiness) {
    if readiness.contains(.write) { flush() }
    if readiness.contains(.read), !isClosed { read() }
  }

  private func read() {
    switch socket.read(into: &server.scratch) {
    case .bytes(let count):
      if phase == .lingering { return }
      if start == input.count { dropInput() }
      input.append(contentsOf: server.scratch[..<count])
      process()
    case .wouldBlock: break
    case .end: end()
    case .failed: close()
    }
  }

  private func dropInput() {
    input.removeAll(keepingCapacity: input.capacity <= 2048)
    start = 0
    scanned = 0
  }

  /// The client has finished sending. What it has asked is still answered, but for streams, which end with their reader.
  private func end() {
    inputEnded = true
    switch phase {
    case .answering: updateInterest()
    case .head, .body, .streaming, .lingering: output.isEmpty || phase != .head ? close() : closeAfterOutput()
    }
  }

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    do throws(Refusal) {
      while !isClosed {
        switch phase {
        case .head: guard try takeHead() else { return }
        case .body: guard try takeBody() else { return }
        case .answering, .streaming, .lingering: return updateInterest()
        }
      }
    } catch {
      refuse(error)
    }
  }

  /// False when more bytes are needed.
  private func takeHead() throws(Refusal) -> Bool {
    guard start < input.count else {
      dropInput()
      if inputEnded { output.isEmpty ? close() : closeAfterOutput() } else { wait(limits.idleTime) }
      return false
    }
    guard let length = try RequestHeadParser.end(in: input, from: start, scanned: &scanned, limits: limits) else {
      if exchangeStart == nil {
        exchangeStart = EventLoop.now
        wait(limits.headTime)
      }
      return false
    }
    exchangeStart = nil
    let head = try RequestHeadParser.parse(input[start..<start + length], limits: limits)
    start += length
    scanned = start
    try begin(head)
    return true
  }
  /// When the first bytes of an unfinished head came.
  private var exchangeStart: UInt64?

  private func begin(_ head: RequestHead) throws(Refusal) {
    let path = head.text(head.path)
    let match = server.router.match(head.method, path)
    let request = Request(head, path: path, match: match, peer: peer, receivedAt: EventLoop.now)
    exchange = (request, match.entry)
    guard head.framing != .none else { return answer(request, match.entry) }
    let decoder = try BodyDecoder(head.framing, limit: match.entry.bodyLimit ?? limits.bodyBytes, limits: limits)
    guard !decoder.isDone else { return answer(request, match.entry) }
    self.decoder = decoder
    phase = .body
    bodyDeadline = EventLoop.now &+ limits.bodyTime.nanoseconds
    if head.expectsContinue, start == input.count {
      output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
      scheduleFlush()
    }
  }

  private func takeBody() throws(Refusal) -> Bool {
    guard let exchange else { return false }
    try decoder?.take(from: input, at: &start)
    guard let decoder, decoder.isDone else {
      dropInputIfTaken()
      wait(limits.bodyStallTime)
      return false
    }
    scanned = start
    exchange.request.body = decoder.body
    self.decoder = nil
    bodyDeadline = .max
    answer(exchange.request, exchange.entry)
    return true
  }

  /// An unfinished chunk line stays; all else has been taken.
  private func dropInputIfTaken() {
    if start == input.count {
      dropInput()
    } else if start > 0 {
      input.removeFirst(start)
      start = 0
      scanned = 0
    }
  }

  // MARK: - Answering

  private func answer(_ request: Request, _ entry: Router.Entry) {
    phase = .answering
    deadline = .max
    let started = loop.start { [self] in
      var response: Response
      do { response = try await entry.handler(request) } catch { response = server.onError(error, request) }
      if case .stream(let produce) = response.body, request.method != .head {
        await stream(response, request, produce)
      } else {
        send(response, to: request)
      }
    }
    if phase == .answering || phase == .streaming, exchange?.request === request { task = started }
  }

  private func send(_ response: Response, to request: Request) {
    guard !isClosed else { return }
    let keepAlive = request.head.keepsAlive && !server.isStopping
    var body: [UInt8] = []
    if case .bytes(let bytes) = response.body { body = bytes }
    let hasNone = response.status.kind == .informational || response.status == .noContent || response.status == .notModified
    ResponseWriter.appendHead(
      response, framing: hasNone ? .none : .length(body.count), keepAlive: keepAlive, isHTTP10: request.head.isHTTP10,
      date: server.date.bytes(), to: &output)
    if request.method != .head, !hasNone { output.append(contentsOf: body) }
    finishExchange(keepAlive: keepAlive)
  }

  private func finishExchange(keepAlive: Bool) {
    exchange = nil
    task = nil
    if keepAlive {
      phase = .head
      scheduleFlush()
      process()
    } else {
      closeAfterOutput()
    }
  }

  /// Answers what is no request; whatever else the client sent is dropped.
  private func refuse(_ refusal: Refusal) {
    guard !isClosed else { return }
    let isHead = exchange?.request.method == .head
    exchange = nil
    decoder = nil
    let response = server.onRefusal(refusal, peer)
    var body: [UInt8] = []
    if case .bytes(let bytes) = response.body { body = bytes }
    ResponseWriter.appendHead(
      response, framing: .length(body.count), keepAlive: false, isHTTP10: false, date: server.date.bytes(), to: &output)
    if !isHead { output.append(contentsOf: body) }
    closeAfterOutput()
  }

  // MARK: - Streaming

  private func stream(_ response: Response, _ request: Request, _ produce: (ResponseStream) async throws -> Void) async {
    guard !isClosed else { return }
    phase = .streaming
    isChunked = !request.head.isHTTP10
    let keepAlive = request.head.keepsAlive && isChunked && !server.isStopping
    ResponseWriter.appendHead(
      response, framing: isChunked ? .chunked : .untilClose, keepAlive: keepAlive, isHTTP10: !isChunked,
      date: server.date.bytes(), to: &output)
    scheduleFlush()
    do {
      try await produce(ResponseStream(LoopBound(self, on: loop)))
    } catch  where server.isStopping || error is CancellationError {
    } catch {
      return close()
    }
    guard !isClosed else { return }
    if isChunked { output.append(contentsOf: "0\r\n\r\n".utf8) }
    finishExchange(keepAlive: keepAlive && !server.isStopping)
  }

  func writeChunk(_ bytes: [UInt8]) async throws {
    guard !isClosed else { throw ResponseStream.Closed() }
    if isChunked { ResponseWriter.appendChunk(bytes, to: &output) } else { output.append(contentsOf: bytes) }
    scheduleFlush()
    guard output.count - sent >= limits.streamBytes else { return }
    let me = LoopBound(self, on: loop)
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { producer = $0 }
    } onCancel: {
      me.onLoop { $0.resumeProducer(.failure(CancellationError())) }
    }
  }

  private func resumeProducer(_ result: Result<Void, any Error>) {
    let waiting = producer
    producer = nil
    waiting?.resume(with: result)
  }

  // MARK: - Writing

  private func scheduleFlush() {
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    server.flushAtEndOfTurn(self)
  }

  /// One write takes all that the turn has produced, unless the client is slow.
  func flush() {
    isFlushScheduled = false
    guard !isClosed else { return }
    while sent < output.count {
      switch socket.write(output, from: sent) {
      case .bytes(let count):
        sent += count
        if sent < output.count { writeDeadline = EventLoop.now &+ limits.writeStallTime.nanoseconds }
      case .wouldBlock, .end:
        if writeDeadline == .max { writeDeadline = EventLoop.now &+ limits.writeStallTime.nanoseconds }
        if output.count - sent < limits.streamBytes { resumeProducer(.success(())) }
        return updateInterest()
      case .failed: return close()
      }
    }
    output.removeAll(keepingCapacity: output.capacity <= 2048)
    sent = 0
    writeDeadline = .max
    updateInterest()
    resumeProducer(.success(()))
    if phase == .lingering { linger() }
  }

  private func updateInterest() {
    var interest: EventLoop.Readiness = []
    if !inputEnded, phase == .head || phase == .body || phase == .lingering || input.count - start < limits.pipelineBytes {
      interest.insert(.read)
    }
    if sent < output.count, !isFlushScheduled { interest.insert(.write) }
    loop.watch(socket.descriptor, for: interest)
  }

  // MARK: - Ending

  private func closeAfterOutput() {
    phase = .lingering
    dropInput()
    deadline = .max
    bodyDeadline = .max
    scheduleFlush()
  }

  private func linger() {
    if inputEnded { return close() }
    socket.finishWriting()
    wait(limits.lingerTime)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    loop.unwatch(socket.descriptor)
    socket.close()
    task?.cancel()
    task = nil
    resumeProducer(.failure(ResponseStream.Closed()))
    server.remove(self)
  }

  /// The server stops: idle connections close, streams end, the rest finishes its answer.
  func prepareToStop() {
    if isIdle { close() } else if phase == .streaming { task?.cancel() }
  }

  // MARK: - Time

  private func wait(_ time: Duration) { deadline = EventLoop.now &+ time.nanoseconds }

  /// Called every `Limits.sweepInterval`.
  func checkDeadlines(at now: UInt64) {
    if writeDeadline <= now { return close() }
    guard deadline <= now || bodyDeadline <= now else { return }
    switch phase {
    case .head where start == input.count: close()
    case .head, .body: refuse(.timedOut)
    case .answering, .streaming: break
    case .lingering: close()
    }
  }
}

extension Duration {
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) &* 1_000_000_000 &+ UInt64(max(0, attoseconds) / 1_000_000_000)
  }
}
