import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

/// A person at work: what their pages are made for, and what their role may do.
struct Desk: Sendable {
  let person: Person
  let setting: PageContext
  /// Epoch seconds.
  let now: Int

  var strings: Strings { setting.strings }
  var language: Language { setting.language }
  var links: Links { setting.links }

  func may(_ role: Role) -> Bool { person.role >= role }
  func moment(_ seconds: Int) -> Moment { setting.moment(seconds) }

  /// How long ago in the two largest units.
  func since(_ seconds: Int) -> String { durationText(max(0, now - seconds), language) }
}

/// What a neighbour was asked for one part of a page: its answer, or why that part is missing.
struct Part<Value: Sendable>: Sendable {
  let value: Value?
  let failure: Failure?

  static func read(_ ask: () async throws -> Value) async -> Part {
    do { return Part(value: try await ask(), failure: nil) } catch { return Part(value: nil, failure: error as? Failure ?? .defect) }
  }

  /// Nothing was asked, because nobody may see it.
  static var closed: Part { Part(value: nil, failure: nil) }
  static func known(_ value: Value) -> Part { Part(value: value, failure: nil) }

  /// What the page says in its place.
  func missing(_ desk: Desk) -> String? { failure.map { desk.setting.explained($0) } }

  /// The answer or the refusal itself, but for a neighbour that is away: that costs the part, not the page.
  func orRefusal() throws(Failure) -> Value? {
    switch failure {
    case nil, .unavailable, .defect, .badUpstream: return value
    case .some(let refusal): throw refusal
    }
  }
}

extension Frontend {
  /// A page for people who have at least `role`; others are sent to sign in, or told that it is not for them.
  func page<Model: PageModel>(
    _ role: Role = .viewer, _ make: @escaping @Sendable (Request, Desk) async throws -> Model
  ) -> Handler {
    { request in
      guard let visitor = try await person(request), let person = visitor.person else { return toLogin(request) }
      let desk = try desk(person, role, setting(request, visitor))
      return answer(try await visitor.acting { try await make(request, desk) }, visitor)
    }
  }

  /// A form's action, its token checked, for people who have at least `role`.
  func action(
    _ role: Role = .sre, _ act: @escaping @Sendable (Request, Submission, Desk) async throws -> Response
  ) -> Handler {
    { request in
      let form = try await submission(request)
      guard let person = form.visitor.person else { return toLogin(request) }
      let desk = try desk(person, role, form.setting)
      return try await form.visitor.acting { try await act(request, form, desk) }
    }
  }

  private func desk(_ person: Person, _ role: Role, _ setting: PageContext) throws(Failure) -> Desk {
    guard person.role >= role else {
      throw .forbidden(setting.strings("role_needed", ["role": setting.strings("role_\(role.rawValue)")]))
    }
    return Desk(person: person, setting: setting, now: Int(node.clock() / 1000))
  }

  /// Back to a page, which says what was done: the text `done_<key>`.
  func done(_ key: String, _ target: String) -> Response { redirect(Links.saying(key, on: target)) }

  /// The page again after a refusal, which stands above it. Throws what no change of a form would mend.
  func refused(_ refusal: Failure, _ form: Submission, _ make: (PageContext) async throws -> some PageModel) async throws -> Response {
    if refusal == .defect { throw refusal }
    var setting = form.setting
    setting.refusal = refusal
    var answer = answer(try await make(setting), form.visitor, status: .init(code: refusal.status))
    if let seconds = refusal.retryAfter { answer.headerFields[.retryAfter] = "\(seconds)" }
    return answer
  }
}
