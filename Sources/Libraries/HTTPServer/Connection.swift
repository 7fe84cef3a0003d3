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
  private let server: LoopServer
  private let loop: EventLoop
  private var phase = Phase.head
  private var input = InputBuffer()
  private var output = OutputBuffer()
  private var decoder: BodyDecoder?
  private var exchange: (request: Request, entry: RouteTable.Entry)?
  private var task: Task<Void, Never>?
  private var producers: WaitingProducers?
  private var isChunked = false
  private var isHeadBegun = false
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
    wait(server.times.head)
    loop.watch(socket.descriptor, .read) { [unowned self] in ready($0) }
  }

  var descriptor: Int32 { socket.descriptor }
  private var limits: Limits { server.limits }
  private var isIdle: Bool { phase == .head && input.isEmpty && output.isEmpty }

  // MARK: - Reading

  private func ready(_ readiness: EventLoop.Readiness) {
    if readiness.contains(.write) { flush() }
    if readiness.contains(.read), !isClosed { read(isGone: readiness.contains(.hungUp)) }
  }

  private func read(isGone: Bool) {
    switch socket.read(into: &server.scratch) {
    case .bytes(let count):
      if phase == .lingering { return }
      input.append(server.scratch[..<count])
      process()
    case .wouldBlock: break
    case .end: isGone ? close() : end()
    case .failed: close()
    }
  }

  /// The client has finished sending. What it has asked is still answered, but for streams, which end with their reader.
  private func end() {
    inputEnded = true
    switch phase {
    case .head, .body:
      process()
      updateInterest()
    case .answering: updateInterest()
    case .streaming, .lingering: close()
    }
  }

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    do throws(Refusal) {
      while !isClosed {
        switch phase {
        case .head:
          // A client that does not take its answers gets no further ones: `flush` goes on.
          guard output.unsent < limits.streamBytes else { return }
          guard try takeHead() else { return }
        case .body: guard try takeBody() else { return }
        case .answering, .streaming: return updateInterest()
        case .lingering: return
        }
      }
    } catch {
      refuse(error)
    }
  }

  /// False when more bytes are needed.
  private func takeHead() throws(Refusal) -> Bool {
    guard !input.isEmpty else {
      if inputEnded { closeAfterOutput() } else { wait(server.times.idle) }
      return false
    }
    guard let head = try input.takeHead(limits: limits) else {
      if inputEnded {
        closeAfterOutput()
      } else if !isHeadBegun {
        isHeadBegun = true
        wait(server.times.head)
      }
      return false
    }
    isHeadBegun = false
    try begin(head)
    return true
  }

  private func begin(_ head: RequestHead) throws(Refusal) {
    let path = head.path.isEmpty ? "/" : head.text(head.path)
    let match = server.routes.match(head.method, path)
    let request = Request(head, path: path, match: match, peer: peer, receivedAt: EventLoop.now)
    exchange = (request, match.entry)
    guard head.framing != .none else { return answer(request, match.entry) }
    let decoder = try BodyDecoder(head.framing, limit: match.entry.bodyLimit ?? limits.bodyBytes, limits: limits)
    guard !decoder.isDone else { return answer(request, match.entry) }
    self.decoder = decoder
    phase = .body
    bodyDeadline = EventLoop.now &+ server.times.body
    if head.expectsContinue, input.isEmpty {
      output.append { $0.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8) }
      scheduleFlush()
    }
  }

  private func takeBody() throws(Refusal) -> Bool {
    guard let exchange, var decoder else { return false }
    self.decoder = nil
    try input.takeBody(&decoder)
    guard decoder.isDone else {
      self.decoder = decoder
      if inputEnded { closeAfterOutput() } else { wait(server.times.bodyStall) }
      return false
    }
    exchange.request.body = decoder.body
    bodyDeadline = .max
    answer(exchange.request, exchange.entry)
    return true
  }

  // MARK: - Answering

  private func answer(_ request: Request, _ entry: RouteTable.Entry) {
    phase = .answering
    deadline = .max
    // No capture list: with one the closure is taken for a concurrent one and hops.
    let started = loop.start {
      var response: Response
      do { response = try await entry.handler(request) } catch { response = self.server.onError(error, request) }
      if case .stream(let produce) = response.body, request.method != .head, response.mayHaveBody {
        await self.stream(response, request, produce)
      } else {
        self.send(response, to: request)
      }
    }
    if phase == .answering || phase == .streaming, exchange?.request === request { task = started }
  }

  private func send(_ response: Response, to request: Request) {
    guard !isClosed else { return }
    let isHTTP10 = request.head.isHTTP10
    let keepAlive = request.head.keepsAlive && !server.isStopping
    let date = server.date.bytes()
    output.append { output in
      ResponseWriter.appendHead(
        response, framing: response.framing(isHTTP10: isHTTP10), keepAlive: keepAlive, isHTTP10: isHTTP10, date: date, to: &output)
    }
    if request.method != .head, response.mayHaveBody, case .bytes(let body) = response.body { output.append(body: body) }
    server.counts.answered += 1
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
    let date = server.date.bytes()
    output.append { output in
      ResponseWriter.appendHead(
        response, framing: response.framing(isHTTP10: false), keepAlive: false, isHTTP10: false, date: date, to: &output)
      if !isHead, case .bytes(let body) = response.body { output.append(contentsOf: body) }
    }
    server.counts.refused += 1
    closeAfterOutput()
  }

  // MARK: - Streaming

  private func stream(_ response: Response, _ request: Request, _ produce: (ResponseStream) async throws -> Void) async {
    guard !isClosed else { return }
    phase = .streaming
    isChunked = !request.head.isHTTP10
    let isChunked = isChunked
    let keepAlive = request.head.keepsAlive && isChunked && !server.isStopping
    let date = server.date.bytes()
    output.append { output in
      ResponseWriter.appendHead(
        response, framing: response.framing(isHTTP10: !isChunked), keepAlive: keepAlive, isHTTP10: !isChunked, date: date, to: &output)
    }
    server.counts.answered += 1
    scheduleFlush()
    do {
      try await produce(ResponseStream(LoopBound(self, on: loop)))
    } catch {
      return breakOff(error, request)
    }
    guard !isClosed else { return }
    if isChunked { output.append { $0.append(contentsOf: "0\r\n\r\n".utf8) } }
    finishExchange(keepAlive: keepAlive && !server.isStopping)
  }

  /// The body ends without its last chunk, so that nobody takes it for whole.
  private func breakOff(_ error: any Error, _ request: Request) {
    if !isClosed, !(error is CancellationError) { _ = server.onError(error, request) }
    exchange = nil
    task = nil
    closeAfterOutput()
  }

  func writeChunk(_ bytes: [UInt8]) async throws {
    guard !isClosed, phase == .streaming else { throw ResponseStream.Closed() }
    output.append { [isChunked] output in
      if isChunked { ResponseWriter.appendChunk(bytes, to: &output) } else { output.append(contentsOf: bytes) }
    }
    scheduleFlush()
    guard output.unsent >= limits.streamBytes else { return }
    let waiting = producers ?? WaitingProducers()
    producers = waiting
    try await waiting.wait(on: loop)
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
    server.counts.writes += output.isEmpty ? 0 : 1
    switch output.send(to: socket) {
    case .finished: writeDeadline = .max
    case .waiting(let tookSome):
      if tookSome || writeDeadline == .max { writeDeadline = EventLoop.now &+ server.times.writeStall }
    case .failed: return close()
    }
    if output.unsent < limits.streamBytes {
      producers?.resume(.success(()))
      // Held back in `process`: nothing else is waited for.
      if phase == .head, deadline == .max { process() }
    }
    updateInterest()
    if phase == .lingering, output.isEmpty { linger() }
  }

  private func updateInterest() {
    guard !isClosed else { return }
    var interest: EventLoop.Readiness = wantsInput ? .read : []
    if !output.isEmpty, !isFlushScheduled { interest.insert(.write) }
    loop.watch(socket.descriptor, for: interest)
  }

  private var wantsInput: Bool {
    guard !inputEnded else { return false }
    return switch phase {
    case .head: output.unsent < limits.streamBytes
    case .body, .lingering: true
    case .answering, .streaming: input.count < limits.pipelineBytes
    }
  }

  // MARK: - Ending

  private func closeAfterOutput() {
    guard !isClosed else { return }
    phase = .lingering
    input.drop()
    deadline = .max
    bodyDeadline = .max
    scheduleFlush()
  }

  private func linger() {
    if inputEnded { return close() }
    socket.finishWriting()
    wait(server.times.linger)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    loop.unwatch(socket.descriptor)
    socket.close()
    task?.cancel()
    task = nil
    producers?.resume(.failure(ResponseStream.Closed()))
    server.remove(self)
  }

  /// The server stops: idle connections close, streams end, the rest finishes its answer.
  func prepareToStop() {
    if isIdle { close() } else if phase == .streaming { task?.cancel() }
  }

  // MARK: - Time

  private func wait(_ nanoseconds: UInt64) { deadline = EventLoop.now &+ nanoseconds }

  /// Called every `Limits.sweepInterval`.
  func checkDeadlines(at now: UInt64) {
    if writeDeadline <= now { return close() }
    guard deadline <= now || bodyDeadline <= now else { return }
    switch phase {
    case .head where input.isEmpty: close()
    case .head, .body: refuse(.timedOut)
    case .answering, .streaming: break
    case .lingering: close()
    }
  }
}
