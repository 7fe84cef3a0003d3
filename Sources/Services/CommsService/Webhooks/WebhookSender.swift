import HTTPTypes
import JSONBytes
import Logging
import OutboundClient
import Reactor
import Signing
import StatusModel
import Synchronization

/// Sends what is due. Each replica has one; leases keep them apart. To one endpoint there is one call at a time in the cluster, so that a slow
/// one holds up nobody else.
final class WebhookSender: Sendable {
  /// Calls under way at once in this replica.
  static let concurrency = 64
  /// How often the store is asked when nobody wakes the sender.
  private static let interval = Duration.seconds(1)

  private let store: WebhooksStore
  private let client: OutboundClient
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let random: @Sendable () -> Double
  private let wakes: AsyncStream<Void>
  private let waker: AsyncStream<Void>.Continuation
  private let underWay = Atomic<Int>(0)

  /// `clock` in ms since the epoch; `random` from 0 to 1.
  init(
    _ store: WebhooksStore, client: OutboundClient, clock: @escaping @Sendable () -> Int64, logger: Logger,
    random: @escaping @Sendable () -> Double
  ) {
    self.store = store
    self.client = client
    self.clock = clock
    self.logger = logger
    self.random = random
    (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Looks for work now.
  func wake() { waker.yield() }

  /// Until cancelled, on a loop. Once.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        while (try? await EventLoop.current.sleep(for: Self.interval)) != nil { self.wake() }
      }
      for await _ in wakes {
        for job in await claim() {
          underWay.add(1, ordering: .relaxed)
          group.addTask {
            await self.send(job)
            self.underWay.subtract(1, ordering: .relaxed)
            self.wake()
          }
        }
      }
    }
  }

  private func claim() async -> [WebhookJob] {
    let room = Self.concurrency - underWay.load(ordering: .relaxed)
    guard room > 0 else { return [] }
    do { return try await store.claim(lease: UUIDText.random(), limit: room) } catch {
      logger.debug("webhooks wait for the store", metadata: ["error": "\(error.detail)"])
      return []
    }
  }

  /// One attempt. When it cannot be settled, the lease ends and the call is made again under the same id.
  private func send(_ job: WebhookJob) async {
    await CorrelationID.$current.withValue(job.cid) {
      let begun = clock()
      let result: Result<OutboundResponse, OutboundFailure>
      do throws(OutboundFailure) { result = .success(try await client.send(request(job, at: begun))) } catch { result = .failure(error) }
      if case .failure(.cancelled) = result { return }
      if case .failure(.closed) = result { return }
      let now = clock()
      let verdict = WebhookRules.verdict(
        outcome(result, now: now), attempts: job.attempts + 1, isTest: job.isTest, random: random())
      let attempt = attempt(job, result, begun: begun, now: now)
      let settled = try? await Caller.$current.withValue(.comms) { try await store.settle(job, verdict, attempt: attempt) }
      log(job, result, verdict, settled: settled == true, milliseconds: now - begun)
    }
  }

  private func request(_ job: WebhookJob, at now: Int64) -> OutboundRequest {
    let timestamp = Int(now / 1_000)
    let fields: HTTPFields = [
      .contentType: "application/json", .userAgent: "PolyStatus-Webhooks", .webhookID: job.id, .webhookTimestamp: String(timestamp),
      .webhookSignature: WebhookSignature.header(id: job.id, timestamp: timestamp, body: job.body, secrets: job.secrets),
      .correlationID: job.cid,
    ]
    var request = OutboundRequest(.post, job.url, headerFields: fields, body: job.body)
    request.timeout = WebhookRules.timeLimit
    request.connectTimeout = WebhookRules.timeLimit
    // Some more than is kept, so that a secret at the cut is known for one.
    request.responseLimit = 4 * WebhookRules.excerptBytes
    request.cutsLongBody = true
    return request
  }

  private func outcome(_ result: Result<OutboundResponse, OutboundFailure>, now: Int64) -> AttemptOutcome {
    guard case .success(let answer) = result else { return .noAnswer }
    return .answer(status: answer.status.code, retryAfter: answer.retryAfter(now: now))
  }

  /// As it is kept and shown.
  private func attempt(_ job: WebhookJob, _ result: Result<OutboundResponse, OutboundFailure>, begun: Int64, now: Int64) -> JSONValue {
    var members: [(String, JSONValue)] = [("at", .integer(Int(begun / 1_000))), ("took_ms", .integer(Int(now - begun)))]
    switch result {
    case .success(let answer):
      let excerpt = WebhookRules.excerpt(answer.body, address: job.url, secrets: job.secrets)
      members += [("status", .integer(answer.status.code)), ("error", .null), ("answer", .string(excerpt))]
    case .failure(let failure): members += [("status", .null), ("error", .string(words(failure, job))), ("answer", .null)]
    }
    return .object(JSONObject(members))
  }

  private func words(_ failure: OutboundFailure, _ job: WebhookJob) -> String {
    WebhookRules.excerpt(Array(failure.description.utf8), address: job.url, secrets: job.secrets)
  }

  private func log(
    _ job: WebhookJob, _ result: Result<OutboundResponse, OutboundFailure>, _ verdict: DeliveryVerdict, settled: Bool, milliseconds: Int64
  ) {
    let outcome =
      switch result {
      case .success(let answer): "\(answer.status.code)"
      case .failure(let failure): words(failure, job)
      }
    logger.info(
      "webhook called",
      metadata: [
        "webhook": "\(job.webhook)", "delivery": "\(job.id)", "event": "\(job.event)", "attempt": "\(job.attempts + 1)",
        "outcome": "\(outcome)", "verdict": "\(verdict)", "settled": "\(settled)", "ms": "\(milliseconds)",
      ])
  }
}

extension HTTPField.Name {
  static let webhookID = Self("webhook-id")!
  static let webhookTimestamp = Self("webhook-timestamp")!
  fileprivate static let webhookSignature = Self("webhook-signature")!
  static let correlationID = Self("X-CID")!
}
