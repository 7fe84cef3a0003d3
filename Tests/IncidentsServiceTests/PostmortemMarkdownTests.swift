import JSONBytes
import Testing

@testable import IncidentsService

@Suite struct PostmortemMarkdownTests {
  @Test func `it has the sections that say something, in reading order`() {
    let postmortem: JSONValue = [
      "incident_id": "INC-4K7Q2M", "state": "published", "what_happened": "An index was dropped.", "root_cause": "No rehearsal.",
      "impact": "", "detection": "A customer called.", "contributing_factors": ["Friday"], "lessons": "",
      "action_items": [
        ["id": "INC-4K7Q2M-1", "title": "Rehearse\nmigrations", "owner": "u1", "due_at": 1_800_000_000, "done": false],
        ["id": "INC-4K7Q2M-2", "title": "Alert on slow queries", "owner": nil, "due_at": nil, "done": true],
      ],
      "author": ["kind": "user", "id": "u1", "name": "Ada"], "updated_at": 1_790_000_000,
    ]
    let expected = """
      # Postmortem of INC-4K7Q2M: Checkout down

      Published, saved 2026-09-21 by Ada.

      ## What happened

      An index was dropped.

      ## Detection

      A customer called.

      ## Root cause

      No rehearsal.

      ## Contributing factors

      - Friday

      ## Action items

      - [ ] Rehearse migrations (owner u1, due 2027-01-15)
      - [x] Alert on slow queries

      """
    #expect(PostmortemMarkdown.text(postmortem, title: "Checkout down") == expected)
  }

  @Test(arguments: [
    (nil, false), ("*/*", false), ("application/json", false), ("text/markdown", true), ("Text/Markdown;charset=utf-8", true),
    ("text/markdown;q=0.5, application/json", false), ("application/json;q=0.5, text/markdown", true), ("text/markdown;q=0", false),
    ("text/markdown, */*;q=0.1", true), ("text/markdown, application/json", false),
  ])
  func `only who prefers Markdown gets it`(accept: String?, isPreferred: Bool) {
    #expect(PostmortemMarkdown.isPreferred(accept) == isPreferred)
  }
}
