import StatusModel

/// A page with one form: what it asks, and what was wrong with what was sent.
struct FormPage: PageModel {
  static let template = "form"

  struct Field: Sendable {
    let name: String
    let label: String
    /// Of an input; or `textarea`, or `select`.
    var type = "text"
    var value = ""
    var hint: String?
    var autocomplete: String?
    var required = true
    /// Lines of a text area.
    var lines = 4
    /// Of a select.
    var options: [Option] = []
    /// Filled by the page.
    var id = ""
    var isInput = true
    var isText = false
    var isSelect = false
    var problem: String?
    var describedBy: String?

    /// A choice among `options`: value and label.
    static func select(_ name: String, _ label: String, _ options: [(String, String)], chosen: String, hint: String? = nil) -> Field {
      var field = Field(name: name, label: label, type: "select", value: chosen, hint: hint)
      field.options = options.map { Option(kind: "", name: name, value: $0.0, label: $0.1, isChosen: $0.0 == chosen) }
      return field
    }

    /// As the page shows it, with what was wrong.
    func settled(_ problems: [FieldProblem], prefix: String = "", _ setting: PageContext) -> Field {
      var field = self
      field.id = prefix + name
      field.isText = type == "textarea"
      field.isSelect = type == "select"
      field.isInput = !field.isText && !field.isSelect
      field.problem = problems.first { $0.field == name || $0.field.hasPrefix("\(name)[") }.map { setting.explained($0, of: label) }
      let notes = [field.problem.map { _ in "\(field.id)-error" }, hint.map { _ in "\(field.id)-hint" }].compactMap(\.self)
      field.describedBy = notes.isEmpty ? nil : notes.joined(separator: " ")
      return field
    }
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
  let second: SecondButton?
  let isWide: Bool
  let others: [Other]

  /// Another way to send the same form.
  struct SecondButton: Sendable {
    let name: String
    let value: String
    let label: String
  }

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
    var second: SecondButton?
    /// With room for long texts.
    var isWide = false
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
    second = content.second
    isWide = content.isWide
    others = content.others
    let problems = refusal?.problems ?? []
    fields = content.fields.map { $0.settled(problems, setting) }
    let rest = problems.filter { problem in !content.fields.contains { problem.field == $0.name || problem.field.hasPrefix("\($0.name)[") }
    }
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

extension Failure {
  /// What is wrong with fields.
  var problems: [FieldProblem] { if case .invalid(let problems) = self { problems } else { [] } }
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
