import ServiceClients
import StatusModel

extension ListPage {
  /// `/dashboard/flags`
  static func flags(_ flags: Part<[FlagsAdminClient.Flag]>, words: String, _ desk: Desk) -> ListPage {
    let t = desk.strings
    let wanted = words.lowercased()
    let shown = (flags.value ?? []).filter { flag in
      wanted.isEmpty || ([flag.id, flag.about] + flag.tags).contains { $0.lowercased().contains(wanted) }
    }
    let rows = shown.map { flag in
      var row = RowView(flag, desk, next: "/dashboard/flags")
      row.tags = flag.tags
      row.hasTags = !flag.tags.isEmpty
      return row
    }
    let field = FormPage.Field(name: "q", label: t("search_words"), type: "search", value: words, required: false)
    return ListPage(
      page: desk.setting.layout(t("flags"), path: "/dashboard/flags", stream: Links.workLive), heading: t("flags"), lead: t("flags_lead"),
      filters: .init(action: "/dashboard/flags", fields: [field.settled([], prefix: "filter-", desk.setting)], lang: desk.links.chosen),
      sections: [
        SectionView(id: "flags", rows: rows, empty: t(wanted.isEmpty ? "no_flags" : "nothing_found"), missing: flags.missing(desk))
      ])
  }
}

/// `/dashboard/flags/{flag}`: its switch, why somebody gets what, and who changed it.
struct FlagPage: PageModel {
  static let template = "flag"

  struct Step: Sendable {
    let name: String
    let why: String
    let isDecisive: Bool
  }
  struct Answer: Sendable {
    let variation: String
    let value: String
    let reason: String
    let steps: [Step]
  }

  let page: Layout
  let crumb: FormPage.Other
  let row: RowView
  let about: String?
  let owner: String?
  let variations: [String]
  let action: String
  let fields: [FormPage.Field]
  let lang: String?
  let answer: Answer?
  let refusal: String?
  let history: SectionView

  init(
    _ flag: FlagsAdminClient.Flag, _ history: Part<[FlagsAdminClient.Change]>, _ asked: FlagQuestion,
    _ explanation: Part<FlagsAdminClient.Explanation>, _ desk: Desk
  ) {
    let t = desk.strings
    page = desk.setting.layout(flag.id, path: "/dashboard/flags/\(Links.segment(flag.id))")
    crumb = .init(name: t("flags"), href: desk.links.flags)
    row = RowView(flag, desk, next: "/dashboard/flags/\(Links.segment(flag.id))")
    about = flag.about.isEmpty ? nil : flag.about
    owner = flag.owner
    variations = flag.variations
    action = desk.links.flagPath(flag.id)
    lang = desk.links.chosen
    let questions: [FormPage.Field] = [
      .init(name: "user", label: t("flag_user"), value: asked.user, autocomplete: "off"),
      .init(
        name: "attributes", label: t("flag_attributes"), value: asked.attributes, hint: t("flag_attributes_hint"), autocomplete: "off",
        required: false),
    ]
    fields = questions.map { $0.settled([], desk.setting) }
    answer = explanation.value.map { found in
      Answer(
        variation: found.variation, value: found.value, reason: found.reason,
        steps: found.steps.map { Step(name: $0.name, why: $0.why, isDecisive: $0.isDecisive) })
    }
    refusal = explanation.missing(desk)
    let rows = (history.value ?? []).map { change in
      let differences = change.differences.map { "\($0.name): \(TextPart.clipped($0.old, 200)) → \(TextPart.clipped($0.new, 200))" }
      return RowView(
        title: t.texts["change_\(change.kind)"] ?? change.kind,
        facts: [
          .word(t("version", ["n": "\(change.version)"])), .at(desk.moment(change.at)),
          .word(change.author.name ?? t("somebody"), label: t("by")),
        ], text: differences.isEmpty ? nil : differences.joined(separator: "\n"))
    }
    self.history = SectionView(id: "history", heading: t("history"), rows: rows, missing: history.missing(desk))
  }
}
