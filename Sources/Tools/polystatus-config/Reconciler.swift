import JSONBytes
import Reactor

/// Makes a cluster what a file says.
struct Reconciler {
  private let cluster: Cluster
  private let prunes: Bool
  /// What comms shows follows its records by a moment.
  private static let patience = 20
  private static let pause = Duration.milliseconds(250)

  init(_ cluster: Cluster, prunes: Bool) {
    self.cluster = cluster
    self.prunes = prunes
  }

  /// Prints the difference, and unless it is a trial carries it out. False when some of it could not be.
  func apply(_ file: ConfigurationFile, isTrial: Bool) async throws -> Bool {
    let (differences, unchanged) = try await difference(file)
    for difference in differences { print(difference.line) }
    print(Self.summary(differences, unchanged) + (isTrial ? " A trial: nothing was changed." : ""))
    guard !isTrial, !differences.isEmpty else { return true }
    let failures = try await carryOut(differences)
    for failure in failures { print("! \(failure)") }
    guard failures.isEmpty else { return false }
    for _ in 0..<Self.patience {
      if try await difference(file).differences.isEmpty { return true }
      try await EventLoop.current.sleep(for: Self.pause)
    }
    for difference in try await difference(file).differences { print("! still differs: \(difference.line)") }
    return false
  }

  private func difference(_ file: ConfigurationFile) async throws -> (differences: [Difference], unchanged: Int) {
    var there: [String: [JSONValue]] = [:]
    for section in Section.all where file.items[section.name] != nil { there[section.name] = try await cluster.items(of: section) }
    return Difference.all(file, there, prunes: prunes)
  }

  /// What refers to something that comes later is tried again once that is there. What is left over, and why.
  private func carryOut(_ differences: [Difference]) async throws -> [String] {
    var waiting = differences
    while true {
      var failed: [(Difference, Problem)] = []
      for difference in waiting {
        do throws(Problem) { try await carryOut(difference) } catch { failed.append((difference, error)) }
      }
      if failed.isEmpty || failed.count == waiting.count { return failed.map { "\($0.0.line)\n    \($0.1)" } }
      waiting = failed.map(\.0)
    }
  }

  private func carryOut(_ difference: Difference) async throws(Problem) {
    switch difference {
    case .add(let section, let item):
      let made = try await cluster.save(item, section, over: nil)
      if let secret = made["secret"]?.string { print("\(section.title(of: item)) signs with \(secret): shown this once.") }
    case .change(let section, let item, let current, _): try await cluster.save(item, section, over: current)
    case .remove(let section, let item): try await cluster.remove(item, section)
    }
  }

  private static func summary(_ differences: [Difference], _ unchanged: Int) -> String {
    var (added, changed, removed) = (0, 0, 0)
    for difference in differences {
      switch difference {
      case .add: added += 1
      case .change: changed += 1
      case .remove: removed += 1
      }
    }
    return "\(added) to add, \(changed) to change, \(removed) to remove, \(unchanged) as they should be."
  }
}
