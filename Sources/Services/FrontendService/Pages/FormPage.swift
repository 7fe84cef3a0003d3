import StatusModel

/// A page with one form: what it asks, and what was wrong with what was sent.
struct FormPage: PageModel {
  static let template = "form"

  struct Field: Sendable {
    let name: String
    let label: String
    var type = "text"
    var value = ""
    var hint: String?
    var autocomplete: String?
    var required = true
    /// Filled by the page.
    var problem: String?
    var describedBy: String?
  }
  struct Hidden: Sendable {
    let name: String
    let value: String
  }
  struct Option: Sendable {
    let kind: String
    let name: String
    let value: String
    let label: String
    let isChosen: Bool
  }
  struct Choice: Sendable {
    let legend: String
    var hint: String?
    let options: [Option]
  }
  struct Other: Sendable {
    let name: String
    let href: String
  }

  let page: Layout
  let heading: String
  let lead: String?
  let failure: String?
  let action: String
  let hidden: [Hidden]
  let fields: [Field]
  let choices: [Choice]
  let button: String
  let others: [Other]

  /// What a form is, before anybody filled it in.
  struct Content: Sendable {
    let path: String
    let action: String
    let heading: String
    var lead: String?
    var hidden: [Hidden] = []
    var fields: [Field] = []
    var choices: [Choice] = []
    let button: String
    var others: [Other] = []
  }

  /// `refusal` is what came of sending it: problems of fields stand beside them, everything else above.
  init(_ content: Content, _ setting: PageContext, refusal: Failure? = nil) {
    page = setting.layout(content.heading, path: content.path)
    heading = content.heading
    lead = content.lead
    action = content.action
    hidden = content.hidden
    choices = content.choices
    button = content.button
    others = content.others
    var problems: [FieldProblem] = []
    if case .invalid(let found)? = refusal { problems = found }
    fields = content.fields.map { field in
      var field = field
      field.problem = problems.first { $0.field == field.name }.map { setting.explained($0, of: field.label) }
      let notes = [field.problem.map { _ in "\(field.name)-error" }, field.hint.map { _ in "\(field.name)-hint" }].compactMap(\.self)
      field.describedBy = notes.isEmpty ? nil : notes.joined(separator: " ")
      return field
    }
    let names = Set(content.fields.map(\.name))
    let rest = problems.filter { !names.contains($0.field) }
    if let refusal, problems.isEmpty || !rest.isEmpty {
      failure = rest.isEmpty ? setting.explained(refusal) : rest.map { setting.explained($0, of: $0.field) }.joined(separator: " ")
    } else {
      failure = refusal == nil ? nil : setting.strings("see_fields")
    }
  }
}

/// A page that says something, with ways on.
struct MessagePage: PageModel {
  static let template = "message"

  let page: Layout
  let style: String
  let heading: String
  let paragraphs: [String]
  let reference: String?
  let others: [FormPage.Other]

  init(
    _ setting: PageContext, path: String, style: String = "ok", heading: String, paragraphs: [String], reference: String? = nil,
    others: [FormPage.Other] = []
  ) {
    page = setting.layout(heading, path: path)
    self.style = style
    self.heading = heading
    self.paragraphs = paragraphs
    self.reference = reference
    self.others = others
  }
}

extension PageContext {
  /// A failure for people: services explain themselves in English; in French its kind is said.
  func explained(_ failure: Failure) -> String {
    language == .en && failure != .defect ? failure.detail : strings("failure_\(failure.status)")
  }

  func explained(_ problem: FieldProblem, of label: String) -> String {
    language == .en ? "\(label) \(problem.message)." : strings("field_refused", ["field": label])
  }
}
