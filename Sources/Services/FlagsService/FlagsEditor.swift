import JSONBytes
import Logging
import Reactor
import ServiceRuntime
import Signing
import StatusModel

/// Changes of flags and segments: each is checked against the flags as they are, and made only if they still are so.
struct FlagsEditor: Sendable {
  private let store: FlagsStore
  private let memory: FlagsMemory
  private let freeze: Freeze
  private let clock: @Sendable () -> Int64
  private let logger: Logger

  /// Attempts while others change flags at the same time.
  private static let attempts = 100
  /// Between two looks at what is planned.
  private static let pause = Duration.milliseconds(250)

  init(_ node: Node, _ store: FlagsStore, _ memory: FlagsMemory) {
    self.store = store
    self.memory = memory
    freeze = Freeze(isOn: node.configuration["FLAGS_FREEZE_ON_SEV1"] == "true", neighbours: node.neighbours)
    clock = node.clock
    logger = node.logger
  }

  /// Epoch seconds.
  private var now: Int { Int(clock() / 1000) }

  /// Throws `.invalid`, `.versionMismatch`, `.conflict` when there are too many.
  func save(
    _ object: JSONObject, as change: String = "updated", at expected: Int?
  ) async throws(Failure) -> FlagsStore.Record {
    let flag = try FlagDefinition(object, now: now)
    if flag.id == "stale" { throw .invalid("id", "must be another word: /admin/flags/stale is a list") }
    return try await save(flag, as: change, at: expected)
  }

  private func save(_ flag: FlagDefinition, as change: String, at expected: Int?) async throws(Failure) -> FlagsStore.Record {
    let record = try await whileItMoves { snapshot async throws(Failure) in
      try snapshot.check(flag)
      return try await store.save(
        flag, replacing: snapshot.flags[flag.id]?.definition, as: change, at: expected, checkedAt: snapshot.revision)
    }
    await show()
    return record
  }

  /// Throws `.notFound`, `.versionMismatch`, `.forbidden` for the cluster's own, `.conflict` while it is frozen.
  func toggle(_ id: String, to isOn: Bool?, at expected: Int?) async throws(Failure) -> FlagsStore.Record {
    guard let flag = try await memory.refresh().flags[id]?.definition else { throw FlagsStore.missing(id) }
    try await freeze.check(flag)
    let record = try await store.toggle(id, to: isOn, at: expected)
    await show()
    return record
  }

  /// Throws `.notFound`, `.versionMismatch`, `.conflict` when others need it.
  func delete(_ id: String, at expected: Int?) async throws(Failure) {
    if ClusterFlag(rawValue: id) != nil { throw .conflict("\(id) is one of the cluster's own flags: switch it off instead.") }
    try await whileItMoves { snapshot async throws(Failure) in
      guard let flag = snapshot.flags[id]?.definition else { throw FlagsStore.missing(id) }
      let needed = snapshot.dependents(of: id).map(\.id)
      guard needed.isEmpty else { throw .conflict("\(id) is a prerequisite of \(needed.joined(separator: ", ")). Change those first.") }
      return try await store.delete(flag, at: expected, checkedAt: snapshot.revision)
    }
    await show()
  }

  /// The definition of `version` becomes the newest one; plans that have passed are left out. Throws as `save`, and `.notFound`.
  func rollBack(_ id: String, to version: Int, at expected: Int?) async throws(Failure) -> FlagsStore.Record {
    guard try await memory.refresh().flags[id] != nil else { throw FlagsStore.missing(id) }
    var flag = try FlagDefinition(await store.definition(id, version: version), now: 0)
    flag.schedule.removeAll { $0.at <= now }
    return try await save(flag, as: "rolled_back", at: expected)
  }

  /// Throws `.invalid`, `.versionMismatch`, `.conflict` when there are too many.
  func save(_ segment: Segment, at expected: Int?) async throws(Failure) -> FlagsStore.Record {
    let record = try await store.save(segment, at: expected)
    await show()
    return record
  }

