import JSONBytes

/// Work that was planned, and what it is about.
struct Maintenance: Sendable, Equatable {
  enum Status: String, CaseIterable, Sendable {
    case scheduled
    case inProgress = "in_progress"
    case completed
  }

  let id: String
  let title: String
  let message: String
  /// Keys.
  let components: [String]
  /// Epoch seconds, as all times.
  let startsAt: Int
  let endsAt: Int
  /// As the clock last left it.
  let status: Status
  let version: Int
  let createdAt: Int
  let updatedAt: Int

  /// What it is at `now`, should the clock be late.
  func status(at now: Int) -> Status {
    if status == .completed || endsAt <= now { return .completed }
    return startsAt <= now ? .inProgress : .scheduled
  }

  func isRunning(at now: Int) -> Bool { status(at: now) == .inProgress }

  func json(at now: Int) -> JSONValue {
    [
      "id": .string(id), "title": .string(title), "message": .string(message), "components": .array(components.map(JSONValue.string)),
      "starts_at": .integer(startsAt), "ends_at": .integer(endsAt), "status": .string(status(at: now).rawValue),
      "version": .integer(version), "created_at": .integer(createdAt), "updated_at": .integer(updatedAt),
    ]
  }

  /// The public order: what runs, what comes (the next first), what is over (the last first).
  static func comesBefore(_ a: Maintenance, _ b: Maintenance, at now: Int) -> Bool {
    func place(_ maintenance: Maintenance) -> (Int, Int) {
      switch maintenance.status(at: now) {
      case .inProgress: (0, maintenance.endsAt)
      case .scheduled: (1, maintenance.startsAt)
      case .completed: (2, -maintenance.endsAt)
      }
    }
    return (place(a).0, place(a).1, a.id) < (place(b).0, place(b).1, b.id)
  }
}

extension Maintenance {
  /// Nil when the record is none.
  init?(_ record: [UInt8]) {
    guard let json = try? JSONValue(parsing: record), let id = json["id"]?.string, let title = json["title"]?.string,
      let message = json["message"]?.string, let startsAt = json["starts_at"]?.integer, let endsAt = json["ends_at"]?.integer,
      let status = json["status"]?.string.flatMap(Status.init), let version = json["version"]?.integer,
      let createdAt = json["created_at"]?.integer, let updatedAt = json["updated_at"]?.integer
    else { return nil }
    self.init(
      id: id, title: title, message: message, components: json["components"]?.array?.compactMap(\.string) ?? [], startsAt: startsAt,
      endsAt: endsAt, status: status, version: version, createdAt: createdAt, updatedAt: updatedAt)
  }
}
