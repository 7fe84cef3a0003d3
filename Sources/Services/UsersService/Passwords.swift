import Reactor
import Signing
import StatusModel
import Synchronization

/// bcrypt on threads of its own, so that no loop waits for it and no flood of sign-ins takes the machine: two at once, 32 waiting.
final class Passwords: Sendable {
  private let workers = WorkerPool(threads: 2, queueLimit: 32, name: "bcrypt")
  private let computed = Counter()

  /// Hashes computed since the start.
  var hashesComputed: Int { computed.count.load(ordering: .relaxed) }

  /// Nil for no password. Throws `tooMany` when the queue is full.
  func hash(_ password: String?) async throws(Failure) -> String? {
    guard let password else { return nil }
    return try await run { try PasswordHash.make(password) }
  }

  /// Without a hash it is false, and as much work. Throws `tooMany` when the queue is full.
  func verify(_ password: String, against hash: String?) async throws(Failure) -> Bool {
    try await run { PasswordHash.verify(password, against: hash) }
  }

  private func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws(Failure) -> Value {
    do {
      return try await workers.run { [computed] in
        computed.count.add(1, ordering: .relaxed)
        return try body()
      }
    } catch is WorkerPool.Full {
      throw .tooMany("Many people are signing in just now. Try again in a moment.", retryAfter: 2)
    } catch { throw .defect }
  }

  deinit { workers.stop() }

  private final class Counter: Sendable {
    let count = Atomic<Int>(0)
  }
}
