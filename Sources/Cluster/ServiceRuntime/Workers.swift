import JSONBytes
import Logging
import Identity
public import Messaging
import Reactor
public import StatusModel
import Synchronization

/// The worker groups of this process, and the group that answers for the commands (`request.<service>.…`) nobody takes.
final class Workers: Sendable {
  private let known = Mutex<[Worker]>([])

  func add(_ worker: Worker) { known.withLock { $0.append(worker) } }
  var groups: [String] { known.withLock { $0.map(\.group) } }
  fileprivate func handles(_ name: String) -> Bool { known.withLock { $0 }.contains { $0.handles(name) } }
}

extension Node {
  /// A worker of this service, whose errors are logged; the service runs it (`run()`). Made in the service's initialiser, so that it is
  /// known which commands have somebody who handles them. `group` begins with the service's name, such as `comms.mails`.
  public func worker(
    _ group: String, limits: Worker.Limits = Worker.Limits(), handles: @escaping @Sendable (_ eventName: String) -> Bool,
    handle: @escaping @Sendable (BusMessage) async throws -> Void
  ) -> Worker {
    let worker = bareWorker(group, limits: limits, handles: handles, handle: handle)
    workerGroups.add(worker)
    return worker
  }

  /// The groups that are this service's own; comms also answers for what breaks the schema.
  var ownGroups: Set<String> { Set(workerGroups.groups + ["\(name.rawValue).commands"] + (name == .comms ? ["invalid"] : [])) }

  private func bareWorker(
    _ group: String, limits: Worker.Limits, handles: @escaping @Sendable (String) -> Bool,
    handle: @escaping @Sendable (BusMessage) async throws -> Void
  ) -> Worker {
    Worker(
      group, redis: redis, namespace: namespace, clock: clock, limits: limits,
      report: { [logger] message, error in
        CorrelationID.$current.withValue(message.cid) {
          logger.warning(
            "message failed", metadata: ["group": "\(group)", "event": "\(message.name)", "uuid": "\(message.uuid)", "error": "\(error)"])
        }
      }, handles: handles, handle: handle)
  }

  /// Refuses the commands of this service that none of its workers handles; comms' does so too for services there are none of.
  func runCommandGuard() async {
    let own = "request.\(name.rawValue.map { $0 == "-" ? "_" : String($0) }.joined())."
    let others = ServiceName.allCases.map { "request.\($0.rawValue.map { $0 == "-" ? "_" : String($0) }.joined())." }
    let isComms = name == .comms
    let groups = workerGroups
    let guardian = bareWorker(
      "\(name.rawValue).commands", limits: Worker.Limits(),
      handles: { command in
        guard command.hasPrefix("request.") else { return false }
        return (command.hasPrefix(own) || isComms && !others.contains(where: command.hasPrefix)) && !groups.handles(command)
      }, handle: { throw ConsumerError.hard("nobody handles \($0.name)", code: "no_handler") })
    await guardian.run()
  }

  /// Checks the rights of whoever sent a message by hand (`data.sent_by`), as they are now; a message the cluster itself sent passes.
  /// Throws `ConsumerError.hard` when they do not suffice, `Failure.unavailable`.
  public func admit(_ message: BusMessage, _ role: Role) async throws {
    guard let sender = message.data["sent_by"] else { return }
    let id = sender["id"]?.string ?? ""
    switch sender["kind"]?.string {
    case "user":
      guard let account = try await identity.account(id: id), account.person.role >= role else {
        throw ConsumerError.hard("whoever sent it is no \(role.rawValue)", code: "403")
      }
    case "application" where role < .admin || sender["admin"]?.bool == true: return
    default: throw ConsumerError.hard("who sent it is not known", code: "403")
    }
  }
}
