import Logging
import Reactor
import StatusModel
import Synchronization

/// Sends what is queued: leases one mail after the other, so many at once as there are connections, and notes what became of each before
/// the next. A killed sender leaves at most that many mails of which nobody knows whether the server took them.
final class MailSender: Sendable {
  private struct Absence {
    /// Milliseconds since the epoch: until then the server is left alone.
    var until: Int64 = 0
    /// Vain attempts in a row.
    var count = 0
  }

  private let store: MailStore
  private let composer: MailComposer
  private let delivery: MailDelivery
  private let caller: NoticeCaller
  private let folder: MailFolder
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let underWay = Mutex<Set<String>>([])
  private let absence = Mutex(Absence())

  private static let idleTime = Duration.seconds(1)
  private static let renewalTime = Duration.seconds(10)
  private static let settlements = 25
  /// Renewals between two rounds of housekeeping.
  private static let houseRounds = 6
  /// What is under way when the service stops may take so long.
  private static let grace = Duration.seconds(8)
  private static let longestAbsence: Int64 = 60_000

  /// `clock` gives milliseconds since the epoch.
  init(
    _ store: MailStore, _ composer: MailComposer, _ delivery: MailDelivery, _ caller: NoticeCaller, folder: MailFolder,
    clock: @escaping @Sendable () -> Int64, logger: Logger
  ) {
    self.store = store
    self.composer = composer
    self.delivery = delivery
    self.caller = caller
    self.folder = folder
    self.clock = clock
    self.logger = logger
  }

  /// Until cancelled; mails under way are finished then. On a loop.
  func run() async {
    let loop = EventLoop.current
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<MailRules.connections { group.addTask { await self.sendAll(.mails) } }
        for _ in 0..<MailRules.calls { group.addTask { await self.sendAll(.calls) } }
        group.addTask { await self.keepHouse() }
      }
    } onCancel: {
      loop.submit { _ = loop.after(Self.grace) { loop.start { await self.delivery.close() } } }
    }
    await delivery.close()
  }

  private func sendAll(_ queue: MailQueue) async {
    let loop = EventLoop.current
    while !Task.isCancelled {
      // Not cancelled with this task: an answer of the server must not be lost.
      if await loop.start({ await self.sendNext(queue) }).value { continue }
      guard (try? await loop.sleep(for: Self.idleTime)) != nil else { return }
    }
  }

  /// False when nothing is due, or Redis or the server is away.
  private func sendNext(_ queue: MailQueue) async -> Bool {
    guard queue == .calls || clock() >= absence.withLock({ $0.until }), let mail = try? await store.take(queue) else { return false }
    underWay.withLock { _ = $0.insert(mail.id) }
    defer { underWay.withLock { _ = $0.remove(mail.id) } }
    return await CorrelationID.$current.withValue(mail.cid) {
      let outcome = await attempt(mail)
      let (state, wait, error) = MailRules.settlement(
        outcome, attempts: mail.attempts, age: Int(clock() / 1000) - mail.createdAt, chance: .random(in: 0..<1))
      log(mail, state, error)
      return await settle(mail.id, state, due: clock() + Int64(wait), error)
    }
  }

  /// What the server took is noted even when Redis is away for a while: as long as the lease holds.
  private func settle(_ id: String, _ state: MailState, due: Int64, _ error: String?) async -> Bool {
    for _ in 0..<Self.settlements {
      if (try? await store.settle(id, state, due: due, error: error)) != nil { return true }
      guard (try? await EventLoop.current.sleep(for: Self.idleTime)) != nil else { return false }
    }
    return false
  }

  /// What a webhook does not take, at once or after some attempts, is mailed.
  private func attempt(_ mail: TakenMail) async -> MailOutcome {
    do throws(Failure) {
      if case .contact(let user) = mail.recipient, let call = try await composer.call(mail, for: user) {
        let outcome = await caller.call(call, id: mail.id, cid: mail.cid, at: clock())
        if outcome == .sent { return outcome }
        if case .postponed = outcome, mail.attempts + 1 < MailRules.callAttempts { return outcome }
      }
      let outcome = await delivery.deliver(try await composer.message(mail), id: mail.id)
      note(outcome)
      return outcome
    } catch {
      if case .notFound(let detail) = error { return .failed(detail) }
      return .postponed(error.detail)
    }
  }

  /// While there is no session with the server, it is asked again after 2, 4, 8 … 60 s.
  private func note(_ outcome: MailOutcome) {
    let now = clock()
    absence.withLock { absence in
      guard case .unreachable = outcome else { return absence = Absence() }
      guard now >= absence.until else { return }
      absence.count = min(absence.count + 1, 6)
      absence.until = now + min(1_000 << Int64(absence.count), Self.longestAbsence)
    }
  }

  private func log(_ mail: TakenMail, _ state: MailState, _ error: String?) {
    logger.log(
      level: error == nil ? .debug : .warning, "mail attempted",
      metadata: [
        "mail": "\(mail.id)", "template": "\(mail.template?.rawValue ?? "")", "state": "\(state.rawValue)", "reason": "\(error ?? "")",
      ])
  }

  private func keepHouse() async {
    var rounds = 0
    repeat {
      if rounds % Self.houseRounds == 0 { try? await tidy() }
      rounds += 1
      let ids = underWay.withLock { Array($0) }
      if !ids.isEmpty { try? await store.renew(ids, now: clock()) }
    } while (try? await EventLoop.current.sleep(for: Self.renewalTime)) != nil
  }

  private func tidy() async throws(Failure) {
    if delivery.hasServer {
      await folder.remove(try await store.release(since: clock() - Int64(MailRules.keptLife) * 1000))
    }
    await folder.sweep(olderThan: MailRules.fileLife)
    try await store.sweep()
    try await composer.subscriptions.sweep()
  }
}