  /// Throws `.notFound`, `.versionMismatch`, `.conflict` when flags name it.
  func deleteSegment(_ name: String, at expected: Int?) async throws(Failure) {
    try await whileItMoves { snapshot async throws(Failure) in
      let needed = snapshot.flags(naming: name).map(\.id)
      guard needed.isEmpty else {
        throw .conflict("Flags name the segment \(name): \(needed.joined(separator: ", ")). Change those first.")
      }
      return try await store.deleteSegment(name, at: expected, checkedAt: snapshot.revision)
    }
    await show()
  }

  /// Runs `body` with the flags as they are, and again when they have changed in between.
  private func whileItMoves<Value>(
    _ body: (Snapshot) async throws(Failure) -> FlagsStore.Outcome<Value>
  ) async throws(Failure) -> Value {
    for _ in 0..<Self.attempts {
      if case .done(let value) = try await body(memory.refresh()) { return value }
    }
    throw .unavailable("Too many flags are being changed at once. Try again.", retryAfter: 1)
  }

  /// What was just changed is what this replica answers from here on. Others follow the bus, and so do we, should this reading fail.
  private func show() async { _ = try? await memory.refresh() }
}

// MARK: - Without a request

extension FlagsEditor {
  /// Makes the flags the cluster itself obeys where they are missing. Throws `.unavailable` while Redis is away.
  func makeClusterFlags() async throws {
    let there = try await memory.refresh().flags
    for flag in ClusterFlag.allCases where there[flag.rawValue] == nil {
      let object: JSONObject = JSONObject([
        ("id", .string(flag.rawValue)), ("on", .bool(flag.standard)), ("kind", "boolean"), ("public", false), ("kill_switch", true),
        ("owner", "polystatus"), ("description", .string(flag.about)),
      ])
      do {
        _ = try await asOurselves { try await save(object, at: 0) }
      } catch Failure.versionMismatch {
        // Another replica was faster.
      }
    }
  }

  /// Makes planned changes when their time comes, until cancelled. Every replica tries; the first has the version the others expected.
  func run() async {
    var hasClusterFlags = false
    var refused: [String: Int] = [:]
    while !Task.isCancelled {
      if !hasClusterFlags { hasClusterFlags = (try? await makeClusterFlags()) != nil }
      for flag in (try? memory.snapshot.planned) ?? [] where flag.isDue(at: now) && refused[flag.id] != flag.version {
        do {
          try await asOurselves { try await applyPlans(of: flag.id) }
        } catch Failure.versionMismatch, Failure.unavailable {
          continue
        } catch {
          refused[flag.id] = flag.version
          logger.error(
            "a planned change cannot be made", metadata: ["flag": "\(flag.id)", "error": "\((error as? Failure)?.detail ?? "\(error)")"])
        }
      }
      guard (try? await EventLoop.current.sleep(for: Self.pause)) != nil else { return }
    }
  }

  private func applyPlans(of id: String) async throws(Failure) {
    guard let flag = try await memory.refresh().flags[id], flag.isDue(at: now), try await freeze.isOff(for: flag.definition) else { return }
    var next = flag.definition
    next.schedule = []
    for plan in flag.definition.schedule where plan.at <= now { next = try FlagDefinition(applying: plan.change, to: next) }
    next.schedule = flag.definition.schedule.filter { $0.at > now }
    _ = try await save(next, as: "scheduled", at: flag.version)
  }

  private func asOurselves<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await Caller.$current.withValue(Self.ourselves) {
      try await CorrelationID.$current.withValue(UUIDText.random()) { try await body() }
    }
  }

  private static let ourselves = Caller(
    application: Application(name: ServiceName.flags.rawValue, scopes: [.read, .write], strict: true, admin: false, expiresAt: nil),
    isSigned: true)
}

extension Flag {
  fileprivate func isDue(at now: Int) -> Bool { definition.schedule.first.map { $0.at <= now } ?? false }
}
