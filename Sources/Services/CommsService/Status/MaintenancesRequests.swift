import HTTPServer
import ServiceRuntime
import StatusModel

/// A maintenance to be planned, read and checked.
struct NewMaintenance: Sendable {
  var title: String
  var message: String
  /// Keys.
  var components: [String]
  /// Epoch seconds.
  var startsAt: Int
  var endsAt: Int
}

/// What is nil stays as it is.
struct MaintenanceChange: Sendable {
  var title: String?
  var message: String?
  var components: [String]?
  var startsAt: Int?
  var endsAt: Int?
}

/// What stands above the public page for a while.
struct NewBanner: Sendable {
  enum Level: String, CaseIterable, Sendable { case info, warning, critical }
  var message: String
  var level: Level
  /// Epoch seconds; nil: until it is taken away.
  var until: Int?
}

extension NewMaintenance {
  /// Throws `Failure.invalid` with everything that cannot be accepted. `now` in epoch seconds.
  init(_ body: consuming FieldReader, now: Int) throws(Failure) {
    title = body.string("title", StatusBounds.title)
    message = body.string("message", StatusBounds.message)
    components = body.componentKeys() ?? []
    startsAt = body.integer("starts_at", StatusBounds.time)
    endsAt = body.integer("ends_at", StatusBounds.time)
    if body.problems.isEmpty {
      if endsAt <= startsAt { body.refuse("ends_at", "must be after starts_at") }
      if endsAt <= now { body.refuse("ends_at", "must be in the future") }
    }
    try body.check()
  }
}

extension MaintenanceChange {
  /// Throws `Failure.invalid` with everything that cannot be accepted.
  init(_ body: consuming FieldReader) throws(Failure) {
    title = body.optionalString("title", StatusBounds.title)
    message = body.optionalString("message", StatusBounds.message)
    components = body.componentKeys()
    startsAt = body.optionalInteger("starts_at", StatusBounds.time)
    endsAt = body.optionalInteger("ends_at", StatusBounds.time)
    try body.check()
  }
}

extension NewBanner {
  /// Throws `Failure.invalid` with everything that cannot be accepted. `now` in epoch seconds.
  init(_ body: consuming FieldReader, now: Int) throws(Failure) {
    message = body.string("message", StatusBounds.banner)
    level = Level(rawValue: body.choice("level", Level.allCases.map(\.rawValue))) ?? .info
    until = body.optionalInteger("until", StatusBounds.time)
    if let until, until <= now { body.refuse("until", "must be in the future") }
    try body.check()
  }
}

extension FieldReader {
  fileprivate mutating func componentKeys() -> [String]? {
    guard let keys = optionalStrings("components", count: StatusBounds.maintenanceComponents, length: 1...64) else { return nil }
    if !keys.allSatisfy(ComponentKey.isValid) { refuse("components", "must hold keys of components") }
    var seen: Set<String> = []
    return keys.filter { seen.insert($0.lowercased()).inserted }
  }
}

extension Request {
  /// The maintenance of the path. Throws `.notFound` when none can have this id.
  func maintenanceID() throws(Failure) -> String {
    let given = (parameters["id"] ?? "").uppercased()
    guard given.hasPrefix("MNT-"), given.utf8.count <= 24, given.utf8.dropFirst(4).allSatisfy({ $0 &- 0x30 < 10 }) else {
      throw .notFound("There is no maintenance \(given.prefix(64)).")
    }
    return given
  }
}
