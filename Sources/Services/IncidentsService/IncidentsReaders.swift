import HTTPServer
import JSONBytes
import ServiceRuntime
import StatusModel

// Reading requests: every initialiser takes all it can and throws `Failure.invalid` with everything that cannot be accepted.

extension NewIncident {
  init(_ body: consuming FieldReader) throws(Failure) {
    title = body.string("title", Bounds.title)
    severity = body.integer("sev", Bounds.severity)
    services = body.services() ?? []
    summary = body.optionalString("summary", Bounds.summary) ?? ""
    source = body.optionalChoice("source", Source.self) ?? .manual
    external = body.external()
    cid = body.correlationID("cid")
    try body.check()
  }
}

extension IncidentChange {
  init(_ body: consuming FieldReader) throws(Failure) {
    title = body.optionalString("title", Bounds.title)
    severity = body.optionalInteger("sev", Bounds.severity)
    services = body.services()
    summary = body.optionalString("summary", Bounds.summary)
    if body.has("cid") { cid = body.correlationID("cid").map { .set($0) } ?? .empty }
    try body.check()
  }
}

extension Assignment {
  init(_ body: consuming FieldReader) throws(Failure) {
    user = body.string("commander", Bounds.userID)
    if !user.isEmpty, !isUserID(user) { body.refuse("commander", "must be the id of a user") }
    role = body.optionalChoice("role", IncidentRole.self) ?? .commander
    try body.check()
  }
}

extension StatusChange {
  init(_ body: consuming FieldReader) throws(Failure) {
    status = body.choice("status", Status.self)
    message = body.optionalString("message", 0...Bounds.message.upperBound) ?? ""
    try body.check()
  }
}

extension NewTimelineEntry {
  init(_ body: consuming FieldReader) throws(Failure) {
    kind = body.choice("type", EntryKind.self)
    message = body.string("message", Bounds.message)
    visibility = body.optionalChoice("visibility", Visibility.self) ?? .internal
    try body.check()
  }
}

extension NewPostmortem {
  init(_ body: consuming FieldReader) throws(Failure) {
    whatHappened = body.string("what_happened", 1...Bounds.postmortemText)
    rootCause = body.string("root_cause", 1...Bounds.postmortemText)
    impact = body.optionalString("impact", 0...Bounds.postmortemText) ?? ""
    detection = body.optionalString("detection", 0...Bounds.postmortemText) ?? ""
    contributingFactors = body.optionalStrings("contributing_factors", count: Bounds.factors, length: Bounds.factor) ?? []
    lessons = body.optionalString("lessons", 0...Bounds.postmortemText) ?? ""
    state = body.optionalChoice("state", PostmortemState.self) ?? .draft
    for (index, value) in (body.optionalArray("action_items", count: 0...Bounds.actionItems) ?? []).enumerated() {
      actionItems.append(ActionItem(value, "action_items[\(index)]", &body))
    }
    try body.check()
  }
}

extension NewPostmortem.ActionItem {
  /// A title, or an object with one.
  fileprivate init(_ value: JSONValue, _ name: String, _ body: inout FieldReader) {
    if value.string != nil {
      var reader = FieldReader(JSONObject([(name, value)]))
      title = reader.string(name, Bounds.actionTitle)
      body.refuse(reader.problems)
      return
    }
    guard let object = value.object else {
      title = ""
      body.refuse(name, "must be a string or an object")
      return
    }
    var item = FieldReader(object, prefix: "\(name).")
    id = item.optionalString("id", 0...64)
    title = item.string("title", Bounds.actionTitle)
    owner = item.userID("owner")
    dueAt = item.optionalInteger("due_at", Bounds.time)
    done = item.optionalBool("done") ?? false
    body.refuse(item.problems)
  }
}

extension IncidentFilter {
  /// The filter and the page of a list.
  static func read(_ request: Request) throws(Failure) -> (IncidentFilter, Page) {
    var query = FieldReader(JSONObject(request.query.items.reversed().map { ($0.name, .string($0.value)) }))
    var filter = IncidentFilter()
    filter.status = query.optionalChoice("status", Status.self)
    filter.severity = query.number("sev", Bounds.severity)
    filter.service = query.optionalString("service", Bounds.service)
    filter.words = query.words("q")
    filter.commander = query.userID("commander")
    filter.author = query.userID("author")
    filter.follower = query.userID("follower")
    filter.source = query.optionalChoice("source", Source.self)
    filter.cid = query.correlationID("cid")
    filter.from = query.number("from", Bounds.time)
    filter.to = query.number("to", Bounds.time)
    filter.oldestFirst = query.optionalChoice("sort", ["-started_at", "started_at"]) == "started_at"
    let page = try query.page(of: request)
    return (filter, page)
  }
}

extension FieldReader {
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Choice.Type) -> Choice {
    let words = Choice.allCases.map(\.rawValue)
    return Choice(rawValue: choice(name, words)) ?? Choice.allCases[Choice.allCases.startIndex]
  }

  mutating func optionalChoice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Choice.Type) -> Choice? {
    optionalChoice(name, Choice.allCases.map(\.rawValue)).flatMap(Choice.init)
  }

  fileprivate mutating func services() -> [String]? { optionalStrings("services", count: Bounds.services, length: Bounds.service) }

  mutating func correlationID(_ name: String) -> String? {
    guard let text = optionalString(name, 0...128) else { return nil }
    if CorrelationID.isValid(text.utf8) { return text }
    refuse(name, "must be 8 to 128 letters, digits, dots, underscores or hyphens")
    return nil
  }

  mutating func userID(_ name: String) -> String? {
    guard let text = optionalString(name, Bounds.userID) else { return nil }
    if isUserID(text) { return text }
    refuse(name, "must be the id of a user")
    return nil
  }

  fileprivate mutating func external() -> External? {
    guard let object = optionalObject("external") else { return nil }
    var reader = FieldReader(object, prefix: "external.")
    let external = External(
      provider: reader.string("provider", Bounds.provider), id: reader.string("id", Bounds.externalID),
      url: reader.optionalString("url", Bounds.url))
    if let url = external.url, !isWebAddress(url) { reader.refuse("url", "must be an http or https address") }
    refuse(reader.problems)
    return external
  }

  /// An integer of the query.
  mutating func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
    guard let text = object[name]?.string else { return nil }
    if let number = Int(text), range.contains(number) { return number }
    refuse(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  fileprivate mutating func words(_ name: String) -> [String] {
    guard let text = optionalString(name, Bounds.search) else { return [] }
    let words = Words.of(text)
    if words.isEmpty { refuse(name, "must have a word of two or more letters or digits") }
    return Array(words.prefix(Bounds.searchWords))
  }

  /// Throws everything noted, the page's own problems too.
  mutating func page(of request: Request) throws(Failure) -> Page {
    let page = Result { () throws(Failure) in try request.page() }
    if case .failure(.invalid(let found)) = page { refuse(found) }
    try check()
    return try page.get()
  }
}

private func isUserID(_ text: String) -> Bool {
  text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

func isWebAddress(_ text: String) -> Bool {
  guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
  return text.count > scheme.count && !text.contains(where: \.isWhitespace)
}
