import StatusModel

/// A button that acts at once: a form of its own.
struct ButtonView: Sendable {
  let label: String
  /// Said to those who do not see what stands beside it.
  var about: String?
  let action: String
  var hidden: [FormPage.Hidden] = []
  /// quiet, danger or empty.
  var style = "quiet"
  /// Unlike every other on the page, so that the focus finds it again.
  let id: String
}

/// A form among others on a page.
struct FormView: Sendable {
  let id: String
  let action: String
  var hidden: [FormPage.Hidden] = []
  let fields: [FormPage.Field]
  var choices: [FormPage.Choice] = []
  let button: String
  var isQuiet = false

  /// The ids of its fields begin with its own: two forms may ask for the same thing.
  init(
    id: String, action: String, hidden: [FormPage.Hidden] = [], fields: [FormPage.Field], choices: [FormPage.Choice] = [], button: String,
    isQuiet: Bool = false, _ setting: PageContext
  ) {
    self.id = id
    self.action = action
    self.hidden = hidden
    self.choices = choices
    self.button = button
    self.isQuiet = isQuiet
    let problems = setting.refusal?.problems ?? []
    self.fields = fields.map { $0.settled(problems, prefix: "\(id)-", setting) }
  }
}

/// Something small about a thing in a list: a word or a time.
struct FactView: Sendable {
  let label: String?
  let word: String?
  let moment: Moment?

  static func word(_ text: String, label: String? = nil) -> FactView { FactView(label: label, word: text, moment: nil) }
  static func at(_ moment: Moment, label: String? = nil) -> FactView { FactView(label: label, word: nil, moment: moment) }
}

/// A thing in a list.
struct RowView: Sendable {
  let title: String
  var href: String?
  var state: StateView?
  var facts: [FactView] = []
  var tags: [String] = []
  var text: String?
  var buttons: [ButtonView] = []
  var hasTags: Bool
  var hasButtons: Bool

  init(
    title: String, href: String? = nil, state: StateView? = nil, facts: [FactView] = [], tags: [String] = [], text: String? = nil,
    buttons: [ButtonView] = []
  ) {
    self.title = title
    self.href = href
    self.state = state
    self.facts = facts
    self.tags = tags
    self.text = text
    self.buttons = buttons
    hasTags = !tags.isEmpty
    hasButtons = !buttons.isEmpty
  }
}

/// Things under a heading, or why there are none.
struct SectionView: Sendable {
  let id: String
  let heading: String?
  let rows: [RowView]
  let hasRows: Bool
  /// Said instead of rows.
  let empty: String?
  /// Why the rows are missing.
  let missing: String?

  init(id: String, heading: String? = nil, rows: [RowView], empty: String? = nil, missing: String? = nil) {
    self.id = id
    self.heading = heading
    self.rows = rows
    self.missing = missing
    hasRows = !rows.isEmpty
    self.empty = rows.isEmpty && missing == nil ? empty : nil
  }
}

/// Ways to the neighbours of one page of a list.
struct PagerView: Sendable {
  let text: String
  let previous: String?
  let next: String?

  /// Things on a page.
  static let size = 50

  /// Nil when all fit on one page. `link` gives the address of the page that begins at a number.
  init?(start: Int, shown: Int, total: Int, _ setting: PageContext, _ link: (Int) -> String) {
    guard start > 0 || shown < total else { return nil }
    text = setting.strings("shown_of", ["from": "\(shown == 0 ? 0 : start + 1)", "to": "\(start + shown)", "total": "\(total)"])
    previous = start > 0 ? link(max(0, start - Self.size)) : nil
    next = start + shown < total && shown > 0 ? link(start + shown) : nil
  }

  /// Where the page that is asked for begins.
  static func start(_ text: String?) -> Int { min(max(0, text.flatMap { Int($0) } ?? 0), 1_000_000) }
}

/// A page of things, with filters above and what can be done with all of them.
struct ListPage: PageModel {
  static let template = "list"

  struct Filters: Sendable {
    let action: String
    let fields: [FormPage.Field]
    let lang: String?
  }

  let page: Layout
  let heading: String
  let lead: String?
  let crumb: FormPage.Other?
  let ways: [FormPage.Other]
  let facts: [FactView]
  let hasFacts: Bool
  let buttons: [ButtonView]
  let hasButtons: Bool
  let filters: Filters?
  let sections: [SectionView]
  let pager: PagerView?
  let form: FormView?
  let formHeading: String?

  init(
    page: Layout, heading: String, lead: String? = nil, crumb: FormPage.Other? = nil, ways: [FormPage.Other] = [], facts: [FactView] = [],
    buttons: [ButtonView] = [], filters: Filters? = nil, sections: [SectionView], pager: PagerView? = nil, form: FormView? = nil,
    formHeading: String? = nil
  ) {
    self.page = page
    self.heading = heading
    self.lead = lead
    self.crumb = crumb
    self.ways = ways
    self.facts = facts
    hasFacts = !facts.isEmpty
    self.buttons = buttons
    hasButtons = !buttons.isEmpty
    self.filters = filters
    self.sections = sections
    self.pager = pager
    self.form = form
    self.formHeading = formHeading
  }
}
