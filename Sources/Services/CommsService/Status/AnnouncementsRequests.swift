import HTTPServer
import JSONBytes
import ServiceRuntime
import StatusModel

extension NewAnnouncement {
  /// Throws `Failure.invalid` with everything that cannot be accepted.
  init(_ body: consuming FieldReader) throws(Failure) {
    incidentID = body.string("incident_id", StatusBounds.incidentID)
    if !incidentID.isEmpty, !PublicIncidentID.isValid(incidentID) { body.refuse("incident_id", "must be the id of an incident") }
    message = body.string("message", StatusBounds.message)
    messageFrench = body.optionalString("message_fr", StatusBounds.optionalMessage).flatMap { $0.isEmpty ? nil : $0 }
    state = AnnouncementState(rawValue: body.choice("state", AnnouncementState.allCases.map(\.rawValue))) ?? .investigating
    title = body.optionalString("title", StatusBounds.title)
    try body.check()
  }
}

extension AnnouncementCorrection {
  /// Throws `Failure.invalid` with everything that cannot be accepted.
  init(_ body: consuming FieldReader) throws(Failure) {
    message = body.optionalString("message", StatusBounds.message)
    if body.has("message_fr") {
      let text = body.optionalString("message_fr", StatusBounds.optionalMessage) ?? ""
      messageFrench = text.isEmpty ? .none : .set(text)
    }
    state = body.optionalChoice("state", AnnouncementState.allCases.map(\.rawValue)).flatMap(AnnouncementState.init)
    title = body.optionalString("title", StatusBounds.title)
    try body.check()
  }
}

extension Request {
  /// The announcement of the path. Throws `.notFound` when none can have this id.
  func announcementID() throws(Failure) -> AnnouncementID {
    let given = parameters["id"] ?? ""
    guard let id = AnnouncementID(given) else { throw .notFound("There is no announcement \(given.prefix(80)).") }
    return id
  }

  /// The incident of the path. Throws `.notFound` when none can have this id.
  func publicIncidentID() throws(Failure) -> String {
    let given = (parameters["id"] ?? "").uppercased()
    guard PublicIncidentID.isValid(given) else { throw .notFound("There is no public incident \(given.prefix(64)).") }
    return given
  }

  /// Whether the query asks for a trial: nothing is written. Throws `.invalid` for what is neither true nor false.
  func isDryRun() throws(Failure) -> Bool {
    switch query["dry_run"] {
    case nil, "false", "0": return false
    case "true", "1", "": return true
    default: throw .invalid("dry_run", "must be true or false")
    }
  }
}

/// Bounds of a list in time: `from` and `to` of the query, in epoch seconds, both included.
struct Period: Sendable {
  var from: Int?
  var to: Int?

  /// Throws `.invalid`.
  init(_ request: Request) throws(Failure) {
    let query = request.query
    var problems: [FieldProblem] = []
    func time(_ name: String) -> Int? {
      guard let text = query[name] else { return nil }
      if let time = Int(text), StatusBounds.time.contains(time) { return time }
      problems.append(FieldProblem(field: name, message: "must be a time in epoch seconds"))
      return nil
    }
    from = time("from")
    to = time("to")
    if !problems.isEmpty { throw .invalid(problems) }
  }
}
